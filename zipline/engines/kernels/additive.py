"""Columns whose window totals are differences of running totals."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from zipline.engines.kernels.arrays import Booleans, Floats, Integers, Values, Words
from zipline.engines.kernels.decimals import tens
from zipline.engines.kernels.fixed_point import Span, running_specials, running_total, span, totals_at


@dataclass(frozen=True, slots=True)
class Orders:
    """The order in which events become visible, and the order in which they stop being so; positions of
    events.

    Both are sorted within an entity. An observation's `hi` counts the events that had entered, its `lo` those
    that had left, from the start of the column. Without late data and corrections both are the order of the
    column.
    """

    enter: Integers
    leave: Integers


@dataclass(slots=True)
class Additive:
    """A column in the order of events, without nulls, and the running totals of its powers.

    Values are floats, integers, booleans, or decimals as (n, 2) uint64, the words of Arrow's decimal128, with
    their `scale`. Totals are made when a window first asks for them, and shared by all windows and
    aggregations after that. `like` is the same column in other orders: what both have is made once.
    """

    values: Values
    orders: Orders | None = None
    scale: int = 0
    threads: int | None = None
    like: Additive | None = None
    _span: Span | None = None
    _totals: dict[int, tuple[Words, Words]] = field(default_factory=dict)
    _specials: tuple[Integers, Integers] | None = None
    _passed: dict[tuple[int, int], tuple[Words, Integers, Integers]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.values.dtype.kind in "bi":
            self.values = self.values.astype(np.int64, copy=False)
        elif self.values.dtype.kind == "f":
            self.values = self.values.astype(np.float64, copy=False)

    @property
    def span(self) -> Span:
        """The bits that the column uses."""
        if self.like is not None:
            return self.like.span
        if self._span is None:
            self._span = span(self.values, self.threads)
        return self._span

    def totals(self, power: int = 1) -> tuple[Words, Words]:
        """Return the running totals of a power in order of entering, and in order of leaving."""
        if power not in self._totals:
            entered, left = self._ordered()
            enter = running_total(entered, self.span, power, self.threads)
            leave = enter if left is entered else running_total(left, self.span, power, self.threads)
            self._totals[power] = enter, leave
        return self._totals[power]

    def passed(self, lo: Integers, hi: Integers) -> tuple[Words, Words, Integers, Integers]:
        """Return running totals, entered and left, and the rows of them whose difference each window's total is.

        Where events enter and leave in orders of their own, only the totals that windows ask for are made.
        """
        if self.orders is None or 1 in self._totals or not (_ascend(lo) and _ascend(hi)):
            return *self.totals(), lo, hi
        rows = np.arange(len(lo))
        return self._passing(self.orders.enter, hi), self._passing(self.orders.leave, lo), rows, rows

    def _passing(self, order: Integers, at: Integers) -> Words:
        cache = self._passed if self.like is None else self.like._passed
        identity = (id(order), id(at))
        if identity not in cache:
            totals = totals_at(self.values, order, at, self.span, self.threads)
            cache[identity] = totals, order, at  # kept, so that their ids stay theirs
        return cache[identity][0]

    def tens(self, power: int = 1) -> Words:
        """Return divisors that take a total of a power from its unscaled unit to the unit of values."""
        return tens(power * self.scale)

    def specials(self, lo: Integers, hi: Integers) -> Integers | None:
        """Return how many NaN, inf and -inf every window holds, (m, 3); None for a column without any."""
        if not self.span.special:
            return None
        if self._specials is None:
            entered, left = self._ordered()
            enter = running_specials(entered)
            self._specials = enter, enter if left is entered else running_specials(left)
        enter, leave = self._specials
        return enter[hi] - leave[lo]

    def _ordered(self) -> tuple[Values, Values]:
        if self.orders is None:
            return self.values, self.values
        return self.values[self.orders.enter], self.values[self.orders.leave]


def _ascend(positions: Integers) -> bool:
    return bool((positions[1:] >= positions[:-1]).all())


def with_specials(totals: Floats, specials: Integers | None) -> Floats:
    """Replace the totals of windows with NaN and infinities by what IEEE addition gives, in place."""
    if specials is not None:
        nan, positive, negative = (specials[:, column] > 0 for column in range(3))
        totals[positive] = np.inf
        totals[negative] = -np.inf
        totals[nan | (positive & negative)] = np.nan
    return totals


def canonical(values: Floats) -> Floats:
    """Give every NaN and every zero its one form, in place."""
    values += 0.0
    values[np.isnan(values)] = np.nan
    return values


def filled(lo: Integers, hi: Integers) -> Booleans:
    """Return which windows have an event."""
    return hi > lo
