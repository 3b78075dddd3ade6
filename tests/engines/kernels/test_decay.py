"""Decayed sums and counts of windows against fractions, in one order and in two."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engines.kernels.exact import nearest, same, words
from zipline.engines.kernels.additive import Additive, Orders
from zipline.engines.kernels.decay import place, window_decayed
from zipline.exp2 import exp2_fraction


@dataclass(frozen=True)
class Event:
    """An event that is visible for observations in ``(enter, leave]``."""

    entity: int
    time: int
    enter: int
    leave: int
    value: float


def decayed(events: Sequence[Event], half_life: int, t: int) -> float:
    """Return the decayed sum as the definition says it."""
    now = t // half_life
    exact, special = Fraction(0), []
    for event in events:
        k = event.time // half_life
        term = event.value * exp2_fraction((event.time - k * half_life) / half_life)
        if now - k > 256:
            continue
        if math.isfinite(term):
            exact += Fraction(term) * Fraction(2) ** (k - now)
        else:
            special.append(term)
    total = sum(special[1:], special[0]) if special else nearest(exact)
    answer = total / exp2_fraction((t - now * half_life) / half_life)
    return math.nan if math.isnan(answer) else answer + 0.0


def check(events: list[Event], observations: list[tuple[int, int]], half_life: int, two_orders: bool) -> None:
    """Compare observations (entity, time) over events; with two orders, by their own enter and leave."""
    events = sorted(events, key=lambda event: (event.entity, event.time))
    if not two_orders:
        # One order: every event enters at its time and leaves the same time after it.
        events = [Event(e.entity, e.time, e.time, e.time + 40, e.value) for e in events]
    positions = range(len(events))
    enter = sorted(positions, key=lambda i: (events[i].entity, events[i].enter))
    leave = sorted(positions, key=lambda i: (events[i].entity, events[i].leave))
    first = [sum(event.entity < entity for event in events) for entity, _ in observations]
    lo = [sum((e.entity, e.leave) < (entity, t) for e in events) for entity, t in observations]
    hi = [sum((e.entity, e.enter) < (entity, t) for e in events) for entity, t in observations]
    found = window_decayed(
        Additive(np.array([event.value for event in events], np.float64)),
        np.array([event.time for event in events], np.int64),
        half_life,
        np.array([t for _, t in observations], np.int64),
        np.array(lo, np.int64),
        np.array(hi, np.int64),
        first=np.array(first, np.int64) if two_orders else None,
        orders=Orders(np.array(enter, np.int64), np.array(leave, np.int64)) if two_orders else None,
    )
    seen = [
        [e for e in events if e.entity == entity and e.enter < t <= e.leave] for entity, t in observations
    ]
    expected = [decayed(some, half_life, t) for some, (_, t) in zip(seen, observations, strict=True)]
    assert same(found, expected)


VALUES = st.floats() | st.sampled_from([1e300, -1e300, 1e-300, 5e-324, 1.5, -2.0])


@st.composite
def event(draw: st.DrawFn, reach: int) -> Event:
    time = draw(st.integers(-reach, reach))
    enter = time + draw(st.integers(0, reach // 2))
    leave = enter + draw(st.integers(0, reach // 2) | st.just(10**9))
    return Event(draw(st.integers(0, 2)), time, enter, leave, draw(VALUES))


@settings(max_examples=150)
@given(st.data(), st.sampled_from([60, 6000]), st.sampled_from([1, 7, 50]), st.booleans())
def test_any_events(data: st.DataObject, reach: int, half_life: int, two_orders: bool) -> None:
    events = data.draw(st.lists(event(reach), min_size=1, max_size=10))
    seen_at = st.tuples(st.integers(0, 2), st.integers(-reach, 2 * reach))
    check(events, data.draw(st.lists(seen_at, min_size=1, max_size=10)), half_life, two_orders)


@pytest.mark.parametrize(("age", "expected"), [(0, 3.0), (1, 1.5), (256, 3.0 * 2.0**-256), (257, 0.0)])
def test_an_event_is_forgotten_after_256_half_lives(age: int, expected: float) -> None:
    one = np.array([0], np.int64)
    found = window_decayed(Additive(np.array([3.0])), one, 10, np.array([10 * age + 5]), one, one + 1)
    assert found[0] == expected / exp2_fraction(0.5)


def test_half_lives_far_apart_share_a_slot_of_the_ring() -> None:
    events = [Event(0, time, time, 10**9, 1.0) for time in (0, 5120, 10240, 10 * 511)]
    check(events, [(0, 1), (0, 5121), (0, 10241), (0, 20000)], half_life=10, two_orders=True)


def test_a_count_decays_from_one() -> None:
    times = np.array([0, 10, 15], np.int64)
    found = window_decayed(None, times, 10, np.array([20, 30]), np.array([0, 0]), np.array([3, 3]))
    whole = 0.25 + 0.5 + 0.5 * exp2_fraction(0.5)
    assert found.tolist() == [whole, whole / 2]


def test_no_events_give_zero() -> None:
    nothing = np.array([], np.int64)
    zero = np.array([0], np.int64)
    assert window_decayed(None, nothing, 10, zero, zero, zero).tolist() == [0.0]


def test_integers_and_decimals_are_rounded_to_float64_first() -> None:
    times, t, lo, hi = (np.array([value], np.int64) for value in (0, 10, 0, 1))
    integers = Additive(np.array([2**53 + 1], np.int64))
    decimals = Additive(words([10**37 + 1]), scale=38)
    assert window_decayed(integers, times, 10, t, lo, hi)[0] == float(2**53 + 1) / 2
    assert window_decayed(decimals, times, 10, t, lo, hi)[0] == 0.1 / 2


def test_a_term_that_overflows_is_infinite() -> None:
    times, lo = np.array([5], np.int64), np.array([0], np.int64)
    assert window_decayed(Additive(np.array([1.7e308])), times, 10, lo + 10, lo, lo + 1)[0] == math.inf


def test_two_orders_need_to_know_where_an_entity_begins() -> None:
    one = np.array([0], np.int64)
    with pytest.raises(ValueError, match="need `first`"):
        window_decayed(None, one, 10, one + 5, one, one + 1, orders=Orders(one, one))


def test_time_before_the_epoch_is_floored() -> None:
    index, weights = place(np.array([-1, -10, -11], np.int64), 10)
    assert index.tolist() == [-1, -1, -2]
    assert weights.tolist() == [exp2_fraction(0.9), 1.0, exp2_fraction(0.9)]


def test_threads_agree() -> None:
    random = np.random.default_rng(5)
    times = np.sort(random.integers(0, 10**9, 100_000))
    at = random.integers(0, 10**9, 80_000)
    hi, lo = np.searchsorted(times, at), np.searchsorted(times, at - 10**6)
    column = Additive(random.normal(size=len(times)))
    alone, together = (
        window_decayed(column, times, 10**5, at, lo, hi, threads=threads) for threads in (1, 3)
    )
    assert alone.tobytes() == together.tobytes()
