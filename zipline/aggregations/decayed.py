"""Forward decay: the algebra of `DecayedSum` and `DecayedCount`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from fractions import Fraction
from types import MappingProxyType
from typing import Any

from zipline.dsl.aggregation import Aggregation, Input
from zipline.errors import DefinitionError
from zipline.exact import ExactSum
from zipline.exp2 import exp2_fraction
from zipline.order import canonical_float
from zipline.time import duration_text, parse_duration
from zipline.types import FLOAT64, DataType

REACH = 256
"""How many half-lives back an event is still inside the window."""

Terms = Mapping[int, ExactSum]
"""Exact sums of terms, by the half-life (counted from the epoch) that their events are in."""


class Decayed(Aggregation):
    """A sum in which an event's weight halves with every half-life that has passed since it.

    Forward decay (Cormode, Shkapenyuk, Srivastava, Xu: "Forward Decay: A Practical Time Decay Model for
    Streaming Systems", 2009): a term does not change as time passes, so that terms can be added before `t` is
    known.
    """

    half_life_us: int
    half_life: str

    @property
    def parameter(self) -> str:
        return self.half_life

    def output_type(self, inputs: Sequence[DataType]) -> DataType:
        return FLOAT64

    def amount(self, event: Input) -> float:
        """Return what an event weighs at its own time."""
        raise NotImplementedError

    def zero(self) -> Terms:
        return MappingProxyType({})

    def add(self, partial: Terms, event: Input) -> Terms:
        whole, rest = split(event.event_time, self.half_life_us)
        return self.merge(partial, {whole: ExactSum.of(self.amount(event) * exp2_fraction(rest))})

    def merge(self, left: Terms, right: Terms) -> Terms:
        merged = dict(left)
        for whole, terms in right.items():
            merged[whole] = merged[whole].plus(terms) if whole in merged else terms
        return MappingProxyType(merged)

    def is_empty(self, partial: Terms, t: int) -> bool:
        return not self._visible(partial, t)

    def finish(self, partial: Terms, t: int) -> float:
        now, rest = split(t, self.half_life_us)
        total = ExactSum()
        for whole, terms in self._visible(partial, t).items():
            total = total.plus(terms.times(Fraction(2) ** (whole - now)))
        return canonical_float(total.rounded() / exp2_fraction(rest))

    def _visible(self, partial: Terms, t: int) -> Terms:
        now = t // self.half_life_us
        return {whole: terms for whole, terms in partial.items() if now - whole <= REACH}


def split(time: int, half_life: int) -> tuple[int, float]:
    """Return the half-lives from the epoch to a time: whole ones, and the fraction of the next as float64.

    >>> split(-1, 4)
    (-1, 0.75)
    """
    whole = time // half_life
    return whole, float(time - whole * half_life) / float(half_life)


def half_life_fields(half_life: str | timedelta, aggregation: type[Aggregation]) -> dict[str, Any]:
    """Return a half-life as fields: its microseconds, and the text that names it."""
    try:
        micros = parse_duration(half_life, what="half_life")
    except DefinitionError as error:
        raise error.at(aggregation.__name__) from None
    return {"half_life_us": micros, "half_life": duration_text(half_life)}
