"""A feature repository to break, and what the doctor finds in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from zipline.doctor import examine
from zipline.doctor.finding import Finding

FEATURES = """
import zipline as zl

shop = zl.Entity("shop")
sales = zl.EventSource("sales", table=zl.Csv("sales.csv"), event_time="sold_at")
shops = zl.FeatureView("shops", entity=shop, source=sales, features=[zl.Sum("price").over("1d")])
model = zl.FeatureService("model", [shops], time="asked_at")
"""
SALES = """sold_at,shop,item,price
2024-01-01 10:00:00,a,x,1.5
2024-01-01 12:00:00,b,x,4.0
"""
Examined = Callable[..., Mapping[str, Finding]]


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a repository in which all is well, the current folder."""
    (tmp_path / "zipline.toml").touch()
    (tmp_path / "doctored.py").write_text(FEATURES)
    (tmp_path / "sales.csv").write_text(SALES)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ZIPLINE_PROFILE", raising=False)
    return tmp_path


@pytest.fixture
def examined() -> Examined:
    """Return a function that gives what the doctor finds, by the name of the check; the last one of a name."""

    def found(
        repo: Path | None = None, profile: str | None = None, seconds: float = 30
    ) -> Mapping[str, Finding]:
        return {each.check: each for each in examine(repo, profile, seconds)}

    return found
