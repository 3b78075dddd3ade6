"""Windows: what they cover, how they are named, and which are refused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.refusals import refusal
from zipline.dsl.window import Window, as_window
from zipline.errors import DefinitionError

HOUR = 3_600_000_000
DAY = 24 * HOUR


def test_an_exact_window_is_exact_to_the_microsecond() -> None:
    #  hop = 1h        |---------|---------|---------|----
    #  exact "2h"            [.....................)t
    t = 5 * HOUR + 7
    assert Window("2h").bounds(t) == (t - 2 * HOUR, t)


def test_a_hop_moves_the_tail_in_steps_and_leaves_the_head_exact() -> None:
    #  hop = 1h        |---------|---------|---------|----
    #  hop   "2h"      [...........................)t
    window = Window("2h", hop="1h")
    assert window.bounds(5 * HOUR + 7) == (3 * HOUR, 5 * HOUR + 7)
    assert window.bounds(5 * HOUR) == (3 * HOUR, 5 * HOUR)
    assert window.bounds(5 * HOUR - 1) == (2 * HOUR, 5 * HOUR - 1)


def test_a_hop_with_an_offset_moves_both_ends() -> None:
    #  hop = 1h        |---------|---------|---------|----
    #  offset "30m"    [...................)    <-30m-> t
    window = Window("2h", offset="30m", hop="1h")
    assert window.bounds(4 * HOUR + 1) == (HOUR, 3 * HOUR)
    assert window.bounds(4 * HOUR + HOUR // 2) == (2 * HOUR, 4 * HOUR)


def test_the_hop_grid_goes_on_before_the_epoch() -> None:
    assert Window("2h", hop="1h").bounds(-1) == (-3 * HOUR, -1)


def test_align_puts_the_floor_of_t_in_place_of_t() -> None:
    #  align = 1d      |--------------------|--------------------|-----
    #  "1d"            [....................)   t
    window = Window("1d", align="1d")
    assert window.bounds(DAY + 5) == (0, DAY) == window.bounds(2 * DAY - 1)
    assert window.bounds(2 * DAY) == (DAY, 2 * DAY)
    assert window.bounds(-1) == (-2 * DAY, -DAY)


def test_offset_shifts_both_ends() -> None:
    assert Window("7d", offset="1d").bounds(10 * DAY) == (2 * DAY, 9 * DAY)


def test_a_lifetime_has_no_lower_end() -> None:
    assert Window.lifetime().bounds(5) == (None, 5)
    assert Window.lifetime(offset="1d", align="1d").bounds(2 * DAY + 5) == (None, DAY)


@pytest.mark.parametrize(
    ("window", "label"),
    [
        (Window("24h"), "24h"),
        (Window("1d", hop="1h"), "1d"),
        (Window("1d", align="1d"), "1d"),
        (Window(timedelta(days=14)), "2w"),
        (Window(timedelta(minutes=90)), "90m"),
        (Window("7d", offset="1d"), "7d_offset_1d"),
        (Window("7d", offset=timedelta(0)), "7d"),
        (Window("7d", offset=timedelta(hours=1)), "7d_offset_1h"),
        (Window.lifetime(), ""),
        (Window.lifetime(offset="1d"), "offset_1d"),
    ],
)
def test_labels(window: Window, label: str) -> None:
    assert window.label == label


def test_a_day_is_24_hours_in_meaning_but_not_in_name() -> None:
    assert Window("24h").meaning == Window("1d").meaning == Window(timedelta(days=1)).meaning
    assert Window("24h").label != Window("1d").label


def test_as_window_takes_what_users_write() -> None:
    assert as_window("7d") == as_window(Window("7d")) == Window("7d")
    assert as_window(timedelta(days=1)).label == "1d"


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: Window("0d"), "window length '0d' is not a duration"),
        (lambda: Window("-1d"), "Hint: a duration is a positive whole number and a unit"),
        (lambda: Window("1 d"), "Hint: write a positive whole number and one of us ms s m h d w"),
        (lambda: Window("3mo"), "Hint: months and years have no fixed length"),
        (lambda: Window("1M"), "Hint: months and years have no fixed length"),
        (lambda: Window(timedelta(0)), "window length datetime.timedelta(0) is not positive"),
        (lambda: Window("9999999w"), "longer than zipline's time axis\nHint: use a lifetime window"),
        (lambda: Window(5), "window length 5 is not a duration\nHint: write a text"),  # type: ignore[arg-type]
        (
            lambda: Window("1d", hop="2d"),
            "Window('1d'): the hop '2d' is longer than the window\nHint: a hop is at",
        ),
        (
            lambda: Window("1d", hop="1h", align="1h"),
            "Window('1d'): has both a hop and an align\nHint: keep one",
        ),
        (lambda: Window("1d", hop="x"), "hop 'x' is not a duration"),
        (lambda: Window("1d", align="x"), "align 'x' is not a duration"),
        (lambda: Window("1d", offset="-1d"), "offset '-1d' is not a duration"),
        (
            lambda: Window("1d", offset=timedelta(-1)),
            "is negative\nHint: a window that looks ahead would leak",
        ),
        (lambda: Window("1d", offset=3), "the offset 3 has no unit\nHint: write a duration"),  # type: ignore[arg-type]
        (lambda: as_window(5), "5 is not a window\nHint: write a length such as '7d'"),  # type: ignore[arg-type]
    ],
)
def test_refusals(build: Callable[[], object], message: str) -> None:
    assert message in refusal(build, DefinitionError)
