"""Fold documents one by one, by the algebra of the aggregations: any feature, whatever a document holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from zipline.dsl.window import Window
from zipline.errors import DataError, OnlineError
from zipline.online.state.fold_events import Decoded, Tile, decoded
from zipline.online.state.fold_questions import Bounds, Question, bounds
from zipline.online.state.fold_value import value_of
from zipline.online.state.view_state import ViewState
from zipline.time import from_micros


@dataclass(frozen=True)
class Seen:
    """What a window holds of a document.

    Attributes:
        rows: of its events.
        tiles: those that lie inside.
        crossed: tiles that the window's ends, or what is known, cut: their events are needed one by one.
    """

    rows: Sequence[int]
    tiles: Sequence[Tile]
    crossed: Sequence[Tile]


def seen(document: Decoded, bounds: Bounds) -> Seen:
    """Return what a window holds of a document."""
    events = document.events
    inside = (events.times >= bounds.lower) & (events.times < bounds.upper)
    inside &= (events.known < bounds.now) & (events.until >= bounds.now)
    touched = [tile for tile in document.tiles if tile.last >= bounds.lower and tile.first < bounds.upper]
    whole = [
        tile.first >= bounds.lower and tile.last < bounds.upper and tile.known < bounds.now
        for tile in touched
    ]
    return Seen(
        np.flatnonzero(inside).tolist(),
        [tile for tile, is_whole in zip(touched, whole, strict=True) if is_whole],
        [tile for tile, is_whole in zip(touched, whole, strict=True) if not is_whole],
    )


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
            what = f"view {self._state.title!r}, row {row}: the document"
            given = {name: data for (of, name), data in segments.items() if of == row}
            self._fold(decoded(self._state, documents[row], given, what), row, places, t, answer)
        return answer

    def _fold(self, document: Decoded, row: int, places: Sequence[int], t: int, answer: Answer) -> None:
        questions = [(place, self._questions[place]) for place in places]
        windows = {each.window.meaning: each.window for _, each in questions}
        held = {meaning: seen(document, bounds(window, t)) for meaning, window in windows.items()}
        everything = seen(document, bounds(self._longest, t))
        needed = {_segment(tile) for each in held.values() for tile in each.crossed}
        answer.found[row] = bool(everything.rows or everything.tiles)
        if not answer.found[row]:
            needed |= {_segment(tile) for tile in everything.crossed}
        if needed:
            answer.needed += [(row, name) for name in sorted(needed)]
            return
        for place, question in questions:
            now = bounds(question.window, t).now
            try:
                value = value_of(question, document.events, held[question.window.meaning], now)
            except DataError as error:
                value, answer.errors[row, question.name] = None, str(error)
            answer.values[row, place] = value


def _segment(tile: Tile) -> bytes:
    if tile.segment is None:
        raise OnlineError(
            f"the events from {from_micros(tile.first)} to {from_micros(tile.last)} are not kept one by one any more",
            hint="read at a later time: what is older than the history of the state cannot be asked for",
        )
    return tile.segment
