"""Make one training set and leave: the whole life of this process is what `cold_start` measures.

Arguments: ``windows`` or ``mixed``, the folder of the data.
"""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.data import Dataset
from benchmarks.zipline_events import mixed_views, training_set, windows_view


def main(features: str, folder: str) -> None:
    """Compute the features of every observation in ``folder``."""
    events = Dataset(Path(folder), 0, 0, 0)
    views = mixed_views(events) if features == "mixed" else [windows_view(events)]
    training_set("zipline", events, views).run()


if __name__ == "__main__":
    main(*sys.argv[1:])
