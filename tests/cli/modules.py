"""Changing the feature module of a repository between two commands of one process."""

from __future__ import annotations

import sys
from pathlib import Path


def change(repo: Path, *pairs: tuple[str, str]) -> None:
    """Replace texts of the feature module, which the next command then loads anew."""
    text = (repo / "features.py").read_text()
    for before, after in pairs:
        assert before in text
        text = text.replace(before, after)
    (repo / "features.py").write_text(text)
    forget()


def forget() -> None:
    """Let the next command load the feature module anew."""
    sys.modules.pop("features", None)
