"""Which features are proposed, over which windows."""

from __future__ import annotations

from typing import Any

import pytest

from tests.init.looked import seen
from zipline.init.measures import MOST_CATEGORIES, MOST_NUMBERS, measures, windows_for
from zipline.time import parse_duration

N = 300


def lines(**columns: Any) -> list[str]:
    found, _ = measures(seen(**columns), ["1d", "7d"])
    return [line for measure in found for line in measure.lines]


@pytest.mark.parametrize(
    ("span", "windows"),
    [
        ("300d", "1d 7d 30d"), ("30d", "1d 7d 14d"), ("12d", "1d 3d 7d"), ("3d", "1h 6h 1d"), ("1d", "30m 1h 6h"),
        ("3h", "5m 15m 1h"), ("20m", "1m 5m 10m"), ("1s", "1d 7d 30d"),
    ],
)  # fmt: skip
def test_windows_fit_the_data(span: str, windows: str) -> None:
    assert " ".join(windows_for(parse_duration(span), days_only=False)) == windows


def test_days_get_windows_of_days() -> None:
    assert windows_for(parse_duration("3d"), days_only=True) == ("1d", "2d", "3d")
    assert windows_for(0, days_only=True) == ("1d", "7d", "30d")
    assert windows_for(parse_duration("12d"), days_only=True) == ("1d", "3d", "7d")


def test_numbers_are_summed_unless_a_sum_means_nothing() -> None:
    values = [n / 7 for n in range(N)]
    assert lines(amount=values) == [
        'zl.Sum("amount").over("1d", "7d")', 'zl.Mean("amount").over("1d", "7d")', 'zl.Max("amount").over("1d", "7d")',
    ]  # fmt: skip
    assert lines(temp_c=values) == ['zl.Mean("temp_c").over("1d", "7d")', 'zl.Max("temp_c").over("1d", "7d")']
    assert lines(lat=values, year=values, zip=range(N), constant=[1] * N) == []


def test_flags_get_a_share_and_texts_of_few_values_their_most_frequent() -> None:
    assert lines(late=[n % 3 == 0 for n in range(N)]) == ['zl.Mean("late").over("1d", "7d")']
    assert lines(page=[f"p{n % 9}" for n in range(N)], note=[f"text {n}" for n in range(N)]) == [
        'zl.CountDistinct("page").over("7d")', 'zl.MostFrequent("page", 3).over("7d")',
    ]  # fmt: skip
    assert lines(product_id=[n % 90 for n in range(N)]) == ['zl.CountDistinct("product_id").over("7d")']


def test_names_that_do_not_do_are_replaced() -> None:
    values = [n / 7 for n in range(N)]
    assert lines(**{"Net (€)": values})[0] == 'zl.Sum("Net (€)").named("net_sum").over("1d", "7d")'
    assert (
        lines(**{"net €": values, "net $": values})[3]
        == 'zl.Sum("net $").named("net_sum_2").over("1d", "7d")'
    )
    assert lines(**{"2nd": values})[0] == 'zl.Sum("2nd").named("x_2nd_sum").over("1d", "7d")'
    assert lines(**{'say "x"': values})[0] == """zl.Sum('say "x"').named("say_x_sum").over("1d", "7d")"""


def test_what_is_too_much_is_left() -> None:
    numbers = {f"n{i}": [n / 7 for n in range(N)] for i in range(MOST_NUMBERS + 1)}
    texts = {f"t{i}": [f"p{n % 9}" for n in range(N)] for i in range(MOST_CATEGORIES + 2)}
    found, left = measures(seen(**texts, **numbers), ["1d"])
    assert len(found) == MOST_NUMBERS + MOST_CATEGORIES
    assert left == ["t5", "t6", "n8"]
