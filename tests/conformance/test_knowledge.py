"""What is known when: knowledge times, delays, `as_of` and `hindsight`."""

from __future__ import annotations

import pytest

from tests.conformance.check import agree, expect
from tests.conformance.dataset import HOUR
from tests.conformance.requests import ask, table, view
from zipline.aggregations import Count, Last, LastK, Sum
from zipline.dsl import Window

LATE = table(
    [
        {"at": 10, "known": 10, "k": 1, "x": 1},
        {"at": 20, "known": 50, "k": 1, "x": 2},
        {"at": 30, "known": 25, "k": 1, "x": 4},
        {"at": 40, "known": None, "k": 1, "x": 8},
        {"at": None, "known": 5, "k": 1, "x": 16},
    ]
)


def test_a_row_is_known_strictly_before_the_observation() -> None:
    """
    event    10    20 30
    known    10  25       50
    """
    features = view(LATE, [Sum("x")], knowledge_time="known")
    expect(ask(features, 10, 11, 21, 26, 31, 50, 51), v__x_sum=[None, 1, 1, 1, 5, 5, 7])


def test_knowledge_before_the_event_does_not_bring_it_forward() -> None:
    features = view(LATE, [Last("x")], knowledge_time="known")
    expect(ask(features, 26, 30, 31), v__x_last=[1, 1, 4])


def test_hindsight_knows_late_rows_at_once() -> None:
    features = view(LATE, [Sum("x")], knowledge_time="known")
    expect(ask(features, 11, 21, 31, 51, hindsight=True), v__x_sum=[1, 3, 7, 7])


def test_as_of_includes_its_own_moment() -> None:
    features = view(LATE, [Sum("x")], knowledge_time="known")
    expect(ask(features, 100, as_of=50), v__x_sum=[7])
    expect(ask(features, 100, as_of=49), v__x_sum=[5])
    expect(ask(features, 100, as_of=9), v__x_sum=[None])
    expect(ask(features, 100, as_of=49, hindsight=True), v__x_sum=[5])


def test_as_of_compares_event_times_where_no_knowledge_is_declared() -> None:
    features = view(LATE, [Sum("x")])
    expect(ask(features, 31, 100, as_of=30), v__x_sum=[7, 7])
    expect(ask(features, 31, 100, as_of=29), v__x_sum=[3, 3])


def test_rows_known_after_the_request_are_not_known() -> None:
    future = 250_000_000_000_000_000
    rows = table([{"at": 0, "known": future, "k": 1}, {"at": future, "known": 0, "k": 1}])
    expect(ask(view(rows, [Count()], knowledge_time="known"), 1, future + 2), v__count=[0, 1])
    expect(ask(view(rows, [Count()]), 1, future + 2), v__count=[1, 1])


def test_a_delay_is_a_knowledge_time() -> None:
    rows = table([{"at": 0, "k": 1}])
    features = view(rows, [Count(), Count().over("2h")], delay="1h")
    expect(ask(features, 1, HOUR, HOUR + 1, 2 * HOUR + 1), v__count=[0, 0, 1, 1], v__count_2h=[0, 0, 1, 0])
    expect(ask(features, 1, hindsight=True), v__count=[1])
    expect(ask(features, 2 * HOUR, as_of=HOUR), v__count=[1])
    expect(ask(features, 2 * HOUR, as_of=HOUR - 1), v__count=[0])


def test_a_row_known_after_it_left_the_window_is_never_seen() -> None:
    rows = table([{"at": 0, "known": 3 * HOUR, "k": 1}])
    features = view(rows, [Count().over("1h", "4h")], knowledge_time="known")
    expect(
        ask(features, 1, 3 * HOUR, 3 * HOUR + 1, 4 * HOUR, 4 * HOUR + 1),
        v__count_1h=[0] * 5,
        v__count_4h=[0, 0, 1, 1, 0],
    )


WINDOWS = [
    Window("3us"),
    Window("6us", hop="4us"),
    Window("4us", offset="3us"),
    Window("7us", offset="2us", hop="5us"),
    Window("5us", align="4us"),
    Window.lifetime(),
    Window.lifetime(offset="5us"),
]


@pytest.mark.parametrize("window", WINDOWS, ids=repr)
def test_windows_are_the_same_where_all_is_known_early(window: Window) -> None:
    """A knowledge time that is never late changes no window; one far-off late row keeps the engine from noticing."""
    rows = [{"at": n - 30, "known": n - 999, "k": 1, "x": 2 ** (n // 2)} for n in range(60)]
    late = {"at": 999, "known": 2000, "k": 1, "x": 0}
    features = [Sum("x").named("sum").over(window), LastK("x", 99).named("last").over(window)]
    asked = range(-35, 40)
    plain = agree(ask(view(table(rows), features), *asked)).rows
    known = agree(ask(view(table([*rows, late]), features, knowledge_time="known"), *asked)).rows
    assert known == plain
