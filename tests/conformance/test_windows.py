"""Where a window begins and ends, to the microsecond."""

from __future__ import annotations

import pyarrow as pa
import pytest

from tests.conformance.check import expect
from tests.conformance.dataset import DAY, HOUR, MINUTE, STAMP
from tests.conformance.requests import ask, table, view
from zipline.aggregations import Count, DecayedCount, LastK, Sum, TimeSinceFirst, TimeSinceLast
from zipline.dsl import Window


def check(window: str | Window, events: list[int], asked: dict[int, list[int]]) -> None:
    """Check which events (by their times, newest first) a window holds at each time asked."""
    rows = table([{"at": at, "k": 1, "seen": at} for at in events], at=STAMP, k=pa.int64(), seen=pa.int64())
    features = [LastK("seen", 99).named("seen").over(window), Count().named("count").over(window)]
    built = view(rows, features)
    seen, count = built.names
    expect(
        ask(built, *asked),
        **{f"v__{seen}": [sorted(each, reverse=True) for each in asked.values()]},
        **{f"v__{count}": [len(each) for each in asked.values()]},
    )


def test_an_event_is_seen_strictly_after_it_happened() -> None:
    check(Window.lifetime(), [100], {99: [], 100: [], 101: [100]})


def test_a_window_holds_its_lower_end() -> None:
    """
    "2us"     [.....)t      at t = 102 the event at 100 is still inside, at 103 no more
            100   102
    """
    check("2us", [100], {100: [], 101: [100], 102: [100], 103: []})


def test_several_events_at_one_end() -> None:
    check("1h", [0, 0, 1, HOUR, HOUR], {HOUR: [1, 0, 0], HOUR + 1: [HOUR, HOUR, 1], HOUR + 2: [HOUR, HOUR]})


def test_a_hop_moves_the_tail_in_steps() -> None:
    """
    hop = 1h        |---------|---------|---------|----
    exact "2h"            [.....................)t
    hop   "2h"      [...........................)t
    """
    events = [0, HOUR - 1, HOUR, 2 * HOUR, 150 * MINUTE]
    check(
        Window("2h", hop="1h"),
        events,
        {
            150 * MINUTE: [2 * HOUR, HOUR, HOUR - 1, 0],
            3 * HOUR - 1: [150 * MINUTE, 2 * HOUR, HOUR, HOUR - 1, 0],
            3 * HOUR: [150 * MINUTE, 2 * HOUR, HOUR],
            4 * HOUR - 1: [150 * MINUTE, 2 * HOUR, HOUR],
            4 * HOUR: [150 * MINUTE, 2 * HOUR],
        },
    )


def test_the_grid_of_a_hop_goes_on_before_1970() -> None:
    events = [-3 * HOUR, -3 * HOUR - 1, -90 * MINUTE, -1]
    check(
        Window("1h", hop="1h"),
        events,
        {
            -2 * HOUR + 1: [-3 * HOUR],
            -2 * HOUR: [-3 * HOUR],
            -2 * HOUR - 1: [-3 * HOUR, -3 * HOUR - 1],
            -30 * MINUTE: [-90 * MINUTE],
            30 * MINUTE: [-1],
        },
    )


def test_an_offset_leaves_the_newest_events_out() -> None:
    """
    "2h", offset 1h     [..............)---------t
    """
    check(
        Window("2h", offset="1h"),
        [0, HOUR, 2 * HOUR],
        {HOUR: [], HOUR + 1: [0], 3 * HOUR: [HOUR, 0], 3 * HOUR + 1: [2 * HOUR, HOUR], 5 * HOUR + 1: []},
    )


def test_a_hop_with_an_offset_floors_both_ends() -> None:
    """
    hop = 1h, offset = 30m   |---------|---------|---------|
                             [...................)    t - 30m  t
    """
    events = [0, HOUR, 2 * HOUR - 1, 2 * HOUR]
    check(
        Window("2h", offset="30m", hop="1h"),
        events,
        {
            150 * MINUTE - 1: [0],
            150 * MINUTE: [2 * HOUR - 1, HOUR, 0],
            210 * MINUTE - 1: [2 * HOUR - 1, HOUR, 0],
            210 * MINUTE: [2 * HOUR, 2 * HOUR - 1, HOUR],
        },
    )


def test_align_asks_at_the_last_point_of_the_grid() -> None:
    events = [-1, 0, 1, DAY - 1, DAY]
    check(
        Window("1d", align="1d"),
        events,
        {-1: [], 0: [-1], DAY - 1: [-1], DAY: [DAY - 1, 1, 0], 2 * DAY - 1: [DAY - 1, 1, 0], 2 * DAY: [DAY]},
    )


def test_align_counts_time_from_the_grid() -> None:
    rows = table([{"at": 0, "k": 1}, {"at": 1_500_000, "k": 1}])
    window = Window("1h", align="1m")
    features = [
        TimeSinceFirst().over(window),
        TimeSinceLast().over(window),
        DecayedCount(half_life="1m").over(window),
    ]
    expect(
        ask(view(rows, features), 119 * 1_000_000),
        v__time_since_first_1h=[60.0],
        v__time_since_last_1h=[58.5],
    )


def test_lifetime_has_no_lower_end() -> None:
    old = -62_135_596_800_000_000
    check(
        Window.lifetime(), [old, 0], {old: [], old + 1: [old], 1: [0, old], 253_402_300_799_999_999: [0, old]}
    )


def test_lifetime_with_offset_and_with_align() -> None:
    check(Window.lifetime(offset="1h"), [0, HOUR], {HOUR: [], HOUR + 1: [0], 2 * HOUR + 1: [HOUR, 0]})
    check(
        Window.lifetime(align="1h"),
        [0, HOUR],
        {HOUR - 1: [], HOUR: [0], 2 * HOUR - 1: [0], 2 * HOUR: [HOUR, 0]},
    )


def test_windows_of_one_view_slide_on_their_own() -> None:
    rows = table([{"at": minute * MINUTE, "k": 1, "x": minute} for minute in range(120)])
    features = [Sum("x").over("1m", "10m", "1h", "1d"), Count().over("1m", Window("10m", offset="5m"))]
    expect(
        ask(view(rows, features), 0, MINUTE, 10 * MINUTE, 60 * MINUTE + 1, 3 * HOUR),
        v__x_sum_1m=[None, 0, 9, 60, None],
        v__x_sum_10m=[None, 0, 45, sum(range(51, 61)), None],
        v__x_sum_1h=[None, 0, 45, sum(range(1, 61)), None],
        v__x_sum_1d=[None, 0, 45, sum(range(61)), sum(range(120))],
        v__count_1m=[0, 1, 1, 1, 0],
        v__count_10m_offset_5m=[0, 0, 5, 10, 0],
    )


@pytest.mark.parametrize(
    "window", [Window("1h"), Window("1h", hop="1h"), Window("1h", align="1h"), Window.lifetime()]
)
def test_no_events_at_all(window: Window) -> None:
    check(window, [], {0: [], HOUR: []})
