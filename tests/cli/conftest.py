"""A small feature repository, and the command run in it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from zipline.cli import main

FEATURES = """
import zipline as zl

shop = zl.Entity("shop")
item = zl.Entity("item")
sales = zl.EventSource("sales", table=zl.Csv("sales.csv"), event_time="sold_at")
shops = zl.FeatureView("shops", entity=shop, source=sales, owner="ops", features=[zl.Sum("price").over("1d")])
items = zl.FeatureView("items", entity=item, source=sales, features=[zl.Count()], description="How often it sold.")
price_model = zl.FeatureService("price_model", [shops, items], time="asked_at", keys={"shop": "at_shop"}, owner="ml")
shop_model = zl.FeatureService("shop_model", [shops], time="asked_at")
"""
SALES = """sold_at,shop,item,price
2024-01-01 10:00:00,a,x,1.5
2024-01-01 12:00:00,b,x,4.0
2024-01-02 09:00:00,a,y,2.0
"""
ASKED = """asked_at,at_shop,shop,item
2024-01-02 00:00:00,a,a,x
2024-01-02 10:00:00,a,a,y
2024-01-02 10:00:00,c,c,x
"""


NOTE = (
    "Note: source 'sales' has no knowledge time: as_of compares event times, and the same request gives the same bytes "
    "only while its files are unchanged\n"
)


class Ran(NamedTuple):
    """What a command left behind."""

    code: int
    out: str
    err: str


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a repository that is the current folder."""
    (tmp_path / "zipline.toml").touch()
    (tmp_path / "features.py").write_text(FEATURES)
    (tmp_path / "sales.csv").write_text(SALES)
    (tmp_path / "asked.csv").write_text(ASKED)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make commands of this process take their output for a terminal, a hundred characters wide."""
    monkeypatch.setattr(type(sys.stdout), "isatty", lambda self: True)
    monkeypatch.setenv("COLUMNS", "100")


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """Return a function that runs `zipline` with arguments in this process."""

    def zipline(*arguments: str) -> Ran:
        code = main(arguments)
        return Ran(code, *capsys.readouterr())

    return zipline
