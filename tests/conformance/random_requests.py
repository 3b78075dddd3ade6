"""Strategies: definitions, events and observations drawn together, small and full of coincidences."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

import pyarrow as pa
from hypothesis import strategies as st

from tests.conformance.dataset import STAMP
from tests.conformance.engines import Case
from zipline import aggregations as agg
from zipline.dsl import Entity, EventSource, FeatureView, Frame, Window

TIMES: Final = st.integers(-12, 12).map(lambda step: step * 5) | st.integers(-60, 60)
FLOATS: Final = st.sampled_from(
    [0.0, -0.0, 0.1, -0.3, 1e300, -1e300, 1e-300, 5e-324, 1.7e308, math.inf, -math.inf, math.nan, 7.0]
) | st.floats(-100, 100)
COLUMNS: Final[dict[str, tuple[Any, st.SearchStrategy[Any]]]] = {
    "x": (pa.float64(), FLOATS),
    "n": (pa.int64(), st.integers(-3, 3) | st.sampled_from([2**53 + 1, -(2**58), 2**57])),
    "d": (pa.decimal128(10, 3), st.integers(-(10**9), 10**9).map(lambda value: Decimal(value).scaleb(-3))),
    "b": (pa.bool_(), st.booleans()),
    "s": (pa.string(), st.sampled_from(["", "a", "b", "B", "é", "\U0001f701"])),
    "v": (
        pa.list_(pa.float32(), 2),
        st.lists(st.sampled_from([0.5, -0.0, 1e30, 1e-40]), min_size=2, max_size=2),
    ),
}
KEYS: Final[dict[str, tuple[Any, st.SearchStrategy[Any], Any, st.SearchStrategy[Any]]]] = {
    "int": (pa.int64(), st.integers(0, 2), pa.int64(), st.integers(0, 3)),
    "text": (pa.string(), st.sampled_from("ab"), pa.string(), st.sampled_from("abc")),
    "int as text": (pa.int64(), st.integers(0, 2), pa.string(), st.sampled_from(["0", "1", "01", "x"])),
    "text as int": (pa.string(), st.sampled_from(["0", "1", "01"]), pa.int64(), st.integers(0, 2)),
}
_NUMBERS: Final = ["x", "n", "d", "b"]
_ORDERABLE: Final = [*_NUMBERS, "s"]
_ANY: Final = [*_ORDERABLE, "v"]


@st.composite
def windows(draw: st.DrawFn) -> Window:
    """Draw a window of any kind, a few steps long."""
    length = draw(st.integers(1, 40))
    kind = draw(st.sampled_from(["exact", "hop", "offset", "both", "align", "lifetime"]))
    offset = f"{draw(st.integers(1, 20))}us"
    if kind == "lifetime":
        return Window.lifetime(offset=draw(st.sampled_from([0, offset])))
    options: dict[str, Any] = {}
    if kind in ("hop", "both"):
        options["hop"] = f"{draw(st.integers(1, length))}us"
    if kind in ("offset", "both"):
        options["offset"] = offset
    if kind == "align":
        options["align"] = f"{draw(st.integers(1, 30))}us"
    return Window(f"{length}us", **options)


@st.composite
def features(draw: st.DrawFn, name: str) -> Any:
    """Draw one feature."""
    kind, columns, parameters = draw(st.sampled_from(SHAPES))
    args: list[Any] = [draw(st.sampled_from(columns))] if columns else []
    options = {key: draw(value) for key, value in parameters.items()}
    options["where"] = draw(st.sampled_from([None, None, "x > 0", "n IS NULL OR b", "s <> 'a'"]))
    options["by"] = draw(st.sampled_from([None, None, "s", "b", "n"]))
    built = kind(*args, **{key: value for key, value in options.items() if value is not None})
    return built.named(name).over(draw(windows()))


_K: Final = {"k": st.integers(1, 4)}
_NULLS: Final = {"nulls": st.booleans()}
_HALF_LIFE: Final = {"half_life": st.integers(1, 30).map(lambda n: f"{n}us")}
_SEVERAL: Final = [*_ANY, ["s", "x"], ["event_time", "n"]]
SHAPES: Final[list[tuple[Callable[..., Any], list[Any], dict[str, st.SearchStrategy[Any]]]]] = [
    (agg.Count, [], {}),
    (agg.Count, _ANY, {}),
    *((each, _NUMBERS, {}) for each in (agg.Sum, agg.Mean, agg.Skew, agg.Kurtosis)),
    *((each, _NUMBERS, {"sample": st.booleans()}) for each in (agg.Variance, agg.Stddev)),
    *((each, _ORDERABLE, {}) for each in (agg.Min, agg.Max)),
    *((each, _SEVERAL, _NULLS) for each in (agg.First, agg.Last)),
    *((each, _SEVERAL, {**_K, **_NULLS, "distinct": st.booleans()}) for each in (agg.FirstK, agg.LastK)),
    *((each, _ORDERABLE, _K) for each in (agg.TopK, agg.BottomK)),
    (agg.CountDistinct, _ANY, {}),
    (agg.ApproxCountDistinct, _ORDERABLE, {}),
    (agg.Quantile, _NUMBERS, {"q": st.floats(0, 1) | st.just([0.1, 0.5])}),
    (agg.Histogram, ["n", "s", "b"], {"k": st.none() | st.integers(1, 3)}),
    (agg.MostFrequent, ["n", "s", "b"], _K),
    (agg.DecayedSum, _NUMBERS, _HALF_LIFE),
    (agg.DecayedCount, [], _HALF_LIFE),
    (agg.TimeSinceFirst, [], {}),
    (agg.TimeSinceLast, [], {}),
    *((each, ["v"], {}) for each in (agg.VectorSum, agg.VectorMean)),
]


def perhaps(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Draw a value or, less often, null."""
    return st.one_of(values, values, values, st.none())


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Draw a request with its events and observations."""
    source_kind, source_keys, asked_kind, asked_keys = KEYS[draw(st.sampled_from(sorted(KEYS)))]
    rows = draw(
        st.lists(
            st.fixed_dictionaries(
                {
                    "at": perhaps(TIMES),
                    "late": st.sampled_from([0, 0, 0, 1, 5, 20, -5]),
                    "id": perhaps(st.integers(0, 6)),
                    "gone": perhaps(st.booleans()),
                    "lsn": perhaps(st.integers(0, 2)),
                    "k": perhaps(source_keys),
                    **{name: perhaps(values) for name, (_, values) in COLUMNS.items()},
                }
            ),
            max_size=24,
        )
    )
    for row in rows:
        row["known"] = None if row["at"] is None else row["at"] + row.pop("late", 0)
    schema = pa.schema(
        [
            *((name, STAMP) for name in ("at", "known")),
            ("id", pa.int64()),
            ("gone", pa.bool_()),
            ("lsn", pa.int64()),
            ("k", source_kind),
            *((name, kind) for name, (kind, _) in COLUMNS.items()),
        ]
    )
    source = EventSource(
        "events", table=Frame(pa.Table.from_pylist(rows, schema=schema)), event_time="at", **draw(sources())
    )
    drawn = [draw(features(f"f{number}")) for number in range(draw(st.integers(1, 4)))]
    view = FeatureView("v", entity=Entity("thing", keys="k"), source=source, features=drawn)
    asked = draw(st.lists(st.fixed_dictionaries({"t": TIMES, "k": perhaps(asked_keys)}), max_size=8))
    observations = pa.Table.from_pylist(asked, schema=pa.schema([("t", STAMP), ("k", asked_kind)]))
    as_of = draw(st.none() | TIMES)
    return Case(view, observations, as_of=as_of, hindsight=draw(st.booleans()))


KNOWLEDGE: Final[list[dict[str, Any]]] = [{}, {"knowledge_time": "known"}, {"delay": "7us"}]
DELETIONS: Final[list[dict[str, Any]]] = [{}, {"deleted": "gone"}, {"deleted": "gone", "sequence": "lsn"}]
BOUNDS: Final[list[dict[str, Any]]] = [{}, {"corrections": "10us"}]
FILTERS: Final[list[dict[str, Any]]] = [
    {},
    {"where": "n <> 2 OR s IS NULL"},
    {"select": {"x": "x * 2", "s": "s || 'z'"}},
]


@st.composite
def sources(draw: st.DrawFn) -> dict[str, Any]:
    """Draw how a source is declared."""
    options: dict[str, Any] = {**draw(st.sampled_from(KNOWLEDGE))}
    corrected: bool = draw(st.booleans())
    if options and corrected:
        options["id"] = "id"
        options |= draw(st.sampled_from(DELETIONS))
        options |= draw(st.sampled_from(BOUNDS))
    return {**options, **draw(st.sampled_from(FILTERS))}
