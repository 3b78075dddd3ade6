"""One feature's value from the events and tiles that its window holds, by the algebra of its aggregation."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Any

from zipline.aggregations.counted import check_limit
from zipline.online.state.fold_questions import Question
from zipline.online.state.gathering import gathered
from zipline.online.state.records import Records
from zipline.order import order_key


def value_of(question: Question, events: Records, partials: Sequence[Any], now: int) -> Any:
    """Return a feature's value, in plain form.

    Args:
        question: the feature.
        events: those that its window holds, apart from those in tiles.
        partials: of the tiles that its window holds.
        now: the observation's time, after the window's `align`.

    Raises:
        DataError: it has none: an overflow, or more different values than its limit.
    """
    aggregation = question.aggregation
    parts = [*partials, gathered(aggregation, events)]
    if aggregation.by is not None:
        return _map_of(question, parts, now)
    partial = reduce(aggregation.merge, parts)
    return question.empty if aggregation.is_empty(partial, now) else aggregation.finish(partial, now)


def _map_of(question: Question, parts: Sequence[Any], now: int) -> Any:
    """Return the value of a feature with `by`, from partials by group."""
    aggregation = question.aggregation
    groups: dict[Any, list[Any]] = {}
    for part in parts:
        for group, partial in part.items():
            groups.setdefault(group, []).append(partial)
    merged = {group: reduce(aggregation.merge, partials) for group, partials in groups.items()}
    present = [group for group, partial in merged.items() if not aggregation.is_empty(partial, now)]
    if not present:
        return question.empty
    check_limit(aggregation, len(present), aggregation.limit)
    return {group: aggregation.finish(merged[group], now) for group in sorted(present, key=order_key)}
