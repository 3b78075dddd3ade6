"""`zipline preview`: values to look at, and whether there is anything to see."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Ran
from tests.cli.terminal import STYLE, on_terminal

Run = Callable[..., Ran]
AT = ("--at", "2024-01-02T12:30Z")
MORE = """
import zipline as zl

typed = zl.EventSource(
    "typed", table=zl.Csv("typed.csv"), event_time="at", delay="1m",
    select={"open": "shop = 'a'"}, schema={"level": "decimal(5,2)", "price": "double"},
)
places = zl.FeatureView(
    "places",
    entity=zl.Entity("place", keys=["shop", "number", "day"]),
    source=typed,
    features=[
        zl.Sum("price", by="shop").over("30d"),
        zl.LastK(["level", "open"], 2),
        zl.Last("level"),
        zl.Mean("price").over("30d"),
    ],
)
"""
TYPED = """at,shop,number,day,level,price
2024-01-01T10:00:00,a,7,2024-01-01,1.50,2.5
2024-01-01T11:00:00,a,7,2024-01-01,2.25,0.3333333333333333
2024-01-01T11:00:00,"b,c",8,2024-01-02,,
"""


@pytest.fixture
def typed(repo: Path) -> Path:
    """Return a repository with a view of three keys and nested values."""
    (repo / "more.py").write_text(MORE)
    (repo / "typed.csv").write_text(TYPED)
    return repo


def test_without_entities_it_takes_some_that_have_events(repo: Path, run: Run) -> None:
    ran = run("preview", "shops", *AT)
    assert (ran.code, ran.out) == (0, "shop\tstatus\tprice_sum_1d\na\tPRESENT\t2.0\nb\tNOT_FOUND\tnull\n")
    assert "Note: shop b: no event in the view's windows; the last was at 2024-01-01T12:00:00Z\n" in ran.err


def test_those_with_events_in_the_windows_come_first(repo: Path, run: Run) -> None:
    ran = run("preview", "shops", "--at", "2024-01-02T11:30Z", "--count", "1")
    assert ran.out == "shop\tstatus\tprice_sum_1d\na\tPRESENT\t2.0\n"
    (repo / "sales.csv").write_text(
        "sold_at,shop,item,price\n2024-01-01 10:00,a,x,1.5\n2024-01-02 10:00,b,x,2.5\n"
    )
    assert run("preview", "shops", *AT, "--count", "1").out.splitlines()[1] == "b\tPRESENT\t2.5"


def test_entities_are_named(repo: Path, run: Run) -> None:
    ran = run("preview", "items:count", "--entity", "item=y", "--entity", "item=q", *AT)
    assert ran.out == "item\tstatus\tcount\ny\tPRESENT\t1\nq\tNOT_FOUND\t0\n"
    assert "Note: item q: no event is known\n" in ran.err


def test_now_is_the_time_unless_given(repo: Path, run: Run) -> None:
    ran = run("preview", "shops")
    assert ran.out == "shop\tstatus\tprice_sum_1d\na\tNOT_FOUND\tnull\nb\tNOT_FOUND\tnull\n"
    assert (
        "Note: none of these has an event in the view's windows; the last was at 2024-01-02T09:00:00Z: "
        "look then, with --at\n"
    ) in ran.err
    assert run("preview", "items", "--entity", "item=x").out.endswith("x\tPRESENT\t2\n")


def test_as_of_forgets_what_came_later(repo: Path, run: Run) -> None:
    ran = run("preview", "items", *AT, "--as-of", "2024-01-01T11:00Z")
    assert ran.out == "item\tstatus\tcount\nx\tPRESENT\t1\n"


def test_a_time_before_all_events_has_no_entities(repo: Path, run: Run) -> None:
    ran = run("preview", "items", "--at", "2020-01-01")
    assert (ran.code, ran.out) == (0, "status\tcount\n")
    assert "Note: source 'sales' has no event that can be seen at 2020-01-01T00:00:00Z\n" in ran.err


def test_keys_of_several_types_and_nested_values_as_json(typed: Path, run: Run) -> None:
    ran = run("preview", "places", "--entity", "shop=a,number=7,day=2024-01-01", *AT, "--json")
    assert json.loads(ran.out) == {
        "name": "places",
        "at": "2024-01-02T12:30:00Z",
        "types": {
            "price_sum_by_shop_30d": "map<string, float64>",
            "level_open_last2": "list<struct<level: decimal(5,2), open: bool>>",
            "level_last": "decimal(5,2)",
            "price_mean_30d": "float64",
        },
        "entities": [
            {
                "keys": {"shop": "a", "number": 7, "day": "2024-01-01"},
                "status": "PRESENT",
                "values": {
                    "price_sum_by_shop_30d": {"a": 2.8333333333333335},
                    "level_open_last2": [{"level": "2.25", "open": True}, {"level": "1.50", "open": True}],
                    "level_last": "2.25",
                    "price_mean_30d": 1.4166666666666667,
                },
            }
        ],
        "notes": [],
    }


def test_keys_may_stand_in_options_of_their_own_and_hold_commas(typed: Path, run: Run) -> None:
    entity = ("--entity", "shop=b,c", "--entity", "number=8,day=2024-01-02")
    ran = run("preview", "places:level_last", *entity, *AT)
    assert ran.out.splitlines()[1] == "b,c\t8\t2024-01-02\tPRESENT\tnull"


PLACE = ("places", "--entity")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("price_model",), "'price_model' is a service: its values are those of views of several entities\n"),
        (("shops", "--entity", "a"), "--entity 'a' is not KEY=VALUE\nHint: such as --entity shop=...\n"),
        (
            ("shops", "--entity", "item=x"),
            "--entity 'item=x': there is no key 'item'\nHint: allowed: 'shop'\n",
        ),
        (
            (*PLACE, "shop=a"),
            "--entity 'shop=a': an entity needs number, day too\nHint: such as --entity shop=...,",
        ),
        ((*PLACE, "shop=a,shop=b"), "--entity 'shop=a,shop=b': an entity needs number, day too\nHint: "),
        ((*PLACE, "shop=a,number=x,day=2024-01-01"), "--entity number=x: 'x' is not a value of type int64\n"),
        (
            (*PLACE, "shop=a,number=1,day=now"),
            "--entity day=now: 'now' is not a value of type date\nHint: write YYYY",
        ),
        (("shops", "--at", "soon"), "'soon' is not a time\nHint: "),
        (("shop",), "there is no service or view 'shop' in "),
        (("shops:price",), "view 'shops': has no feature 'price'\nHint: "),
    ],
)
def test_what_cannot_be_is_said_in_one_message(
    typed: Path, run: Run, arguments: tuple[str, ...], message: str
) -> None:
    ran = run("preview", *arguments)
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith(f"Error: {message}")


def test_a_terminal_has_features_as_lines(typed: Path) -> None:
    seen = on_terminal(typed, "preview", "places", *AT)
    assert (seen.code, seen.err) == (0, "")
    assert seen.text.splitlines() == [
        "places at 2024-01-02T12:30:00Z",
        "shop, number, day      a, 7, 2024-01-01                                 b,c, 8, 2024-01-02",
        "price_sum_by_shop_30d  {a: 2.83333}                                     {}",
        "level_open_last2       [{level: 2.25, open: true}, {level: 1.50, open:  [{level: null, open: false}]",
        "                       true}]",
        "level_last             2.25                                             null",
        "price_mean_30d         1.41667                                          null",
    ]


@pytest.mark.parametrize(
    ("columns", "lines"),
    [
        (36, ["shop          a        b", "status        PRESENT  NOT_FOUND", "price_sum_1d  2.0      null"]),
        (30, ["shop  status     price_sum_1d", "a     PRESENT    2.0", "b     NOT_FOUND  null"]),
        (26, ["shop          a", "price_sum_1d  2.0", "", "shop          b", "status        NOT_FOUND",
              "price_sum_1d  null"]),
    ],
)  # fmt: skip
def test_a_narrow_terminal_has_entities_as_lines_or_a_table_for_each(
    repo: Path, run: Run, monkeypatch: pytest.MonkeyPatch, columns: int, lines: list[str]
) -> None:
    monkeypatch.setattr(type(sys.stdout), "isatty", lambda self: True)
    monkeypatch.setenv("COLUMNS", str(columns))
    out = STYLE.sub("", run("preview", "shops", *AT).out)
    assert [line.rstrip() for line in out.splitlines()] == ["shops at 2024-01-02T12:30:00Z", *lines]
