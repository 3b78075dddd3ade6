"""Fold documents with the kernel: the features that it knows, for many entities in one call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from zipline import aggregations as of
from zipline.dsl.aggregation import Aggregation
from zipline.dsl.window import Window
from zipline.engines.kernels import online_fold as kernel
from zipline.engines.kernels.arrays import Integers, Values, Words
from zipline.online.state.fold_questions import Question, bounds
from zipline.online.state.layout import Layout, Slot

WHAT: Final[dict[type[Aggregation], int]] = {
    of.Count: kernel.COUNT,
    of.Sum: kernel.SUM,
    of.Mean: kernel.MEAN,
    of.Min: kernel.LEAST,
    of.Max: kernel.GREATEST,
    of.First: kernel.FIRST,
    of.Last: kernel.LAST,
    of.TimeSinceFirst: kernel.SINCE_FIRST,
    of.TimeSinceLast: kernel.SINCE_LAST,
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


@dataclass(frozen=True)
class Outcome:
    """What the kernel has made of some documents.

    Attributes:
        found: bool[documents], whether an event is in the longest window.
        became: what became of each document: `kernel.FOLDED`, `GENERAL` or `DAMAGED`.
        values, states: (documents, features): the values' words and what became of them.
    """

    found: Values
    became: Values
    values: Words
    states: Values


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
        self._windows = tuple(windows.values())
        self._shape = np.array([layout.width, layout.header(0, 0) >> 40], np.int64)
        self._groups = np.array([(*place, *_needs(group)) for place, group in groups.items()], np.int64)
        self._features = np.array(
            [
                (number, WHAT[type(question.aggregation)])
                for number, group in enumerate(groups.values())
                for question in group
            ],
            np.int64,
        )

    def run(self, documents: Sequence[bytes], t: int) -> Outcome:
        """Return what the kernel makes of documents at `t`; each is of whole words."""
        lengths = [0, *(len(document) >> 3 for document in documents)]
        words = np.frombuffer(b"".join(documents), np.uint64)
        shape = (len(documents), len(self.questions))
        outcome = Outcome(
            np.zeros(len(documents), np.bool_), np.empty(len(documents), np.uint8), np.empty(shape, np.uint64),
            np.empty(shape, np.uint8),
        )  # fmt: skip
        kernel.fold(
            words, np.cumsum(lengths, dtype=np.int64), self._shape, self._bounds(t), self._groups, self._features,
            outcome.found, outcome.became, outcome.values, outcome.states,
        )  # fmt: skip
        return outcome

    def _bounds(self, t: int) -> Integers:
        """Return the bounds of every window, and of them all."""
        rows = [
            (each.lower, each.upper, each.now, each.now) for each in (bounds(w, t) for w in self._windows)
        ]
        lower, upper, known, until = zip(*rows, strict=True)
        return np.array([*rows, (min(lower), max(upper), max(known), min(until))], np.int64)


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
    ends = {kernel.FIRST, kernel.LAST, kernel.SINCE_FIRST, kernel.SINCE_LAST}
    return (
        not wanted.isdisjoint({kernel.SUM, kernel.MEAN}),
        not wanted.isdisjoint({kernel.LEAST, kernel.GREATEST}),
        not wanted.isdisjoint(ends),
    )
