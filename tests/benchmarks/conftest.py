"""Keep the benchmarks' data in a passing folder, and zipline's compiled kernels where they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import cache, dimension


@pytest.fixture(autouse=True)
def cached_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder that stands for the cache during one test."""
    monkeypatch.setattr(cache, "cache_folder", lambda: tmp_path)
    return tmp_path


@pytest.fixture(autouse=True)
def _a_month_of_copies(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make 30 copies instead of 365: each is a file."""
    monkeypatch.setattr(dimension, "COPIES", 30)
    monkeypatch.setattr(dimension, "OBSERVED_DAYS", 20)
