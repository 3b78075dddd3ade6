"""Values of a view's features for some entities, as they come out of the fold."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from zipline.engines.kernels.arrays import Booleans, Words
from zipline.engines.kernels.online_fold import VALUES
from zipline.engines.kernels.online_tally import PRESENT
from zipline.online.state.fold_compiled import Outcome
from zipline.online.state.fold_questions import Question
from zipline.online.state.fold_values import to_array, to_python
from zipline.types import to_arrow


@dataclass(frozen=True)
class Column:
    """How a feature's values are read.

    Attributes:
        question: the feature.
        place: its column of the kernel's outcome; -1 where the kernel does not know it.
        floats: whether the words there are floats.
        convert: what makes Python's objects of plain values (`fold_values.py`); None where they are the same.
        empty: the value where no input is left, plain and as Python has it.
        arrow: the type in which values are handed out.
    """

    question: Question
    place: int
    floats: bool
    convert: Callable[[Any], Any] | None
    empty: tuple[Any, Any]
    arrow: pa.DataType


def column(question: Question, place: int) -> Column:
    """Return how a feature's values are read."""
    kind = question.kind
    convert = bool if kind.kind == "bool" else to_python(kind)
    plain = question.empty
    shown = plain if convert is None or plain is None else convert(plain)
    return Column(question, place, kind.kind == "float64", convert, (plain, shown), to_arrow(kind))


class Result:
    """Values, as the kernel made them, or the general fold.

    Args:
        columns: the features.
        outcome: the kernel's; None where it was not asked.
        plain: (row, place among the features) -> value, of all that the kernel did not make.
        found: of each row, whether an event of the entity is visible in the view's longest window.
        errors: (row, feature) -> why it has no value.
    """

    def __init__(
        self,
        columns: Sequence[Column],
        outcome: Outcome | None,
        plain: Mapping[tuple[int, int], Any],
        found: Sequence[bool],
        errors: Mapping[tuple[int, str], str],
    ) -> None:
        self.found = found
        self.errors = errors
        self._columns = columns
        self._outcome = outcome
        self._plain = plain

    def value(self, row: int, feature: str) -> Any:
        """Return one value as Python has it; None where there is an error."""
        place = self._place(feature)
        plain, convert = self._value(row, place), self._columns[place].convert
        return plain if convert is None or plain is None else convert(plain)

    def row(self, row: int) -> list[Any]:
        """Return a row's values as `value` does, in the order of the folder's features."""
        if self._outcome is None or self._plain:
            return [self.value(row, each.question.name) for each in self._columns]
        words, size = self._outcome.answers[row], self._outcome.features
        integers, floats = words.view(np.int64).tolist(), words.view(np.float64).tolist()
        values = []
        for each in self._columns:
            place = VALUES + each.place
            if integers[place + size] != PRESENT:
                values.append(each.empty[1])
            else:
                value = floats[place] if each.floats else integers[place]
                values.append(value if each.convert is None else each.convert(value))
        return values

    def column(self, feature: str) -> pa.Array:
        """Return a feature's values, one for each row, in the type that a training set has; null where an error is."""
        place = self._place(feature)
        made = self._columns[place]
        if self._outcome is not None and not self._plain:
            there = self._outcome.states[:, made.place] == PRESENT
            return _array(self._outcome.values[:, made.place], there, made)
        return to_array([self._value(row, place) for row in range(len(self.found))], made.question.kind)

    def _place(self, feature: str) -> int:
        return next(at for at, each in enumerate(self._columns) if each.question.name == feature)

    def _value(self, row: int, place: int) -> Any:
        """Return a plain value."""
        if (row, place) in self._plain:
            return self._plain[row, place]
        assert self._outcome is not None
        at = self._columns[place].place
        if self._outcome.states[row, at] != PRESENT:
            return self._columns[place].empty[0]
        word = self._outcome.values[row, at : at + 1]
        kind = self._columns[place].question.kind.kind
        if kind == "float64":
            return word.view(np.float64).item()
        return bool(word[0]) if kind == "bool" else word.view(np.int64).item()


def _array(words: Words, there: Booleans, made: Column) -> pa.Array:
    """Return words as an Arrow array, with the value of no input where none is there."""
    words, absent = np.ascontiguousarray(words), None if there.all() else ~there
    match made.question.kind.kind:
        case "float64":
            array = pa.array(words.view(np.float64), mask=absent)
        case "bool":
            array = pa.array(words != 0, mask=absent)
        case "date":
            array = pa.array(words.view(np.int64).astype(np.int32), mask=absent)
        case _:
            array = pa.array(words.view(np.int64), mask=absent)
    if array.type != made.arrow:
        array = array.cast(made.arrow)
    empty = made.empty[0]
    if absent is None or empty is None:
        return array
    return pc.if_else(pa.array(there), array, pa.scalar(empty, array.type))
