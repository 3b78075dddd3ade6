"""One feature's value from the events and tiles that its window holds, by the algebra of its aggregation."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

from zipline.aggregations.counted import check_limit
from zipline.dsl.aggregation import Aggregation, Input
from zipline.online.state.fold_events import Events, Tile
from zipline.online.state.fold_questions import Question
from zipline.order import order_key


class Held(Protocol):
    """What a window holds: rows of the events, and tiles."""

    @property
    def rows(self) -> Sequence[int]: ...
    @property
    def tiles(self) -> Sequence[Tile]: ...


def value_of(question: Question, events: Events, held: Held, now: int) -> Any:
    """Return a feature's value, in plain form.

    Args:
        question: the feature.
        events: of the entity.
        held: those that the window holds.
        now: the observation's time, after the window's `align`.

    Raises:
        DataError: it has none: an overflow, or more different values than its limit.
    """
    aggregation = question.aggregation
    if aggregation.by is not None:
        return _map_of(question, events, held, now)
    parts = [tile.partial(question.number) for tile in held.tiles]
    parts += (aggregation.add(aggregation.zero(), each) for _, each in _inputs(question, events, held.rows))
    partial = merged(aggregation, parts)
    return question.empty if aggregation.is_empty(partial, now) else aggregation.finish(partial, now)


def _map_of(question: Question, events: Events, held: Held, now: int) -> Any:
    aggregation = question.aggregation
    assert aggregation.by is not None
    parts: dict[Any, list[Any]] = {}
    for tile in held.tiles:
        for group, partial in tile.partial(question.number).items():
            parts.setdefault(group, []).append(partial)
    groups = events.column(aggregation.by)
    for row, each in _inputs(question, events, [row for row in held.rows if groups[row] is not None]):
        parts.setdefault(groups[row], []).append(aggregation.add(aggregation.zero(), each))
    partials = {group: merged(aggregation, each) for group, each in parts.items()}
    present = [group for group, partial in partials.items() if not aggregation.is_empty(partial, now)]
    if not present:
        return question.empty
    check_limit(aggregation, len(present), aggregation.limit)
    return {group: aggregation.finish(partials[group], now) for group in sorted(present, key=order_key)}


def merged(aggregation: Aggregation, parts: Sequence[Any]) -> Any:
    """Return the partial of all parts, merged in pairs: so large partials are merged few times."""
    if not parts:
        return aggregation.zero()
    while len(parts) > 1:
        pairs = [aggregation.merge(*parts[at : at + 2]) for at in range(0, len(parts) - 1, 2)]
        parts = pairs + list(parts[len(pairs) * 2 :])
    return parts[0]


def _inputs(question: Question, events: Events, rows: Sequence[int]) -> Iterator[tuple[int, Input]]:
    """Yield those of some rows that an aggregation takes, each with what it takes."""
    aggregation = question.aggregation
    if aggregation.where is not None:
        mask = events.mask(aggregation.where)
        rows = [row for row in rows if mask[row]]
    read = _reader(question, events)
    nulls = aggregation.keeps_nulls or not aggregation.columns
    for row in rows:
        value = read(row)
        if nulls or value is not None:
            yield row, Input(int(events.times[row]), int(events.known[row]), value)


def _reader(question: Question, events: Events) -> Callable[[int], Any]:
    """Return what gives an aggregation's value of a row."""
    column = question.aggregation.column
    if column is None:
        return lambda row: None
    if isinstance(column, tuple):
        columns = [events.times.tolist() if name == "event_time" else events.column(name) for name in column]
        return lambda row: tuple(values[row] for values in columns)
    values = events.column(column)
    if not question.single:
        return values.__getitem__

    def vector(row: int) -> array[float] | None:
        value = values[row]
        return None if value is None or None in value else array("f", value)

    return vector
