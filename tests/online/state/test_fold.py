"""Documents folded into values: the kernel against the general fold, tiles against the events they are of."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conformance.plain import cells, exact
from tests.online.state.views import facts_of, state_of
from zipline.aggregations import (
    Count,
    CountDistinct,
    First,
    Histogram,
    Last,
    LastK,
    Max,
    Mean,
    Min,
    Stddev,
    Sum,
    TimeSinceFirst,
    TimeSinceLast,
)
from zipline.dsl import Window
from zipline.errors import OnlineError
from zipline.online.state.document import compacted, deltas
from zipline.online.state.fold import Folded, Folder, Needed
from zipline.online.state.fold_general import GeneralFold
from zipline.online.state.fold_questions import longest, questions
from zipline.online.state.policy import Policy
from zipline.online.state.view_state import ViewState

Row = Mapping[str, Any]

SCHEMA = pa.schema(
    [("x", pa.float64()), ("n", pa.int64()), ("b", pa.bool_()), ("d", pa.date32()), ("s", pa.string())]
)
WINDOWS = [
    Window("20us"),
    Window("5us"),
    Window("20us", offset="3us", hop="7us"),
    Window("15us", align="6us"),
]
COMPILED = [
    Count(),
    Count("s"),
    Count("x", where="n > 0", default=7),
    *(each(column) for each in (Sum, Mean) for column in "xnb"),
    *(each(column) for each in (Min, Max, First, Last) for column in "xnbd"),
    Last("x", where="b", default=1.5),
    TimeSinceFirst(),
    TimeSinceLast(where="n > 0"),
]
GENERAL = [Stddev("x"), Last("s"), Sum("x", by="s"), LastK("n", 3), CountDistinct("d"), Histogram("s")]


def viewed(aggregations: Sequence[Any], windows: Sequence[Window]) -> ViewState:
    """Return the state of a view with every aggregation over every window."""
    return state_of(
        [
            each.named(f"f{number}_{place}").over(window)
            for number, each in enumerate(aggregations)
            for place, window in enumerate(windows)
        ],
        SCHEMA,
    )


STATE = viewed(COMPILED, WINDOWS)
FLOATS = [0.0, -0.0, 0.1, 1e308, 1.7e308, -1.7e308, 5e-324, 2.0**53, 1.0, math.nan, math.inf, -math.inf]
FOLD_SOON = Policy(raw_bytes=0, tile_events=3, tile_bytes=1, fewest=2)

rows = st.fixed_dictionaries(
    {
        "at": st.integers(-40, 40),
        "known": st.integers(-40, 60),
        "x": st.none() | st.sampled_from(FLOATS) | st.floats(),
        "n": st.none() | st.sampled_from([0, 1, -1, 2**62, -(2**62), 2**63 - 1]),
        "b": st.none() | st.booleans(),
        "d": st.none() | st.integers(-2, 2),
        "s": st.none() | st.sampled_from("ab"),
    }
)


def document(state: ViewState, *parts: Sequence[Row]) -> bytes:
    """Return a document to which parts were appended, one after another."""
    return b"".join(data for part in parts for _, data in deltas(state, facts_of(state, part)))


def names(state: ViewState) -> list[str]:
    return [each.name for each in state.features]


def folded(
    state: ViewState, documents: Sequence[bytes | None], t: int, segments: Mapping[bytes, bytes] | None = None
) -> Folded:
    """Return the values of all features, given the segments that are asked for."""
    folder = Folder(state, names(state))
    found = folder.fold(documents, t)
    if isinstance(found, Needed):
        assert segments is not None
        found = folder.fold(documents, t, {(row, name): segments[name] for row, name in found.segments})
    assert not isinstance(found, Needed)
    return found


def shown(found: Folded, state: ViewState) -> Any:
    """Return all that was folded, to be compared to the bit."""
    columns = zip(names(state), found.columns(), strict=True)
    values = {name: exact(cells(column)) for name, column in columns}
    return values, list(found.found), dict(found.errors)


def general(state: ViewState, documents: Sequence[bytes], t: int) -> Any:
    """Return what the general fold alone makes of documents, in the same form."""
    asked = questions(state, names(state))
    fold = GeneralFold(state, asked, longest(state.windows))
    looked = {row: fold.look(each, row, t, {}) for row, each in enumerate(documents)}
    answer = fold.answer(looked, dict.fromkeys(looked, range(len(asked))), t)
    values = {
        each.name: exact([answer.values[row, place] for row in looked]) for place, each in enumerate(asked)
    }
    return values, [each.found for each in looked.values()], answer.errors


@given(
    entities=st.lists(st.lists(rows, max_size=12), min_size=1, max_size=3),
    t=st.integers(-30, 70),
    cut=st.integers(1, 5),
)
@settings(max_examples=60)
def test_the_kernel_folds_as_the_algebra_does(entities: list[list[Row]], t: int, cut: int) -> None:
    documents = [
        document(STATE, *(each[start : start + cut] for start in range(0, len(each), cut)))
        for each in entities
    ]
    assert shown(folded(STATE, documents, t), STATE) == general(STATE, documents, t)


TILED = viewed([*COMPILED[::2], *GENERAL], [Window("30us"), Window.lifetime(), Window("28us", hop="14us")])


@given(
    before=st.lists(rows, max_size=20),
    after=st.lists(rows, max_size=6),
    floor=st.integers(-10, 70),
    later=st.sampled_from([0, 0, 1, 5, 30]),
    lead=st.sampled_from([0, 3]),
)
@settings(max_examples=60)
def test_tiles_are_as_good_as_their_events(
    before: list[Row], after: list[Row], floor: int, later: int, lead: int
) -> None:
    whole = document(TILED, before, after)
    done = compacted(TILED, document(TILED, before), {}, floor=floor, lead=lead, policy=FOLD_SOON)
    short = done.head + document(TILED, after)
    t = floor + later
    assert shown(folded(TILED, [short, None], t, done.segments), TILED) == shown(
        folded(TILED, [whole, b""], t), TILED
    )


EVERYTHING = viewed(COMPILED, [Window.lifetime()])


@pytest.mark.parametrize(
    "values",
    [
        [0.1, 0.2, 0.3, -0.6],
        [1.7e308, 1.7e308, -1.7e308, 5e-324],
        [1e300, 1.0, -1e300, 2.0**-1074],
        [math.inf, 1.0, math.nan, 2.0],
        [math.inf, -math.inf, 1.0, None],
        [None, None, None, None],
        [-1.5, 2.0**-80, -(2.0**70), None],
        [-0.5, -0.25, None, -0.125],
    ],
)
def test_the_kernel_reads_tiles(values: list[float | None]) -> None:
    """Events whose order says nothing of their values, in a tile of its own that no window will ever part."""
    numbers = [2**63 - 1, -1, 2**62, -(2**62)]
    events = [
        {"at": 7 * n % 4, "known": n % 2, "x": x, "n": number, "b": n < 2, "d": -n, "s": "a"}
        for n, (x, number) in enumerate(zip(values, numbers, strict=True))
    ]
    done = compacted(EVERYTHING, document(EVERYTHING, events), {}, floor=50, lead=0, policy=FOLD_SOON)
    assert not done.segments
    late = [{"at": 2, "known": 60, "x": -0.5, "n": -3, "b": True, "d": 5, "s": None}]
    documents = [done.head, done.head + document(EVERYTHING, late)]
    found = Folder(EVERYTHING, names(EVERYTHING))
    assert found._program is not None
    assert found._program.run(documents, 70).left == 0
    whole = [document(EVERYTHING, events), document(EVERYTHING, events, late)]
    assert shown(folded(EVERYTHING, documents, 70), EVERYTHING) == general(EVERYTHING, whole, 70)


@pytest.mark.parametrize("t", range(20, 41))
def test_a_tile_that_a_window_parts_is_read_event_by_event(t: int) -> None:
    state = viewed([Count(), Sum("x")], [Window("20us")])
    events = [{"at": n, "known": n, "x": n / 3} for n in range(18)]
    done = compacted(state, document(state, events), {}, floor=20, lead=0, policy=FOLD_SOON)
    size, total = folded(state, [done.head], t, done.segments).row(0)
    seen = [n / 3 for n in range(18) if n >= t - 20]
    assert (size, total) == (len(seen), math.fsum(seen) if seen else None)


def test_equal_partials_stand_in_a_tile_once() -> None:
    """A sum and a mean are made of the same total."""
    events = [{"at": n, "known": n, "x": n / 3} for n in range(9)]
    sizes = []
    for aggregations in ([Sum("x")], [Sum("x"), Mean("x")]):
        state = viewed(aggregations, [Window.lifetime()])
        done = compacted(state, document(state, events), {}, floor=50, lead=0, policy=FOLD_SOON)
        sizes.append(len(done.head))
        assert folded(state, [done.head], 70).row(0) == [12.0, 12.0 / 9][: len(aggregations)]
    assert sizes[1] - sizes[0] == 8  # where it stands


def test_every_way_to_a_value_gives_it() -> None:
    state = viewed([*COMPILED, *GENERAL], WINDOWS)
    events: list[Row] = [
        {"at": n, "known": n, "x": n / 3, "n": n, "b": n % 2 == 0, "d": n, "s": "a"} for n in range(9)
    ]
    for asked in (names(state), names(STATE)):
        found = Folder(state, asked).fold([document(state, events), None], 10)
        assert not isinstance(found, Needed)
        for row in range(2):
            values = [found.value(row, name) for name in asked]
            assert exact(found.row(row)) == exact(values)
            listed = [column[row].as_py(maps_as_pydicts="strict") for column in found.columns()]
            assert exact(listed) == exact(values)
        assert list(found.found) == [True, False]


def test_a_sum_that_two_floats_cannot_hold_is_exact() -> None:
    state = viewed([Sum("x"), Mean("x")], [Window("20us")])
    values = [2.0**100, 1.0, 2.0**-100, -(2.0**100), -1.0]
    events = [{"at": 1, "known": 1, "x": value} for value in values]
    assert folded(state, [document(state, events)], 10).row(0) == [2.0**-100, 2.0**-100 / 5]


def test_of_events_at_one_moment_the_value_decides() -> None:
    state = viewed([First("x"), Last("x")], [Window("20us")])
    for values in ([5.0, 3.0, 4.0], [3.0, 5.0, 4.0]):
        events = [{"at": 1, "known": 1, "x": value} for value in values]
        assert folded(state, [document(state, events)], 10).row(0) == [3.0, 5.0]


def test_a_total_beyond_int64_is_an_error_of_its_feature_alone() -> None:
    state = viewed([Sum("n"), Mean("n"), Sum("x")], [Window("20us")])
    events = [{"at": 1, "known": 1, "n": 2**63 - 1, "x": 1.0}] * 2
    found = folded(state, [None, document(state, events)], 10)
    assert found.row(1) == [None, float(2**63 - 1), 2.0]
    ((place, cause),) = found.errors.items()
    assert place == (1, "f0_0_20us")
    assert "does not fit int64" in cause
    (total,) = (
        column for name, column in zip(names(state), found.columns(), strict=True) if name == "f0_0_20us"
    )
    assert total.to_pylist() == [None, None]


def test_more_groups_than_the_limit_are_an_error_of_the_feature() -> None:
    state = viewed([Count(by="s", limit=1), Count()], [Window("20us")])
    events = [{"at": 1, "known": 1, "s": each} for each in "ab"]
    found = folded(state, [document(state, events)], 10)
    assert found.row(0) == [None, 2]
    assert "limit=1" in found.errors[0, "f0_0_by_s_20us"]


def test_events_that_were_dropped_are_an_error_of_the_windows_that_reach_them() -> None:
    state = viewed([Count(), Last("s")], [Window("20us"), Window("5us")])
    events = [{"at": n, "known": n, "s": "a"} for n in range(20)]
    policy = Policy(raw_bytes=0, tile_events=2, tile_bytes=1, fewest=2, most_events=8)
    done = compacted(state, document(state, events), {}, floor=20, lead=0, policy=policy)
    late = document(state, [{"at": 22, "known": 22, "s": "b"}])
    found = folded(state, [done.head + late], 25, done.segments)
    assert sorted(name for _, name in found.errors) == ["f0_0_20us", "f1_0_20us"]
    assert "were dropped: the entity has more than are kept one by one" in found.errors[0, "f0_0_20us"]
    assert found.row(0) == [None, 1, None, "b"]


@pytest.mark.parametrize(
    "change", [lambda data: data[:-8], lambda data: data[:-3], lambda data: data + b"x" * 24]
)
def test_a_damaged_document_is_an_error_that_names_view_and_row(change: Any) -> None:
    data = document(STATE, [{"at": 1, "known": 1, "x": 1.0}])
    with pytest.raises(OnlineError, match=r"view v@1.*cannot be decoded") as raised:
        folded(STATE, [data, change(data), data], 5)
    assert raised.value.where == "row 1"


def test_a_read_before_what_is_kept_is_an_error() -> None:
    state = viewed([Count()], [Window.lifetime()])
    events = [{"at": n, "known": n} for n in range(9)]
    done = compacted(state, document(state, events), {}, floor=20, lead=0, policy=FOLD_SOON)
    with pytest.raises(OnlineError, match="not kept one by one any more"):
        folded(state, [done.head], 5)
