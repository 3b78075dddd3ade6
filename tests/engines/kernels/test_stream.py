"""The inputs of one aggregation: which events, where they stand, and in which order."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from tests.engines.kernels.sweeps import line
from zipline.engines.kernels.additive import Orders
from zipline.engines.kernels.arrays import Integers
from zipline.engines.kernels.schedule import Schedule
from zipline.engines.kernels.stream import stream, take

# rows        0       1       2       3       4
EVENTS = [(1, 30), (0, 10), (1, 10), (0, 20), (1, 20)]
# in order: rows 1 3 | 2 4 0 |


def integers(*values: int) -> Integers:
    return np.array(values, np.int64)


def test_all_events() -> None:
    whole = stream(line(EVENTS), None)
    assert len(whole) == 5
    assert whole.positions is None
    assert whole.rows.tolist() == [1, 3, 2, 4, 0]
    assert whole.starts.tolist() == [0, 2, 5, 5]
    assert whole.before.tolist() == [0, 1, 2, 3, 4, 5]
    assert stream(line(EVENTS), np.ones(5, np.bool_)).positions is None


# rows        0     1     2     3     4
# kept        yes   no    no    yes   yes
# positions: events 1 (row 3) | 3 (row 4) 4 (row 0)
def test_some_events() -> None:
    some = stream(line(EVENTS), np.array([True, False, False, True, True]))
    assert len(some) == 3
    assert some.positions is not None
    assert some.positions.tolist() == [1, 3, 4]
    assert some.rows.tolist() == [3, 4, 0]
    assert some.starts.tolist() == [0, 1, 3, 3]
    assert some.before.tolist() == [0, 0, 1, 1, 2, 3]
    assert some.of_events(some.timeline.event_times).tolist() == [20, 20, 30]


def test_no_event() -> None:
    none = stream(line(EVENTS), np.zeros(5, np.bool_))
    assert (len(none), none.rows.tolist(), none.starts.tolist()) == (0, [], [0, 0, 0, 0])


# events      0  1 | 2  3  4
# windows     [--) | [-----)       becomes, without events 0 and 2,
# inputs         0 |    1  2
def test_a_range_of_events_becomes_a_range_of_inputs() -> None:
    some = stream(line(EVENTS), np.array([True, False, False, True, True]))
    part = some.schedule(Schedule(integers(0, 2, 2), integers(1, 5, 3)))
    assert (part.lo.tolist(), part.hi.tolist(), part.orders) == ([0, 1, 1], [0, 3, 1], None)


def test_orders_keep_the_inputs_and_their_sequence() -> None:
    some = stream(line(EVENTS), np.array([True, False, False, True, True]))
    orders = Orders(integers(1, 0, 4, 3, 2), integers(0, 1, 2, 3, 4))
    part = some.schedule(Schedule(integers(1, 2), integers(2, 5), orders))
    assert part.orders is not None
    assert part.orders.enter.tolist() == [0, 2, 1]
    assert part.orders.leave.tolist() == [0, 1, 2]
    assert (part.lo.tolist(), part.hi.tolist()) == ([0, 1], [1, 3])


@pytest.mark.parametrize(
    ("known", "ranks", "expected"),
    [
        (None, [2, 1, 0], [2, 1, 0]),
        (None, [1, 1, 1], [0, 1, 2]),
        ([5, 5, 4], [2, 1, 0], [2, 1, 0]),
        ([4, 5, 5], [2, 1, 0], [0, 2, 1]),
    ],
)
def test_ties_are_settled_by_knowledge_time_and_then_by_value(
    known: list[int] | None, ranks: list[int], expected: list[int]
) -> None:
    tied = stream(line([(0, 7), (0, 7), (0, 7)], known=known), None)
    in_order = np.array(ranks)[tied.rows]
    assert tied.sorted_in_ties(in_order).rows.tolist() == expected


def test_values_of_other_times_and_keys_do_not_tie() -> None:
    apart = stream(line([(0, 7), (0, 8), (1, 8)]), None)
    assert apart.sorted_in_ties(integers(3, 2, 1)) is apart


def test_rows_are_taken_and_minus_one_is_null() -> None:
    for column in (pa.array([1, 2, 3]), pa.array(["a", "b", "c"]), pa.array([1.5, None, 2.5])):
        values = column.to_pylist()
        assert take(column, integers(2, 0, 0)).to_pylist() == [values[2], values[0], values[0]]
        assert take(column, integers(2, -1)).to_pylist() == [values[2], None]
        assert take(column, integers()).to_pylist() == []
