"""Full copies of a table: what changed between them, when that was known, and what was gone.

date     1     2     3     5            delay = 1
row a    x     x     y     y            x: known at 2, until 4        y: known at 4
row b    x     x     -     x            x: known at 2, until 4        x again: known at 6
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pytest

import zipline as zl
from tests.conformance.check import expect
from tests.conformance.dataset import DAY, HOUR, STAMP
from tests.conformance.engines import ENGINES, TRAINING_SETS, Case
from tests.conformance.requests import ask, table
from zipline.aggregations import Count, First, Last, LastK, Sum, TimeSinceLast
from zipline.dsl import Entity, EventSource, FeatureView, Frame, Snapshot
from zipline.errors import DataError


def view(
    rows: pa.Table, features: Sequence[Any], *, keys: Sequence[str] = ("k",), source: dict[str, Any] | None = None,
    **snapshot: Any,
) -> FeatureView:  # fmt: skip
    """Return the view `v` over a snapshot whose copies are a microsecond apart, unless said otherwise."""
    options = {"date": "asof", "id": "k", "delay": "1us", **snapshot}
    declared = EventSource("copies", table=Snapshot(Frame(rows), **options), **(source or {}))
    return FeatureView("v", entity=Entity("thing", keys=list(keys)), source=declared, features=features)


def copies(*rows: tuple[Any, ...], **types: Any) -> pa.Table:
    """Return rows of (date, id, x) and perhaps more columns, y and z."""
    return table([dict(zip(("asof", "k", "x", "y", "z"), row, strict=False)) for row in rows], **types)


PLAIN = copies(
    (1, 1, "x"), (1, 2, "x"),
    (2, 1, "x"), (2, 2, "x"),
    (3, 1, "y"),
    (5, 1, "y"), (5, 2, "x"),
)  # fmt: skip


def test_an_attribute_is_looked_up_as_it_was_known() -> None:
    features = view(PLAIN, [Last("x"), Count()])
    expect(
        ask(features, 1, 2, 3, 4, 5, 9),
        v__x_last=[None, None, "x", "x", "y", "y"],
        v__count=[0, 0, 1, 1, 1, 1],
    )


def test_what_a_copy_lacks_is_deleted_from_its_date_on_and_may_come_back() -> None:
    features = view(PLAIN, [Last("x"), TimeSinceLast().named("age")])
    expect(
        ask(features, 3, 4, 5, 6, 7, key=2),
        v__x_last=["x", "x", None, None, "x"],
        v__age=[2e-6, 3e-6, None, None, 2e-6],
    )


def test_an_unchanged_row_is_no_event() -> None:
    """The event's time stays at the change, so a window may be past it although the row is in every copy."""
    features = view(PLAIN, [TimeSinceLast().named("age"), Count().over("3us"), Last("event_day")],
                    source={"select": {"event_day": "epoch_us(asof)"}})  # fmt: skip
    expect(
        ask(features, 3, 4, 5, 6, 7),
        v__age=[2e-6, 3e-6, 2e-6, 3e-6, 4e-6],
        v__count_3us=[1, 1, 1, 1, 0],
        v__event_day_last=[1, 1, 3, 3, 3],
    )


def test_a_delay_may_be_nothing() -> None:
    for delay in ("0s", 0):
        expect(ask(view(PLAIN, [Last("x")], delay=delay), 1, 2, 3, 4), v__x_last=[None, "x", "x", "y"])


def test_a_day_is_the_delay_unless_said_otherwise() -> None:
    days = table(
        [{"asof": "2024-01-01", "k": 1, "x": 1}, {"asof": "2024-01-02", "k": 1, "x": 2}], asof=pa.string()
    )
    features = FeatureView(
        "v", entity=Entity("thing", keys="k"), features=[Last("x")],
        source=EventSource("copies", table=Snapshot(Frame(days), date="asof", id="k")),
    )  # fmt: skip
    second = 1_704_153_600_000_000
    expect(ask(features, second, second + 1, second + DAY, second + DAY + 1), v__x_last=[None, 1, 1, 2])


def test_dates_in_every_form() -> None:
    day = 19_723
    forms: list[tuple[pa.Array, Any]] = [
        (pa.array([day, day + 1], pa.date32()), "asof"),
        (pa.array(["2024-01-01", "2024-01-02T00:00Z"]), "asof"),
        (pa.array([day * DAY * 1000, (day + 1) * DAY * 1000], pa.timestamp("ns")), "asof"),
        (pa.array([day * 86_400, (day + 1) * 86_400]), zl.Timestamp("asof", unit="s")),
    ]
    for dates, declared in forms:
        rows = pa.table({"asof": dates, "k": [1, 1], "x": [1, 2]})
        features = view(rows, [Last("x"), First("x")], date=declared, delay="1h")
        times = [day * DAY + HOUR, day * DAY + HOUR + 1, (day + 1) * DAY + HOUR, (day + 1) * DAY + HOUR + 1]
        expect(ask(features, *times), v__x_last=[None, 1, 1, 2], v__x_first=[None, 1, 1, 2])


def test_as_of_knows_no_later_copy() -> None:
    features = view(PLAIN, [Last("x")])
    expect(ask(features, 9, as_of=4), v__x_last=["y"])
    expect(ask(features, 9, as_of=3), v__x_last=["x"])
    expect(ask(features, 9, as_of=1), v__x_last=[None])
    expect(ask(features, 9, key=2, as_of=3), v__x_last=["x"])
    expect(ask(features, 9, key=2, as_of=4), v__x_last=[None])


def test_hindsight_knows_the_last_version_only() -> None:
    features = view(PLAIN, [Last("x"), Count()])
    expect(ask(features, 3, 4, 5, hindsight=True), v__x_last=[None, "y", "y"], v__count=[0, 1, 1])
    expect(ask(features, 3, 5, 6, key=2, hindsight=True), v__x_last=[None, None, "x"])
    expect(ask(features, 2, 9, key=2, hindsight=True, as_of=5), v__count=[0, 0])
    expect(ask(features, 2, 9, key=2, hindsight=True, as_of=3), v__count=[1, 1])


def test_equal_values_are_no_change() -> None:
    nan, other = math.nan, -math.nan
    for first, second, kind in (
        (nan, other, pa.float64()),
        (0.0, -0.0, pa.float64()),
        (None, None, pa.string()),
        ([nan, None, 0.0], [other, None, -0.0], pa.list_(pa.float64())),
        (
            {"a": nan, "b": None},
            {"a": other, "b": None},
            pa.struct([("a", pa.float64()), ("b", pa.string())]),
        ),
        ([nan, 0.0], [other, -0.0], pa.list_(pa.float32(), 2)),
        (1_500, 1_999, pa.timestamp("ns")),
    ):
        rows = copies((1, 1, first), (2, 1, second), x=kind)
        expect(ask(view(rows, [TimeSinceLast().named("age")]), 9), v__age=[8e-6])


def test_unequal_values_are_a_change() -> None:
    nothing = pa.struct([("a", pa.float64())])
    for first, second, kind in (
        (math.nan, math.inf, pa.float64()),
        (None, 0, pa.int64()),
        ("", None, pa.string()),
        ("a", "A", pa.string()),
        ([], None, pa.list_(pa.int64())),
        ([None], [], pa.list_(pa.int64())),
        ({"a": None}, None, nothing),
        ([1, None], [1, 0], pa.list_(pa.int64())),
    ):
        rows = copies((1, 1, first), (2, 1, second), (4, 1, second), x=kind)
        expect(ask(view(rows, [TimeSinceLast().named("age")]), 9), v__age=[7e-6])


def test_only_the_named_columns_are_compared_and_read() -> None:
    rows = copies((1, 1, "x", 1.0), (2, 1, "x", 2.0), (3, 1, "z", 3.0))
    every = view(rows, [TimeSinceLast().named("age")])
    some = view(rows, [TimeSinceLast().named("age")], columns=["x", "k"])
    expect(ask(every, 3, 4, 5), v__age=[2e-6, 2e-6, 2e-6])
    expect(ask(some, 3, 4, 5), v__age=[2e-6, 3e-6, 2e-6])


def test_equal_rows_of_one_copy_count_once() -> None:
    rows = copies((1, 1, "x"), (1, 1, "x"), (2, 1, "x"), (3, 1, "y"), (3, 1, "y"), (3, 1, "y"))
    expect(ask(view(rows, [Count(), Last("x")]), 3, 5), v__count=[1, 1], v__x_last=["x", "y"])
    rows = copies((1, 1, "x", 1.0), (1, 1, "x", 2.0))
    expect(ask(view(rows, [Count()], columns="x"), 3), v__count=[1])


@pytest.mark.parametrize("engine", TRAINING_SETS)
@pytest.mark.parametrize("second", [(2, 1, "y"), (2, 1, None), (2, 1, "x", 0.5)])
def test_different_rows_of_one_copy_are_an_error(engine: str, second: tuple[Any, ...]) -> None:
    rows = copies((1, 1, "x"), (2, 2, "x"), (2, 1, "x"), second, (3, 1, "x"))
    with pytest.raises(DataError) as raised:
        ENGINES[engine](ask(view(rows, [Count()]), 9))
    assert "1" in raised.value.message
    assert raised.value.where == "source 'copies'"


@pytest.mark.parametrize("engine", TRAINING_SETS)
@pytest.mark.parametrize("before", [(), ((1, 1, "x"),), ((1, 1, "y"),)])
def test_different_rows_of_the_last_copy_are_an_error(engine: str, before: tuple[Any, ...]) -> None:
    rows = copies(*before, (2, 1, "x"), (2, 1, "y"))
    with pytest.raises(DataError):
        ENGINES[engine](ask(view(rows, [Count()]), 9))


def test_a_composite_id_tells_its_parts_apart() -> None:
    rows = copies((1, 1, "a", 1), (1, 1, "b", 2), (2, 1, "a", 1), (2, 1, "b", 4), (3, 1, "b", 4))
    features = view(rows, [Sum("y"), Count()], id=["k", "x"])
    expect(ask(features, 2, 3, 4, 5), v__y_sum=[None, 3, 5, 4], v__count=[0, 2, 2, 1])


def test_rows_without_a_date_or_an_id_are_nobodys_but_their_copy_exists() -> None:
    """A copy whose only rows have no id says that everything is gone."""
    rows = copies((1, 1, "x"), (None, 1, "y"), (2, None, "z"), k=pa.int64())
    expect(ask(view(rows, [Last("x"), Count()]), 2, 3, 4), v__x_last=[None, "x", None], v__count=[0, 1, 0])


def test_a_dimension_is_aggregated_as_it_stood() -> None:
    """The key is an attribute: rows enter and leave an entity as it changes.

    copy   1              2              3
           1 in a: 10     1 in a: 10     1 in b: 10
           2 in a: 20     2 in b: 20
    """
    rows = copies((1, 1, "a", 10), (1, 2, "a", 20), (2, 1, "a", 10), (2, 2, "b", 20), (3, 1, "b", 10))
    features = view(rows, [Sum("y"), Count(), LastK("k", 3)], keys=["x"])
    times = table([{"t": t, "x": "a"} for t in (2, 3, 4, 5)] + [{"t": t, "x": "b"} for t in (3, 4, 5)])
    expect(
        Case(features, times),
        v__y_sum=[None, 30, 10, None, None, 20, 10],
        v__count=[0, 2, 1, 0, 0, 1, 1],
        v__k_last3=[[], [2, 1], [1], [], [], [2], [1]],
    )


def test_where_and_select_apply_to_the_version_that_wins() -> None:
    rows = copies((1, 1, 5), (2, 1, -5), (3, 1, 7))
    features = view(rows, [Last("twice")], source={"where": "x > 0", "select": {"twice": "x * 2"}})
    expect(ask(features, 3, 4, 5), v__twice_last=[10, None, 14])
    features = view(rows, [Last("x")], source={"where": "k = 1"})
    expect(ask(features, 3, 4, 5), v__x_last=[5, -5, 7])


def test_the_date_is_a_column_and_a_key_too() -> None:
    rows = copies((1, 1, "x"), (2, 1, "x"), (3, 1, "y"))
    features = view(rows, [Last("asof"), Count(where="asof < TIMESTAMP '1970-01-02'").named("early")])
    expect(ask(features, 3, 9), v__asof_last=[1, 3], v__early=[1, 1])
    texts = pa.table(
        {"asof": ["1970-01-02", "1970-01-02T00:00", "1970-01-03"], "k": [1, 2, 1], "x": [1, 1, 1]}
    )
    expect(ask(view(texts, [Last("asof")]), 3 * DAY), v__asof_last=["1970-01-02"])
    expect(ask(view(texts, [Last("asof")]), 3 * DAY // 2, key=2), v__asof_last=["1970-01-02"])
    by_date = view(copies((1, 1, "x"), (2, 1, "y")), [Count()], keys=["asof"])
    asked = pa.table({"t": pa.array([3, 4, 4], STAMP), "asof": pa.array([1, 1, 2], STAMP)})
    expect(Case(by_date, asked), v__count=[1, 0, 1])


def test_more_copies_than_one_group_of_bits() -> None:
    """Runs that cross groups of copies, fill them, and begin and end at their edges; two values that take turns."""
    rows: list[tuple[int, int, Any]] = []
    for copy in range(200):
        rows.append((copy, 1, "steady"))
        rows.append((copy, 2, "even" if copy % 2 else "odd"))
        rows.append((copy, 3, copy // 60))
        rows += [(copy, 4, "x")] if not 59 <= copy <= 60 else []
        rows += [(copy, 5, "x")] if copy in (59, 60, 119, 120, 121, 180) else []
        rows.append((copy, 6, "other" if copy == 60 else "x"))
    features = view(
        copies(*((copy, k, str(x)) for copy, k, x in rows)),
        [Last("x"), TimeSinceLast().named("age"), Count()],
    )
    keys = range(1, 7)
    moments = [
        1,
        2,
        59,
        60,
        61,
        62,
        63,
        119,
        120,
        121,
        122,
        123,
        124,
        179,
        180,
        181,
        182,
        183,
        199,
        200,
        201,
        400,
    ]
    expect(Case(features, table([{"t": t, "k": k} for t in moments for k in keys])))


def test_no_copies_at_all() -> None:
    rows = copies(x=pa.string(), asof=STAMP, k=pa.int64())
    expect(ask(view(rows, [Last("x"), Count()]), 1), v__x_last=[None], v__count=[0])


def test_no_copies_at_all_of_lists() -> None:
    for kind in (pa.list_(pa.int64()), pa.list_(pa.float32(), 2)):
        rows = copies(x=kind, asof=STAMP, k=pa.int64())
        expect(ask(view(rows, [Last("x"), Count()]), 1), v__x_last=[None], v__count=[0])
