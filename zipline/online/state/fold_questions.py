"""What is asked of a view's documents: each feature with all that can be decided before one is read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from zipline.dsl.aggregation import Aggregation
from zipline.dsl.default import check_default
from zipline.dsl.window import Window
from zipline.online.state.view_state import ViewState, bare
from zipline.order import order_key
from zipline.types import DataType

ALWAYS: Final = -(2**63)
"""The lower end of a lifetime window."""


@dataclass(frozen=True)
class Question:
    """A feature that is asked for.

    Attributes:
        name: the feature's.
        aggregation: what it computes.
        number: where its partials stand in `ViewState.aggregations`.
        window: over which events.
        kind: the type of its values.
        default: what stands for the result where no input is left; None where the aggregation says it.
    """

    name: str
    aggregation: Aggregation
    number: int
    window: Window
    kind: DataType
    default: Any

    @property
    def empty(self) -> Any:
        """The value where no input is left, in the fold's plain form."""
        if self.default is not None:
            return self.default
        return {} if self.aggregation.by is not None else self.aggregation.empty


def questions(state: ViewState, features: Sequence[str]) -> tuple[Question, ...]:
    """Return some of a view's features as questions, in the order in which they are named."""
    known = {feature.name: feature for feature in state.features}
    found = []
    for name in features:
        feature, kind = known[name], state.kinds[name]
        number = state.aggregations.index(bare(feature.aggregation))
        default = _in_order(check_default(feature.aggregation, kind))
        found.append(Question(name, feature.aggregation, number, feature.window, kind, default))
    return tuple(found)


def _in_order(default: Any) -> Any:
    """Return a default as it is, a map in the order of its keys."""
    if not isinstance(default, Mapping):
        return default
    return {key: default[key] for key in sorted(default, key=order_key)}


def longest(windows: Sequence[Window]) -> Window:
    """Return the window that reaches back furthest, of several the one that ends last.

    >>> longest([Window("1h"), Window("7d", offset="1d"), Window("7d")]).label
    '7d'
    """
    return max(windows, key=lambda each: (each.length_us is None, each.length_us or 0, -each.offset_us))


@dataclass(frozen=True)
class Bounds:
    """A window at one moment: the events of `[lower, upper)` that are known before `now`, all in microseconds."""

    lower: int
    upper: int
    now: int


def bounds(window: Window, t: int) -> Bounds:
    """Return a window's bounds for a read at `t`; with `align`, the aligned time is `now` in everything."""
    lower, upper = window.bounds(t)
    now = t - t % window.align_us if window.align_us else t
    return Bounds(ALWAYS if lower is None else lower, upper, now)
