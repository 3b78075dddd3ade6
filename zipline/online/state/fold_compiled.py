"""Fold documents with the kernel: the features that it knows, for many entities in one call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from zipline import aggregations as of
from zipline.dsl.aggregation import Aggregation
from zipline.dsl.window import Window
from zipline.engines.kernels import online_fold as kernel
from zipline.engines.kernels import online_tally as tally
from zipline.engines.kernels.arrays import Booleans, Words
from zipline.online.state.fold_questions import Question
from zipline.online.state.layout import NAME_BYTES, NAME_WORD, Layout, Slot

WHAT: Final[dict[type[Aggregation], int]] = {
    of.Count: tally.COUNT,
    of.Sum: tally.SUM,
    of.Mean: tally.MEAN,
    of.Min: tally.LEAST,
    of.Max: tally.GREATEST,
    of.First: tally.FIRST,
    of.Last: tally.LAST,
    of.TimeSinceFirst: tally.SINCE_FIRST,
    of.TimeSinceLast: tally.SINCE_LAST,
}
"""The aggregations that the kernel knows."""
WORD_KINDS: Final = frozenset(("bool", "int64", "float64", "date", "timestamp"))
"""The types whose values are words."""


def is_compiled(question: Question, layout: Layout) -> bool:
    """Return whether the kernel answers a question."""
    aggregation = question.aggregation
    if type(aggregation) not in WHAT or aggregation.by is not None or aggregation.keeps_nulls:
        return False
    if not aggregation.columns or isinstance(aggregation, of.Count):
        return True
    return _slot(layout, aggregation).kind.kind in WORD_KINDS


def _slot(layout: Layout, aggregation: Aggregation) -> Slot:
    return next(slot for slot in layout.slots if slot.name == aggregation.column)


@dataclass
class Outcome:
    """What the kernel has made of some documents.

    Attributes:
        answers: (documents, 2 + 2 * features) words, see `online_fold`.
        left: how many documents and values it could not make.
    """

    answers: Words
    left: int

    @property
    def features(self) -> int:
        """How many there are."""
        return int(self.answers.shape[1] - kernel.VALUES) // 2

    @property
    def found(self) -> list[bool]:
        """Of each document, whether an event is in the longest window."""
        return [word != 0 for word in self.answers[:, kernel.FOUND].tolist()]

    @property
    def folded(self) -> Booleans:
        """Which documents' values are there."""
        return np.asarray(self.answers[:, kernel.BECAME] == kernel.FOLDED)

    @property
    def in_parts(self) -> list[int]:
        """The documents of which records are needed that are in tiles."""
        return list(np.flatnonzero(self.answers[:, kernel.BECAME] == kernel.IN_PARTS).tolist())

    @property
    def values(self) -> Words:
        """(documents, features), the values' words."""
        return self.answers[:, kernel.VALUES : kernel.VALUES + self.features]

    @property
    def states(self) -> Words:
        """(documents, features), what became of each value: see `online_tally`."""
        return self.answers[:, kernel.VALUES + self.features :]


class Program:
    """Questions made ready for the kernel.

    Attributes:
        questions: in the order of the outcome's columns.
    """

    def __init__(self, questions: Sequence[Question], layout: Layout, longest: Window) -> None:
        windows = {longest.meaning: longest} | {each.window.meaning: each.window for each in questions}
        meanings = list(windows)
        groups: dict[tuple[int, ...], list[Question]] = {}
        for question in sorted(questions, key=lambda each: meanings.index(each.window.meaning)):
            place = (meanings.index(question.window.meaning), *_input(question.aggregation, layout))
            groups.setdefault(place, []).append(question)
        self.questions = tuple(question for group in groups.values() for question in group)
        self._shape, self._resolved = (
            np.array([layout.width, layout.header(0, 0) >> 40, id_word], np.int64)
            for id_word in (layout.id_word, 0)
        )
        self._windows = np.array(
            [(-1 if each[0] is None else each[0], *each[1:]) for each in meanings], np.int64
        )
        self._groups = np.array([(*place, *_needs(group)) for place, group in groups.items()], np.int64)
        self._features = np.array(
            [
                (number, WHAT[type(question.aggregation)], question.number)
                for number, group in enumerate(groups.values())
                for question in group
            ],
            np.int64,
        )

    def run(self, documents: Sequence[bytes], t: int, *, resolved: bool = False) -> Outcome:
        """Return what the kernel makes of documents.

        Args:
            documents: their bytes.
            t: the time of the read, microseconds.
            resolved: no versions of an id are to be told apart in them.
        """
        answers = np.empty((len(documents), kernel.VALUES + 2 * len(self.questions)), np.uint64)
        data = documents[0] if len(documents) == 1 else b"".join(documents)
        words = np.frombuffer(data if len(data) % 8 == 0 else data[: -(len(data) % 8)], np.uint64)
        sizes = np.array(list(map(len, documents)), np.int64)
        left = kernel.fold(
            words,
            sizes,
            self._resolved if resolved else self._shape,
            self._windows,
            self._groups,
            self._features,
            t,
            answers,
        )
        return Outcome(answers, left)

    def run_again(self, outcome: Outcome, rows: Sequence[int], documents: Sequence[bytes], t: int) -> None:
        """Put what the kernel makes of other documents in the place of what it made of some rows."""
        if rows:
            again = self.run(documents, t)
            outcome.left += again.left - int(np.count_nonzero(~outcome.folded[rows]))
            outcome.answers[rows] = again.answers

    def fold_parts(
        self,
        outcome: Outcome,
        documents: Sequence[bytes],
        t: int,
        segments: Mapping[tuple[int, bytes], bytes],
    ) -> list[tuple[int, bytes]]:
        """Fold documents with segments in the place of the tiles that windows part; return which are not there.

        Args:
            outcome: of the documents; what is folded is put there.
            documents, t: as of `run`.
            segments: (row, name) -> bytes.
        """
        needed: list[tuple[int, bytes]] = []
        whole: dict[int, bytes] = {}
        for row in outcome.in_parts:
            tiles = self._parted(documents[row], t)
            if not all(tiles.values()):
                continue  # a tile without a segment: the general fold says what is wrong
            missing = [(row, name) for name in tiles.values() if (row, name) not in segments]
            needed += missing
            if not missing:
                whole[row] = _spliced(documents[row], {at: segments[row, name] for at, name in tiles.items()})
        self.run_again(outcome, list(whole), list(whole.values()), t)
        return needed

    def _parted(self, document: bytes, t: int) -> dict[int, bytes]:
        """Return where the tiles begin that windows part, in bytes, and the names of their segments."""
        words = np.frombuffer(document, np.uint64)
        places = np.empty(len(words), np.int64)
        count = kernel.parted(words, self._shape, self._windows, self._groups, t, places)
        starts = [8 * at for at in places[:count].tolist()]
        names = [document[at + 8 * NAME_WORD :][:NAME_BYTES] for at in starts]
        return {at: name.strip(b"\0") and name for at, name in zip(starts, names, strict=True)}


def _spliced(document: bytes, blocks: Mapping[int, bytes]) -> bytes:
    """Return a document with blocks in the place of those that begin at some bytes, in the order of these."""
    parts, done = [], 0
    for at, block in blocks.items():
        parts += [document[done:at], block]
        done = at + int.from_bytes(document[at : at + 4], "little")
    return b"".join([*parts, document[done:]])


def _input(aggregation: Aggregation, layout: Layout) -> tuple[int, ...]:
    """Return an aggregation's input as a program says it: column, whether of floats, null and mask bits."""
    mask = (-1, 0) if aggregation.where is None else divmod(layout.masks[aggregation.where], 64)
    place = (mask[0] + 3 if aggregation.where is not None else -1, mask[1])
    if not aggregation.columns:
        return (-1, 0, -1, 0, *place)
    slot = _slot(layout, aggregation)
    return (slot.word, slot.kind.kind == "float64", 3 + slot.bit // 64, slot.bit % 64, *place)


def _needs(questions: Sequence[Question]) -> tuple[bool, bool, bool]:
    """Return whether some feature of a group is a sum, an extreme, one of its ends."""
    wanted = {WHAT[type(question.aggregation)] for question in questions}
    ends = {tally.FIRST, tally.LAST, tally.SINCE_FIRST, tally.SINCE_LAST}
    return (
        not wanted.isdisjoint({tally.SUM, tally.MEAN}),
        not wanted.isdisjoint({tally.LEAST, tally.GREATEST}),
        not wanted.isdisjoint(ends),
    )
