"""Where calls are made: on the event loop while they are quick, in threads when not."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import pytest

from zipline.online.serve.lane import FEW, FIRST, LONGEST, SLOW, Lane


class Clock:
    """Seconds that only move when told."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Calls:
    """Calls of a store that takes so long, and where they were made."""

    def __init__(self) -> None:
        self.clock, self.here = Clock(), threading.get_ident()
        self.lane = Lane(self.clock)

    def made_here(self, seconds: float, entities: int = 1) -> bool:
        """Make a call that takes some seconds; return whether it was on the event loop."""

        def call() -> bool:
            self.clock.now += seconds
            return threading.get_ident() == self.here

        return asyncio.run(self.lane.run(call, entities, 5))


@pytest.fixture
def calls() -> Iterator[Calls]:
    """Return calls of which none was made yet."""
    made = Calls()
    yield made
    made.lane.close()


def test_quick_calls_for_few_entities_are_made_on_the_event_loop(calls: Calls) -> None:
    assert all(calls.made_here(SLOW / 2) for _ in range(50))
    assert calls.made_here(SLOW * 3)  # one that is not is no reason yet
    assert calls.made_here(SLOW / 2, FEW)
    assert not calls.made_here(SLOW / 2, FEW + 1)
    assert calls.made_here(SLOW / 2)


def test_slow_calls_leave_the_event_loop_for_a_while(calls: Calls) -> None:
    assert calls.made_here(0.25)  # a store's whole time limit
    assert not calls.made_here(SLOW / 2)
    calls.clock.now += FIRST
    assert calls.made_here(SLOW / 2)


def test_one_call_that_had_to_wait_for_the_processor_leaves_the_others_where_they_are(calls: Calls) -> None:
    assert calls.made_here(0.09)
    assert calls.made_here(SLOW / 2)
    assert calls.made_here(0.09)
    assert not calls.made_here(SLOW / 2), "two are the store's doing"


def test_a_store_that_stays_slow_is_tried_more_and_more_seldom(calls: Calls) -> None:
    pauses = []
    for _ in range(8):
        assert calls.made_here(0.25)
        left = calls.clock.now
        while not calls.made_here(0.0):
            calls.clock.now += 0.125
        pauses.append(calls.clock.now - left)
    assert pauses == [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 16.0, 16.0]
    calls.clock.now += 2 * LONGEST
    assert calls.made_here(0.25)
    calls.clock.now += FIRST
    assert calls.made_here(0.0)


def test_an_error_is_handed_on_and_slow_ones_count_too() -> None:
    clock = Clock()
    lane = Lane(clock)

    def fail() -> None:
        clock.now += 1.0
        raise ZeroDivisionError(threading.current_thread().name)

    for name in ("MainThread", "zipline-serve_0"):
        with pytest.raises(ZeroDivisionError, match=name):
            asyncio.run(lane.run(fail, 1, 5))
    lane.close()


def test_a_call_in_a_thread_has_a_limit() -> None:
    lane, end = Lane(), threading.Event()
    with pytest.raises(TimeoutError):
        asyncio.run(lane.in_thread(end.wait, 0.01))
    end.set()
    lane.close()
