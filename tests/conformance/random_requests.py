"""Strategies: definitions of every kind, drawn together with events and observations."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from hypothesis import strategies as st

from tests.conformance.engines import Case
from tests.conformance.random_rows import COLUMNS, KEYS, copies, events, observations
from zipline import aggregations as agg
from zipline.dsl import Entity, EventSource, FeatureView, Frame, Snapshot, Union, Window

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
def features(draw: st.DrawFn, name: str, limits: Sequence[int | None]) -> Any:
    """Draw one feature."""
    kind, columns, parameters = draw(st.sampled_from(SHAPES))
    args: list[Any] = [draw(st.sampled_from(columns))] if columns else []
    options = {key: draw(value) for key, value in parameters.items()}
    options["where"] = draw(st.sampled_from([None, None, "x > 0", "n IS NULL OR b", "s <> 'a'"]))
    options["by"] = draw(st.sampled_from([None, None, "s", "b", "n"]))
    if options["by"] or kind.keeps_values:
        options["limit"] = draw(st.sampled_from(limits))
    built = kind(*args, **{key: value for key, value in options.items() if value is not None})
    return built.named(name).over(draw(windows()))


NEVER_BEYOND: Final = (None, None, 60)
"""Limits: there are not more rows than the last one."""
SOMETIMES_BEYOND: Final = (*NEVER_BEYOND, 8, 3)
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


@st.composite
def cases(draw: st.DrawFn, *, streamed: bool = False, refused: bool = False) -> Case:
    """Draw a request with its events and observations; `streamed`, one that online reads can answer.

    Args:
        refused: some of them ask for more different values than they allow.
    """
    limits = SOMETIMES_BEYOND if refused else NEVER_BEYOND
    seed = draw(st.integers(0, 2**32))
    key = draw(st.sampled_from(["int", "int", *KEYS]))
    source = draw(sources(seed, key, (tables,) if streamed else (tables, tables, snapshots)))
    drawn = [draw(features(f"f{number}", limits)) for number in range(draw(st.integers(1, 4)))]
    # One feature shows every event that is visible: nothing is overlooked for want of the right statistic.
    drawn.append(agg.LastK(["event_time", "n", "s"], 99).named("all"))
    view = FeatureView("v", entity=Entity("thing", keys="k"), source=source, features=drawn)
    asked = observations(seed + 1, draw(st.sampled_from([20, 8, 1, 0])), key)
    if streamed:
        return Case(view, asked)
    as_of = draw(st.none() | st.none() | st.integers(-60, 80))
    return Case(view, asked, as_of=as_of, hindsight=draw(st.booleans()))


KNOWLEDGE: Final[list[dict[str, Any]]] = [{}, {"knowledge_time": "known"}, {"delay": "7us"}]
DELETIONS: Final[list[dict[str, Any]]] = [{}, {"deleted": "gone"}, {"deleted": "gone", "sequence": "lsn"}]
BOUNDS: Final[list[dict[str, Any]]] = [{}, {"corrections": "10us"}]
FILTERS: Final[list[dict[str, Any]]] = [
    {},
    {"where": "n <> 2 OR s IS NULL"},
    {"select": {"x": "x * 2", "s": "s || 'z'"}},
]


COPIES: Final[list[dict[str, Any]]] = [{}, {"columns": ["k", *COLUMNS]}]


@st.composite
def sources(
    draw: st.DrawFn, seed: int, key: str, kinds: Sequence[Callable[..., st.SearchStrategy[EventSource]]]
) -> EventSource | Union:
    """Draw a source with its rows: a table of events, full copies of one, or several of these."""
    members = [
        draw(st.sampled_from(kinds))(seed + 10 * number, key, f"source{number}")
        for number in range(draw(st.sampled_from([1, 1, 1, 2, 3])))
    ]
    drawn = [draw(member) for member in members]
    return drawn[0] if len(drawn) == 1 else Union("all_of_them", drawn)


@st.composite
def tables(draw: st.DrawFn, seed: int, key: str, name: str) -> EventSource:
    """Draw a table of events."""
    rows = events(seed, draw(st.sampled_from([30, 60, 10, 0])), key)
    return EventSource(name, table=Frame(rows), event_time="at", **draw(declared()))


@st.composite
def snapshots(draw: st.DrawFn, seed: int, key: str, name: str) -> EventSource:
    """Draw full copies, more or less of whose columns are compared."""
    rows = copies(seed, draw(st.sampled_from([30, 60, 10, 0])), key)
    delay: Any = draw(st.sampled_from(["7us", "1us", 0]))
    table = Snapshot(Frame(rows), date="at", id="id", delay=delay, **draw(st.sampled_from(COPIES)))
    return EventSource(name, table=table, **draw(st.sampled_from(FILTERS)))


@st.composite
def declared(draw: st.DrawFn) -> dict[str, Any]:
    """Draw how a table's rows are declared."""
    options: dict[str, Any] = {**draw(st.sampled_from(KNOWLEDGE))}
    corrected: bool = draw(st.booleans())
    if options and corrected:
        options["id"] = "id"
        options |= draw(st.sampled_from(DELETIONS))
        options |= draw(st.sampled_from(BOUNDS))
    return {**options, **draw(st.sampled_from(FILTERS))}
