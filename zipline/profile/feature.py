"""FeatureProfile: what one feature's values are like."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Measured: TypeAlias = Literal["value", "length", "time", "nothing"]


@dataclass(frozen=True)
class FeatureProfile:
    """One feature's values in numbers.

    Attributes:
        name, type: of the feature.
        rows, nulls: how many there are.
        distinct: how many different values, nulls apart; None for lists, maps and structs.
        distinct_is_exact: otherwise it is an estimate with a standard error of 0.8 %.
        measured: what the numbers are of: values, lengths (of texts, bytes, lists and maps), times in microseconds, or
            there are none.
        not_finite: how many are NaN or infinite; the other numbers leave them out.
        mean, std: std divides by n - 1.
        min, max: of all rows.
        quantiles: of 5, 25, 50, 75 and 95 percent; from a sample where `is_sampled`.
        smallest, largest: the same ends as exact texts, of integers, decimals, times and texts.
        true_share: of a boolean, among those that are not null.
        most_frequent: (value, count), of texts, integers and booleans.
        frequent_is_exact: otherwise they are estimated from a sample.
        histogram: how many values of the sample lie in each of equal parts of `[min, max]`.
        is_sampled: there were more rows than a sample has.
        warnings: what is suspicious: `all null`, `constant`.
    """

    name: str
    type: str
    rows: int
    nulls: int
    distinct: int | None
    distinct_is_exact: bool
    measured: Measured
    not_finite: int
    mean: float | None
    std: float | None
    min: float | None
    max: float | None
    quantiles: tuple[float | None, ...]
    smallest: str | None
    largest: str | None
    true_share: float | None
    most_frequent: tuple[tuple[str, int], ...]
    frequent_is_exact: bool
    histogram: tuple[int, ...]
    is_sampled: bool
    warnings: tuple[str, ...]

    @property
    def null_share(self) -> float:
        """The share of nulls; 0 without rows."""
        return self.nulls / self.rows if self.rows else 0.0

    @property
    def median(self) -> float | None:
        """The middle value."""
        return self.quantiles[2]


def warnings_of(rows: int, nulls: int, distinct: int | None) -> tuple[str, ...]:
    """Return what is suspicious of a column that a model is to learn from.

    >>> warnings_of(5, 5, 0), warnings_of(5, 0, 1), warnings_of(1, 0, 1)
    (('all null',), ('constant',), ())
    """
    if rows and nulls == rows:
        return ("all null",)
    if distinct == 1 and nulls == 0 and rows > 1:
        return ("constant",)
    if distinct == 1 and rows > 1:
        return ("constant where not null",)
    return ()
