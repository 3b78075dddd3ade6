"""`limit`: what every engine answers up to it, and refuses beyond it."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from tests.conformance.cells import OPTIONS
from tests.conformance.check import agree
from tests.conformance.engines import ENGINES
from tests.conformance.requests import ask, table, view
from zipline import aggregations
from zipline.dsl import Aggregation
from zipline.errors import DataError

ROWS = table(
    [
        {"at": 0, "k": 1, "c": "b", "x": 1.0, "n": 1},
        {"at": 1, "k": 1, "c": "a", "x": None, "n": None},
        {"at": 2, "k": 1, "c": None, "x": 4.0, "n": 4},
        {"at": 3, "k": 1, "c": "d", "x": -0.0, "n": -4},
        {"at": 4, "k": 2, "c": "z", "x": 9.0, "n": 9},
    ]
)
VECTORS = pa.array([[1.0, 2.0], None, [0.5, 0.5], [1.0, 1.0], [3.0, 4.0]], pa.list_(pa.float64(), 2))
COLUMNS = {"y": "x", "word": "c", "v64": "v"}

ALL = ROWS.append_column("v", VECTORS)


def limited(name: str, limit: int) -> Aggregation:
    """Return an aggregation by groups, over the table above."""
    args, fields = OPTIONS[name]["by"]
    given: list[Any] = [COLUMNS.get(each, each) if isinstance(each, str) else each for each in args]
    built: Aggregation = getattr(aggregations, name)(*given, **{**fields, "by": "c", "limit": limit})
    return built


@pytest.mark.parametrize("name", OPTIONS)
def test_groups_up_to_the_limit_are_answered_and_more_are_refused(name: str) -> None:
    rows = agree(ask(view(ALL, [limited(name, 3).over("5us")]), 0, 1, 3, 5)).rows
    (column,) = (each for each in rows[0] if each.startswith("v__"))
    most = max(len(row[column]) for row in rows)
    assert most in (2, 3)  # b and d; a too where the input is not a column that is null there
    beyond = ask(view(ALL, [limited(name, most - 1).over("5us")]), 5)
    for engine in ENGINES.values():
        with pytest.raises(DataError, match=f"limit={most - 1}"):
            engine(beyond)


def test_a_limit_bounds_the_values_inside_each_group_too() -> None:
    rows = table([{"at": at, "k": 1, "c": "ab"[at % 2], "x": float(at // 2), "n": at} for at in range(6)])
    for name in ("CountDistinct", "Histogram", "MostFrequent"):
        kind = getattr(aggregations, name)
        agree(ask(view(rows, [kind("n", by="c", limit=3)]), 6))
        for engine in ENGINES.values():
            with pytest.raises(DataError, match="limit=2"):
                engine(ask(view(rows, [kind("n", by="c", limit=2)]), 6))


def test_what_has_decayed_away_is_no_group() -> None:
    faded = aggregations.DecayedCount(half_life="1us", by="c", limit=1)
    rows = table(
        [{"at": 0, "k": 1, "c": "a", "x": 1.0, "n": 1}, {"at": 1000, "k": 1, "c": "b", "x": 1.0, "n": 1}]
    )
    assert agree(ask(view(rows, [faded]), 1001)).rows[0]["v__decayed_count1us_by_c"] == {"b": 0.5}
