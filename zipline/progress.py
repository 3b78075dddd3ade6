"""Progress of long work: a bar on a terminal, silence anywhere else."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, Protocol

VERBOSE: Final = "ZIPLINE_VERBOSE"
"""Of the environment: whether all is shown that other systems say, and every error's whole trace."""


class Progress(Protocol):
    """What an engine tells of its work while it goes on."""

    def begin(self, steps: int) -> None:
        """Say that this many more steps are to be done."""

    def step(self, label: str) -> None:
        """Say that one step is done, and what comes next."""


class Silent:
    """Progress that nobody watches."""

    def begin(self, steps: int) -> None:
        """Do nothing."""

    def step(self, label: str) -> None:
        """Do nothing."""


@contextmanager
def shown() -> Iterator[Progress]:
    """Show a bar on standard error while the block runs, if that is a terminal."""
    if not sys.stderr.isatty():
        yield Silent()
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("reading", total=None)

        class _Shown:
            total = 0

            def begin(self, steps: int) -> None:
                self.total += steps
                bar.update(task, total=self.total)

            def step(self, label: str) -> None:
                bar.update(task, advance=1, description=label)

        yield _Shown()
