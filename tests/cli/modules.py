"""Changing the feature module of a repository between two commands of one process."""

from __future__ import annotations

from pathlib import Path


def change(repo: Path, *pairs: tuple[str, str]) -> None:
    """Replace texts of the feature module."""
    text = (repo / "features.py").read_text()
    for before, after in pairs:
        assert before in text
        text = text.replace(before, after)
    (repo / "features.py").write_text(text)
