"""Keep the benchmarks' cache in a passing folder."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZIPLINE_CACHE_DIR", str(tmp_path / "cache"))
