"""Fold documents one by one, by the algebra of the aggregations: any feature, whatever a document holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from zipline.dsl.window import Window
from zipline.errors import DataError, OnlineError
from zipline.online.state.fold_events import Content, Seen, content, seen
from zipline.online.state.fold_questions import Question, bounds
from zipline.online.state.fold_value import value_of
from zipline.online.state.tiles import Tile
from zipline.online.state.view_state import ViewState
from zipline.time import from_micros


@dataclass
class Answer:
    """What became of the documents that were folded.

    Attributes:
        values: (row, place of the feature) -> value, in plain form.
        errors: (row, feature) -> why it has none; its value is None then.
    """

    values: dict[tuple[int, int], Any] = field(default_factory=dict)
    errors: dict[tuple[int, str], str] = field(default_factory=dict)


@dataclass(frozen=True)
class Looked:
    """A document as a read at some time sees it.

    Attributes:
        content: what it holds.
        inside: what each window holds of it, by the window's meaning.
        found: whether an event is in the longest window.
        needed: segments without which there is no answer.
    """

    content: Content
    inside: Mapping[object, Seen]
    found: bool
    needed: Sequence[bytes]


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
        self._windows = {each.window.meaning: each.window for each in questions}

    def look(self, document: bytes, row: int, t: int, segments: Mapping[tuple[int, bytes], bytes]) -> Looked:
        """Return a document as a read at `t` sees it.

        Args:
            document: its bytes.
            row: its number, for messages and to know its segments.
            t: microseconds.
            segments: (row, name) -> bytes.

        Raises:
            OnlineError: it cannot be decoded, or does not hold any more what the read needs.
        """
        given = {name: data for (of, name), data in segments.items() if of == row}
        try:
            held = content(self._state, document, given)
            inside: dict[object, Seen] = {
                meaning: seen(held, bounds(window, t)) for meaning, window in self._windows.items()
            }
            everything = seen(held, bounds(self._longest, t))
            needed = {_segment(tile) for each in inside.values() for tile in each.crossed}
            if not everything.any:
                needed |= {_segment(tile) for tile in everything.crossed}
        except OnlineError as error:
            raise error.at(f"row {row}") from None
        return Looked(held, inside, everything.any, sorted(needed))

    def answer(self, looked: Mapping[int, Looked], asked: Mapping[int, Sequence[int]], t: int) -> Answer:
        """Return the values of some features.

        Args:
            looked: row -> document; none of them needs a segment.
            asked: row -> the places of the features.
            t: as of `look`.
        """
        answer = Answer()
        for row, places in asked.items():
            for place in places:
                question = self._questions[place]
                try:
                    answer.values[row, place] = self._value(question, looked[row], t)
                except DataError as error:
                    answer.values[row, place] = None
                    answer.errors[row, question.name] = str(error)
        return answer

    def _value(self, question: Question, looked: Looked, t: int) -> Any:
        limits = bounds(question.window, t)
        lost, inside = looked.content.lost, looked.inside[question.window.meaning]
        if lost is not None and lost >= limits.lower:
            raise DataError(
                f"events up to {from_micros(lost)} were dropped: the entity has more than are kept one by one",
                where=question.aggregation.title(),
                hint="give the window a hop, or make it shorter",
            )
        codec = self._state.codecs[question.number]
        partials = [codec.decode(tile.partials[question.number]) for tile in inside.tiles]
        return value_of(question, inside.events, partials, limits.now)


def _segment(tile: Tile) -> bytes:
    if tile.segment is None:
        raise OnlineError(
            f"the events from {from_micros(tile.first)} to {from_micros(tile.last)} are not kept one by one any more",
            hint="read at a later time: what is older than the history of the state cannot be asked for",
        )
    return tile.segment
