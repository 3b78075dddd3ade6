"""Which events a window holds, drawn and against the definition."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zipline.dsl.window import Window
from zipline.engines.kernels.arrays import Integers
from zipline.engines.kernels.schedule import Schedule, schedule
from zipline.engines.kernels.timeline import Timeline, timeline


def integers(values: list[int]) -> Integers:
    return np.array(values, np.int64)


def line(
    events: list[int], times: list[int], known: list[int] | None = None, until: list[int] | None = None, *,
    hindsight: bool = False,
) -> Timeline:  # fmt: skip
    """Return a timeline of one key."""
    zeros = integers([0] * len(events))
    return timeline(
        zeros, integers(events), None if known is None else integers(known),
        None if until is None else integers(until), integers([0] * len(times)), integers(times), 1, hindsight=hindsight,
    )  # fmt: skip


def seen(plan: Schedule, row: int) -> list[int]:
    """Return the positions of the events that an observation sees."""
    lo, hi = int(plan.lo[row]), int(plan.hi[row])
    if plan.orders is None:
        return list(range(lo, hi))
    return sorted(set(plan.orders.enter[:hi].tolist()) - set(plan.orders.leave[:lo].tolist()))


def window(window: str | Window, t: int, events: list[int], **knowledge: Any) -> list[int]:
    """Return the times of the events that an observation at `t` sees."""
    built = line(events, [t], **knowledge)
    plan = schedule(built, window if isinstance(window, Window) else Window(window))
    return [int(built.event_times[position]) for position in seen(plan, 0)]


# events      4  5        9  10
#             .  [________.__)t = 10        the lower end is inside, the upper is not
def test_an_exact_window_is_half_open() -> None:
    assert window("5us", 10, [4, 5, 9, 10]) == [5, 9]


# grid (3)  |3 . . |6 . . |9 . .|
#            [______.______)t = 10          the lower end, 10 - 5 = 5, is floored to 3
def test_a_hop_floors_the_lower_end() -> None:
    assert window(Window("5us", hop="3us"), 10, [2, 3, 4, 9, 10]) == [3, 4, 9]


# grid (3)  |0 . . |3 . . |6 . .|9
#            [______.______)     t = 10     with an offset of 2: 10 - 2 = 8 is floored to 6, 8 - 5 = 3 to 3
def test_a_hop_and_an_offset_floor_both_ends() -> None:
    assert window(Window("5us", hop="3us", offset="2us"), 10, [2, 3, 5, 6, 7]) == [3, 5]


# grid (8)  |0 . . . . . . .|8 . t = 10     t stands at 8
def test_an_align_floors_the_time() -> None:
    assert window(Window("5us", align="8us"), 10, [2, 3, 7, 8, 9]) == [3, 7]


# offset 4   [____.____)6 . . . t = 10
def test_an_offset_moves_both_ends() -> None:
    assert window(Window("5us", offset="4us"), 10, [0, 1, 5, 6, 9]) == [1, 5]
    assert window(Window.lifetime(offset="4us"), 10, [-(2**60), 5, 6]) == [-(2**60), 5]


# times before 1970: floors go down, not to zero
def test_hops_and_aligns_floor_downwards() -> None:
    assert window(Window("5us", hop="3us"), -5, [-13, -12, -6, -5]) == [-12, -6]
    assert window(Window("4us", align="10us"), -5, [-15, -14, -11, -10]) == [-14, -11]


#     enter = max(e, known)                leave = min(e + length, until)
# e ----------------known.................until--------- e + length
def test_a_version_is_seen_while_it_is_known() -> None:
    for t, expected in ((20, []), (21, [10]), (30, [10]), (31, [])):
        assert window("100us", t, [10], known=[20], until=[30]) == expected
        assert window(Window.lifetime(), t, [10], known=[20], until=[30]) == expected


def test_a_version_that_is_corrected_before_it_is_known_is_never_seen() -> None:
    assert window("100us", 25, [10], known=[20], until=[20]) == []


def test_hindsight_sees_what_is_not_known_yet() -> None:
    assert window("100us", 15, [10], known=[20]) == []
    assert window("100us", 15, [10], known=[20], hindsight=True) == [10]


WINDOWS = st.builds(
    lambda length, offset, kind, step: Window(
        f"{length}us",
        offset=f"{offset}us" if offset else 0,
        hop=f"{min(step, length)}us" if kind == "hop" else None,
        align=f"{step}us" if kind == "align" else None,
    ),
    st.integers(1, 12), st.integers(0, 9), st.sampled_from(["plain", "hop", "align"]), st.integers(1, 9),
) | st.builds(lambda offset: Window.lifetime(offset=f"{offset}us" if offset else 0), st.integers(0, 9))  # fmt: skip
EVENT = st.tuples(st.integers(0, 2), st.integers(-20, 20), st.integers(-20, 25), st.integers(0, 20))


@given(
    WINDOWS,
    st.lists(EVENT, max_size=20),
    st.lists(st.tuples(st.integers(0, 2), st.integers(-25, 30)), min_size=1, max_size=12),
    st.booleans(),
)
def test_every_window_holds_what_the_definition_says(
    window: Window, events: list[tuple[int, int, int, int]], asked: list[tuple[int, int]], knowing: bool
) -> None:
    codes, times, known, lives = (integers([row[i] for row in events]) for i in range(4))
    until = known + lives
    built = timeline(
        codes, times, known if knowing else None, until if knowing else None,
        integers([code for code, _ in asked]), integers([t for _, t in asked]), 3,
    )  # fmt: skip
    plan = schedule(built, window)
    for row, number in enumerate(built.observations):
        key, t = asked[number]
        lower, upper = window.bounds(t)
        at = t - t % window.align_us if window.align_us else t
        expected = [
            i
            for i, (code, e, k, life) in enumerate(events)
            if code == key
            and e < upper
            and (lower is None or e >= lower)
            and (not knowing or k < at <= k + life)
        ]
        assert sorted(built.order[seen(plan, row)].tolist()) == expected


@pytest.mark.parametrize("knowing", [False, True])
def test_no_events_and_no_observations(knowing: bool) -> None:
    none: list[int] | None = [] if knowing else None
    assert schedule(line([], [1], none, none), Window("1d")).hi.tolist() == [0]
    some = [5] if knowing else None
    assert len(schedule(line([1], [], some, some), Window("1d")).lo) == 0
