"""Fold documents into values: what a reader does with the bytes of one view."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import pyarrow as pa

from zipline.engines.kernels.arrays import Integers
from zipline.engines.kernels.online_tally import OVERFLOWN
from zipline.online.state.fold_compiled import Outcome, Program, is_compiled
from zipline.online.state.fold_general import GeneralFold, Looked
from zipline.online.state.fold_questions import longest, questions
from zipline.online.state.fold_result import Result, column, readings
from zipline.online.state.view_state import ViewState


@dataclass(frozen=True)
class Needed:
    """Segments without which some documents cannot be folded.

    Attributes:
        segments: (row, name).
        begun: what has been made of the other documents, for `Folder.fold` to go on with.
    """

    segments: tuple[tuple[int, bytes], ...]
    begun: Outcome | None = None


class Folded(Protocol):
    """The values of some entities.

    Attributes:
        found: of each row, whether an event of the entity is visible in the view's longest window.
        errors: (row, feature) -> why it has no value (an overflow, too many different values).
    """

    found: Sequence[bool]
    errors: Mapping[tuple[int, str], str]

    def value(self, row: int, feature: str) -> Any:
        """Return one value as Python has it (as `pa.Array.to_pylist` would, without maps' pairs: a dict)."""

    def row(self, row: int) -> list[Any]:
        """Return a row's values as `value` does, in the order of the folder's features: the quickest way to them."""

    def columns(self, rows: Integers | None = None) -> Sequence[pa.Array]:
        """Return the values of each of the folder's features, for all rows or those that are named.

        They are in the types that a training set has; null where an error is.
        """


class Folder:
    """Folds the documents of one view version, for some of its features; made once for each service.

    Args:
        state: the view's.
        features: the aggregated features that are wanted.
    """

    def __init__(self, state: ViewState, features: Sequence[str]) -> None:
        asked = questions(state, features)
        compiled = [each for each in asked if is_compiled(each, state.layout)]
        furthest = longest(state.windows)
        self._state = state
        self._program = Program(compiled, state.layout, furthest) if compiled else None
        places = {each.name: at for at, each in enumerate(self._program.questions if self._program else ())}
        self._columns = {each.name: column(each, places.get(each.name, -1)) for each in asked}
        self._readings = readings(self._columns.values())
        self._general = GeneralFold(state, asked, furthest)
        self._places = {each.place: at for at, each in enumerate(self._columns.values())}
        if self._program:
            self._program.run([b""], 0)  # the kernel is loaded, or compiled, before the first read
        self._everywhere = tuple(at for at, each in enumerate(self._columns.values()) if each.place < 0)

    def fold(
        self,
        documents: Sequence[bytes | None],
        t: int,
        segments: Mapping[tuple[int, bytes], bytes] | None = None,
        needed: Needed | None = None,
    ) -> Folded | Needed:
        """Return the values of each document's entity at `t` microseconds; None is an entity without a document.

        Args:
            documents: as they were read.
            t: the observation's time; the caller has checked that it is not before the shards' floors.
            segments: (row, name) -> bytes, those that a first call said were needed.
            needed: what it said, if of other rows the documents are the same that it was given.

        Raises:
            OnlineError: a document or segment cannot be decoded; the message names the view and the row.
        """
        given = [document or b"" for document in documents]
        outcome = self._made(given, t, needed)
        wanted: list[tuple[int, bytes]] = []
        if self._program and outcome and outcome.left and not self._everywhere:
            wanted = self._program.fold_parts(outcome, given, t, segments or {})
        if outcome is not None and not outcome.left and not self._everywhere:
            return Result(self._columns, self._readings, outcome, {}, outcome.found, {})
        waiting = {row for row, _ in wanted}
        looked = {
            row: self._general.look(given[row], row, t, segments or {})
            for row in self._rows(outcome, len(given))
            if row not in waiting
        }
        wanted += [(row, name) for row, each in looked.items() for name in each.needed]
        if wanted:
            return Needed(tuple(wanted), outcome)
        if outcome is not None:
            self._fold_again(outcome, looked, t)
        answer = self._general.answer(looked, self._asked(outcome, looked), t)
        found = [False] * len(given) if outcome is None else outcome.found
        for row, each in looked.items():
            found[row] = each.found
        return Result(self._columns, self._readings, outcome, answer.values, found, answer.errors)

    def _made(self, given: Sequence[bytes], t: int, needed: Needed | None) -> Outcome | None:
        """Return what the kernel makes of documents, of those only that needed segments where the others are made."""
        if self._program is None:
            return None
        if needed is None or needed.begun is None:
            return self._program.run(given, t)
        rows = list(dict.fromkeys(row for row, _ in needed.segments))
        self._program.run_again(needed.begun, rows, [given[row] for row in rows], t)
        return needed.begun

    def _rows(self, outcome: Outcome | None, size: int) -> Sequence[int]:
        """Return the documents that must be looked at: all, or those that the kernel has not made or not wholly."""
        if outcome is None or self._everywhere:
            return range(size)
        return np.flatnonzero(~outcome.folded | (outcome.states == OVERFLOWN).any(axis=1)).tolist()

    def _fold_again(self, outcome: Outcome, looked: Mapping[int, Looked], t: int) -> None:
        """Let the kernel fold what it left, after versions were told apart and segments put in their tiles' place."""
        rows = [row for row in np.flatnonzero(~outcome.folded).tolist() if looked[row].content.lost is None]
        if self._program and rows:
            again = self._program.run(
                [looked[row].content.to_bytes(self._state) for row in rows], t, resolved=True
            )
            outcome.answers[rows] = again.answers

    def _asked(self, outcome: Outcome | None, looked: Mapping[int, Looked]) -> Mapping[int, Sequence[int]]:
        """Return row -> the places of the features that the kernel has not made."""
        every = range(len(self._columns))
        if outcome is None:
            return dict.fromkeys(looked, every)
        asked: dict[int, Sequence[int]] = dict.fromkeys(looked, self._everywhere)
        for row, place in np.argwhere(outcome.states == OVERFLOWN).tolist():
            asked[row] = (*asked[row], self._places[place])
        return asked | dict.fromkeys(np.flatnonzero(~outcome.folded).tolist(), every)
