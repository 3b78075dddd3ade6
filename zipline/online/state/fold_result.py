"""Values of a view's features for some entities, as they come out of the fold."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from zipline.engines.kernels.arrays import Integers
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
        word: what the kernel would have said for the value where no input is left; None where that is null.
        arrow: the type in which values are handed out.
    """

    question: Question
    place: int
    floats: bool
    convert: Callable[[Any], Any] | None
    empty: tuple[Any, Any]
    word: np.uint64 | None
    arrow: pa.DataType


def column(question: Question, place: int) -> Column:
    """Return how a feature's values are read."""
    kind = question.kind
    convert = bool if kind.kind == "bool" else to_python(kind)
    plain = question.empty
    shown = plain if convert is None or plain is None else convert(plain)
    arrow = to_arrow(kind)
    word = None if place < 0 or plain is None else _word(pa.scalar(plain, arrow))
    return Column(question, place, kind.kind == "float64", convert, (plain, shown), word, arrow)


def _word(value: pa.Scalar) -> np.uint64:
    """Return a number, a time or a bool as the kernel has it."""
    if pa.types.is_floating(value.type):
        return np.float64(value.as_py()).view(np.uint64)
    if pa.types.is_date(value.type):
        value = value.cast(pa.int32())
    whole = value.as_py() if pa.types.is_boolean(value.type) else value.cast(pa.int64()).as_py()
    return np.int64(whole).view(np.uint64)


class Reading(NamedTuple):
    """Where a value stands in an answer of the kernel, and what callers get: of it, or where no input is left."""

    place: int
    floats: bool
    convert: Callable[[Any], Any] | None
    empty: Any


def readings(columns: Iterable[Column]) -> tuple[Reading, ...]:
    """Return where the values of features stand."""
    return tuple(Reading(VALUES + each.place, each.floats, each.convert, each.empty[1]) for each in columns)


class Result:
    """Values, as the kernel made them, or the general fold.

    Args:
        columns: the features.
        readings: of these, where in an answer of the kernel a value stands.
        outcome: the kernel's; None where it was not asked.
        plain: (row, place among the features) -> value, of all that the kernel did not make.
        found: of each row, whether an event of the entity is visible in the view's longest window.
        errors: (row, feature) -> why it has no value.
    """

    def __init__(
        self,
        columns: Mapping[str, Column],
        readings: Sequence[Reading],
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
        self._readings = readings

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
        if not self._plain:
            return [
                empty
                if integers[place + size] != PRESENT
                else (floats if is_float else integers)[place]
                if convert is None
                else convert((floats if is_float else integers)[place])
                for place, is_float, convert, empty in self._readings
            ]
        values = []
        for at, each in enumerate(self._columns.values()):
            place = VALUES + each.place
            if (row, at) in self._plain:
                value = self._plain[row, at]
                values.append(value if each.convert is None or value is None else each.convert(value))
            elif integers[place + size] != PRESENT:
                values.append(each.empty[1])
            else:
                value = floats[place] if each.floats else integers[place]
                values.append(value if each.convert is None else each.convert(value))
        return values

    def columns(self, rows: Integers | None = None) -> list[pa.Array]:
        """Return the values of each feature, for all rows or those that are named, in the types of a training set."""
        general = {place for _, place in self._plain}
        made = None if self._outcome is None else _Made(self._outcome, rows)
        return [
            self._mixed(at, each, rows) if made is None or at in general else made.array(each)
            for at, each in enumerate(self._columns.values())
        ]

    def _mixed(self, at: int, made: Column, rows: Integers | None) -> pa.Array:
        """Return the values of a feature that the general fold has made, all of them or some."""
        values: list[Any] = [None] * len(self.found)
        if self._outcome is not None and made.place >= 0:
            values = _Made(self._outcome, None).array(made).to_pylist()
        for row in range(len(values)):
            values[row] = self._plain.get((row, at), values[row])
        array = to_array(values, made.question.kind)
        return array if rows is None else array.take(pa.array(rows))


class _Made:
    """What the kernel has made, by columns: their values lie in one buffer, and what is said of nulls in another.

    Args:
        outcome: the kernel's.
        rows: those that are wanted; all, if None.
    """

    def __init__(self, outcome: Outcome, rows: Integers | None) -> None:
        answers = outcome.answers if rows is None else outcome.answers[rows]
        both = np.ascontiguousarray(answers[:, VALUES:].T)
        self._size = len(answers)
        self._words, self._there = both[: outcome.features], both[outcome.features :] == PRESENT
        self._complete = self._there.all(axis=1).tolist()
        self._data = pa.py_buffer(self._words)
        self._width = 8 * -(-self._size // 64)  # whole words, as Arrow likes its buffers
        bits = np.zeros((outcome.features, self._width), np.uint8)
        bits[:, : -(-self._size // 8)] = np.packbits(self._there, axis=1, bitorder="little")
        self._bits = pa.py_buffer(bits)

    def array(self, column: Column) -> pa.Array:
        """Return a column, with the value of no input where none is there."""
        place, size, width = column.place, self._size, self._width
        valid = None if self._complete[place] else self._bits.slice(place * width, width)
        if valid is not None and column.word is not None:
            np.putmask(self._words[place], ~self._there[place], column.word)
            valid = None
        match column.question.kind.kind:
            case "bool":
                data = pa.py_buffer(np.packbits(self._words[place] != 0, bitorder="little"))
            case "date":
                data = pa.py_buffer(self._words[place].view(np.int64).astype(np.int32))
            case _:
                data = self._data.slice(8 * place * size, 8 * size)
        return pa.Array.from_buffers(column.arrow, size, [valid, data])
