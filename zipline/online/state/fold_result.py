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
        columns: Mapping[str, Column],
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
        self._rows: dict[int, dict[str, Any]] = {}

    def value(self, row: int, feature: str) -> Any:
        """Return one value as Python has it; None where there is an error."""
        if row not in self._rows:
            self._rows[row] = dict(zip(self._columns, self.row(row), strict=True))
        return self._rows[row][feature]

    def row(self, row: int) -> list[Any]:
        """Return a row's values as `value` does, in the order of the folder's features."""
        integers: list[int] = []
        floats: list[float] = []
        size = 0
        if self._outcome is not None:
            words, size = self._outcome.answers[row], self._outcome.features
            integers, floats = words.view(np.int64).tolist(), words.view(np.float64).tolist()
        values = []
        for at, each in enumerate(self._columns.values()):
            place = VALUES + each.place
            if self._plain and (row, at) in self._plain:
                value = self._plain[row, at]
                values.append(value if each.convert is None or value is None else each.convert(value))
            elif integers[place + size] != PRESENT:
                values.append(each.empty[1])
            else:
                value = floats[place] if each.floats else integers[place]
                values.append(value if each.convert is None else each.convert(value))
        return values

    def column(self, feature: str) -> pa.Array:
        """Return a feature's values, one for each row, in the type that a training set has; null where an error is."""
        at = list(self._columns).index(feature)
        made = self._columns[feature]
        others = [(row, value) for (row, place), value in self._plain.items() if place == at]
        if len(others) == len(self.found) and others:
            return to_array(
                [value for _, value in sorted(others, key=lambda each: each[0])], made.question.kind
            )
        assert self._outcome is not None
        there = self._outcome.states[:, made.place] == PRESENT
        column = _array(self._outcome.values[:, made.place], there, made)
        if not others:
            return column
        patched = column.to_pylist()
        for row, value in others:
            patched[row] = value
        return to_array(patched, made.question.kind)


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
