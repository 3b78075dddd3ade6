"""Forward decay: a term's weight, the horizon of 256 half-lives, and exact sums of terms."""

from __future__ import annotations

import math

from tests.conformance.check import agree, expect
from tests.conformance.dataset import HOUR, MINUTE
from tests.conformance.requests import ask, table, view
from zipline.aggregations import DecayedCount, DecayedSum
from zipline.dsl import Window


def test_a_half_life_halves() -> None:
    rows = table([{"at": 0, "k": 1, "x": 10.0}])
    features = [DecayedSum("x", half_life="1h"), DecayedCount(half_life="1h")]
    expect(
        ask(view(rows, features), 0, HOUR, 2 * HOUR, 10 * HOUR),
        v__x_decayed_sum1h=[0.0, 5.0, 2.5, 10.0 / 1024],
        v__decayed_count1h=[0.0, 0.5, 0.25, 1.0 / 1024],
    )


def test_events_more_than_256_half_lives_back_are_outside() -> None:
    rows = table([{"at": 9_999_999, "k": 1, "x": 3.0}])
    features = [
        DecayedSum("x", half_life="10s").named("s"),
        DecayedSum("x", half_life="10s", default=-1).named("d"),
    ]
    last = 2570 * 1_000_000 - 1
    expect(
        ask(view(rows, features), last, last + 1),
        v__d=[agree(ask(view(rows, features), last)).rows[0]["v__s"], -1.0],
    )


def test_before_1970_and_across_it() -> None:
    rows = table([{"at": at, "k": 1, "x": 0.1 * at} for at in range(-100, 100, 7)])
    features = [
        DecayedSum("x", half_life="13us"),
        DecayedCount(half_life="7us"),
        DecayedCount(half_life="1us"),
    ]
    agree(
        ask(
            view(rows, [each.over("50us", Window("60us", offset="10us"), "1h") for each in features]),
            *range(-100, 300, 11),
        )
    )


def test_terms_are_summed_exactly() -> None:
    values = [
        1e300,
        1e-300,
        -1e300,
        0.1,
        math.nan,
        3.0,
        math.inf,
        -math.inf,
        1.7e308,
        1.7e308,
        5e-324,
        None,
        2.0,
    ]
    rows = table([{"at": n * 17 * MINUTE, "k": 1, "x": x} for n, x in enumerate(values)])
    features = [DecayedSum("x", half_life="1h").over("20m", "40m", "2h", "1d")]
    agree(ask(view(rows, features), *range(0, 6 * HOUR, 13 * MINUTE)))


def test_align_and_hop() -> None:
    rows = table([{"at": n * 17 * MINUTE, "k": 1, "x": n / 3} for n in range(40)])
    windows = [
        Window("3h", align="1h"),
        Window("4h", hop="1h"),
        Window("5h", offset="1h", hop="1h"),
        Window.lifetime(),
    ]
    features = [DecayedSum("x", half_life="1h").over(*windows), DecayedCount(half_life="90m").over(*windows)]
    agree(ask(view(rows, features), *range(0, 12 * HOUR, 47 * MINUTE)))


def test_the_horizon_of_late_events() -> None:
    rows = table([{"at": 5, "known": 2000, "k": 1, "x": 3.0}, {"at": 7, "known": 7, "k": 1, "x": 5.0}])
    features = [DecayedSum("x", half_life="10us", default=-1), DecayedCount(half_life="10us", by="k")]
    agree(ask(view(rows, features, knowledge_time="known"), 9, 2559, 2560, 2569, 2570))
