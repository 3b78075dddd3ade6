"""First features: what to aggregate of which column, and over which windows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from zipline.aggregations import Count, CountDistinct, Max, Mean, MostFrequent, Sum
from zipline.dsl.aggregation import Aggregation, features_of
from zipline.errors import DefinitionError
from zipline.init import words
from zipline.init.columns import Column
from zipline.init.text import quoted
from zipline.time import UNITS

MOST_NUMBERS: Final = 8
MOST_CATEGORIES: Final = 5
FEW: Final = 50
"""Up to so many different texts are categories, whatever the rows."""

_LADDER: Final = (
    ("45d", ("1d", "7d", "30d")),
    ("20d", ("1d", "7d", "14d")),
    ("10d", ("1d", "3d", "7d")),
    ("2d", ("1h", "6h", "1d")),
    ("12h", ("30m", "1h", "6h")),
    ("2h", ("5m", "15m", "1h")),
    ("10m", ("1m", "5m", "10m")),
)
_DAYS: Final = (*_LADDER, ("3d", ("1d", "2d", "3d")))


@dataclass(frozen=True)
class Measure:
    """Features of one column.

    Attributes:
        lines: the features, as they stand in the list of a view.
        why: what was seen, in words.
    """

    lines: tuple[str, ...]
    why: str


def windows_for(span_us: int, *, days_only: bool) -> tuple[str, ...]:
    """Return three windows that fit data of a length; those of a month where nothing tells.

    >>> windows_for(200 * UNITS["d"], days_only=False), windows_for(3 * UNITS["d"], days_only=True)
    (('1d', '7d', '30d'), ('1d', '2d', '3d'))
    """
    for least, windows in _DAYS if days_only else _LADDER:
        whole_days = all(window.endswith("d") for window in windows)
        if span_us >= int(least[:-1]) * UNITS[least[-1]] and (whole_days or not days_only):
            return windows
    return _LADDER[0][1]


def measures(columns: Sequence[Column], windows: Sequence[str]) -> tuple[list[Measure], list[str]]:
    """Return features of columns that are neither times nor keys, and the columns that are left.

    Numbers get sums, means and maxima (no sums of rates and the like), flags their share, other keys the number of
    different ones, texts of few values that and the most frequent.
    """
    taken = {feature.name for feature in features_of(Count().over(*windows))}
    found, left = [], []
    numbers, categories = 0, 0
    for column in columns:
        chosen = list(_chosen(column))
        numeric = bool(chosen) and isinstance(chosen[-1][0], (Mean, Max))
        full = numbers >= MOST_NUMBERS if numeric else categories >= MOST_CATEGORIES
        if not chosen or full:
            left.append(column.name)
            continue
        numbers, categories = numbers + numeric, categories + (not numeric)
        lines = tuple(
            _line(aggregation, text, [windows[-1]] if once else windows, taken)
            for aggregation, text, once in chosen
        )
        found.append(Measure(lines, _why(column)))
    return found, left


def _chosen(column: Column) -> Iterator[tuple[Aggregation, str, bool]]:
    """Yield a column's aggregations, their texts, and whether they are for the longest window only."""
    name, text, named = column.name, quoted(column.name), words.words(column.name)
    if column.kind is None or not column.filled or column.low == column.high:
        return
    if column.is_flag:
        yield Mean(name), f"zl.Mean({text})", False
    elif named & words.IDS:
        if column.kind.is_key and column.distinct < 0.95 * column.filled:
            yield CountDistinct(name), f"zl.CountDistinct({text})", True
    elif column.kind.is_numeric:
        if named & (words.PLACES | words.CALENDAR | words.LABELS):
            return
        if not named & words.RATES:
            yield Sum(name), f"zl.Sum({text})", False
        yield Mean(name), f"zl.Mean({text})", False
        yield Max(name), f"zl.Max({text})", False
    elif column.kind.kind == "string" and column.micros is None and _is_category(column):
        yield CountDistinct(name), f"zl.CountDistinct({text})", True
        yield MostFrequent(name, 3), f"zl.MostFrequent({text}, 3)", True


def _is_category(column: Column) -> bool:
    return column.distinct <= FEW or column.distinct <= 0.05 * column.filled


def _line(aggregation: Aggregation, text: str, windows: Sequence[str], taken: set[str]) -> str:
    """Return the text of features, named where the column's own name does not do, and note their names."""
    base = slug = ""
    for number in range(1, len(taken) + 3):
        if number > 1 or not _nameable(aggregation):
            base = base or f"{words.slug(str(aggregation.column), 'x')}_{aggregation.kind}"
            slug = base if number == 1 else f"{base}_{number}"
            aggregation = aggregation.named(slug)
        names = {feature.name for feature in features_of(aggregation.over(*windows))}
        if not names & taken:
            taken |= names
            break
    stem = f".named({quoted(slug)})" if slug else ""
    return f"{text}{stem}.over({', '.join(map(quoted, windows))})"


def _nameable(aggregation: Aggregation) -> bool:
    try:
        features_of(aggregation)
    except DefinitionError:
        return False
    return True


def _why(column: Column) -> str:
    assert column.kind is not None
    if column.is_flag:
        return f"{quoted(column.name)} says yes or no: its mean is the share of yes."
    if column.kind.is_numeric and not words.words(column.name) & words.IDS:
        low, high = (f"{each:.6g}" if isinstance(each, float) else each for each in (column.low, column.high))
        return f"{quoted(column.name)} is {column.type}, from {low} to {high}."
    return f"{quoted(column.name)} has {column.distinct:,} different values in {column.filled:,} rows."
