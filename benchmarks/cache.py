"""Keep what is slow to make (data, rivals' environments) between runs, outside the repository."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path


def cache_folder() -> Path:
    """Return ``$ZIPLINE_CACHE_DIR/benchmarks``, or ``~/.cache/zipline/benchmarks``, made if missing."""
    root = os.environ.get("ZIPLINE_CACHE_DIR")
    folder = (Path(root) if root else Path.home() / ".cache" / "zipline") / "benchmarks"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def made_once(name: str, make: Callable[[Path], None]) -> Path:
    """Return the cached folder ``name``; on the first call ``make`` fills it under a passing name.

    The rename at the end means that an interrupted run leaves no half-made folder to be trusted later.
    """
    folder = cache_folder() / name
    if not folder.exists():
        unfinished = folder.with_name(f"{name}.{os.getpid()}.unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir()
        make(unfinished)
        unfinished.rename(folder)
    return folder
