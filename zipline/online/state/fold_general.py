"""Fold documents one by one, by the algebra of the aggregations: any feature, whatever a document holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from zipline.dsl.window import Window
from zipline.errors import DataError, OnlineError
from zipline.online.state.fold_events import Content, content
from zipline.online.state.fold_questions import Bounds, Question, bounds
from zipline.online.state.fold_value import value_of
from zipline.online.state.records import Records
from zipline.online.state.tiles import Tile
from zipline.online.state.view_state import ViewState
from zipline.time import from_micros


@dataclass(frozen=True)
class Seen:
    """What a window holds of a document.

    Attributes:
        events: those that are not in tiles.
        tiles: those that lie inside.
        crossed: tiles that the window's ends, or what is known, cut: their events are needed one by one.
    """

    events: Records
    tiles: Sequence[Tile]
    crossed: Sequence[Tile]

    @property
    def any(self) -> bool:
        """Whether it holds an event for sure."""
        return bool(len(self.events) or any(tile.count for tile in self.tiles))


def seen(held: Content, bounds: Bounds) -> Seen:
    """Return what a window holds of a document."""
    events = held.events
    inside = (events.times >= bounds.lower) & (events.times < bounds.upper)
    inside &= (events.known < bounds.now) & (events.until >= bounds.now)
    whole: list[Tile] = []
    crossed: list[Tile] = []
    for tile, is_changed in held.tiles:
        if tile.last >= bounds.lower and tile.first < bounds.upper:
            ends = tile.first >= bounds.lower and tile.last < bounds.upper
            is_whole = ends and tile.known < bounds.now and not is_changed
            (whole if is_whole else crossed).append(tile)
    return Seen(events.take(inside), whole, crossed)


@dataclass
class Answer:
    """What became of the documents that were folded.

    Attributes:
        found: row -> whether an event is in the longest window.
        values: (row, place of the feature) -> value, in plain form.
        errors: (row, feature) -> why it has none; its value is None then.
        needed: (row, segment): without them there is no answer.
    """

    found: dict[int, bool] = field(default_factory=dict)
    values: dict[tuple[int, int], Any] = field(default_factory=dict)
    errors: dict[tuple[int, str], str] = field(default_factory=dict)
    needed: list[tuple[int, bytes]] = field(default_factory=list)


class GeneralFold:
    """Answers any question of a view's documents.

    Args:
        state: of the view.
        questions: what may be asked.
        longest: the window that says whether an entity is found.
    """

    def __init__(self, state: ViewState, questions: Sequence[Question], longest: Window) -> None:
        self._state = state
        self._questions = questions
        self._longest = longest

    def fold(
        self,
        documents: Sequence[bytes],
        t: int,
        asked: Mapping[int, Sequence[int]],
        segments: Mapping[tuple[int, bytes], bytes],
    ) -> Answer:
        """Return the values of some features of some documents.

        Args:
            documents: all that were read.
            t: the time, microseconds.
            asked: row -> the places of the features that are wanted.
            segments: (row, name) -> bytes.

        Raises:
            OnlineError: a document cannot be decoded.
        """
        answer = Answer()
        for row, places in asked.items():
            given = {name: data for (of, name), data in segments.items() if of == row}
            try:
                held = content(self._state, documents[row], given)
                self._fold(held, row, places, t, answer)
            except OnlineError as error:
                raise error.at(f"row {row}") from None
        return answer

    def _fold(self, held: Content, row: int, places: Sequence[int], t: int, answer: Answer) -> None:
        questions = [(place, self._questions[place]) for place in places]
        windows = {each.window.meaning: bounds(each.window, t) for _, each in questions}
        inside = {meaning: seen(held, each) for meaning, each in windows.items()}
        everything = seen(held, bounds(self._longest, t))
        needed = {_segment(tile) for each in inside.values() for tile in each.crossed}
        answer.found[row] = everything.any
        if not answer.found[row]:
            needed |= {_segment(tile) for tile in everything.crossed}
        if needed:
            answer.needed += [(row, name) for name in sorted(needed)]
            return
        for place, question in questions:
            meaning = question.window.meaning
            value = None
            try:
                check_lost(question, held, windows[meaning])
                value = self._value(question, inside[meaning], windows[meaning].now)
            except DataError as error:
                answer.errors[row, question.name] = str(error)
            answer.values[row, place] = value

    def _value(self, question: Question, inside: Seen, now: int) -> Any:
        codec = self._state.codecs[question.number]
        partials = [codec.decode(tile.partials[question.number]) for tile in inside.tiles]
        return value_of(question, inside.events, partials, now)


def check_lost(question: Question, held: Content, bounds: Bounds) -> None:
    """Refuse a window that reaches back to events that were dropped.

    Raises:
        DataError: it does.
    """
    if held.lost is not None and held.lost >= bounds.lower:
        raise DataError(
            f"events up to {from_micros(held.lost)} were dropped: the entity has more than are kept one by one",
            where=question.name,
            hint="give the window a hop, or make it shorter",
        )


def _segment(tile: Tile) -> bytes:
    if tile.segment is None:
        raise OnlineError(
            f"the events from {from_micros(tile.first)} to {from_micros(tile.last)} are not kept one by one any more",
            hint="read at a later time: what is older than the history of the state cannot be asked for",
        )
    return tile.segment
