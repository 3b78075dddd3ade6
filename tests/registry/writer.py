"""A writer: `python -m tests.registry.writer PLACE 1 2` applies two definitions of one view, once its input ends."""

from __future__ import annotations

import sys
from pathlib import Path

import zipline as zl
from tests.registry.definitions import TYPES, source, with_feature
from zipline.registry.drafts import Drafts, draft
from zipline.registry.folder import open_folder
from zipline.registry.registry import Registry


def drafts(version: int) -> Drafts:
    """Return the code whose only view `v` has this meaning."""
    return draft([with_feature(zl.Sum("x"), zl.Window(f"{version}d"))], [], {source(): TYPES})


def write(place: str, *versions: int) -> None:
    """Apply one meaning after another, as one writer does."""
    registry = Registry(open_folder(place, Path()))
    for version in versions:
        registry.apply(drafts(version))


if __name__ == "__main__":
    sys.stdin.read()
    write(sys.argv[1], *map(int, sys.argv[2:]))
