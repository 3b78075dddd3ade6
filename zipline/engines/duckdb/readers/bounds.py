"""Bounds: what a run wants of a table, in a form that each kind of table can take as far as it goes.

They only say which rows need not be handed over: DuckDB applies the exact conditions again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Literal

import pyarrow as pa
import pyarrow.types as at

from zipline.dsl.timestamp import Timestamp
from zipline.expressions import Call, Column, Node
from zipline.expressions import Literal as Constant
from zipline.time import EPOCH, MAX_TIME, MIN_TIME, from_micros

Op = Literal["=", "<", "<=", ">", ">=", "in"]
Value = bool | int | float | str | date  # a datetime is a date, too

_OPS: Final[Mapping[str, Op]] = {"=": "=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_TURNED: Final[Mapping[str, Op]] = {"=": "=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_PER_SECOND: Final = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}
MOST_VALUES: Final = 1000


@dataclass(frozen=True)
class Bound:
    """A condition that every wanted row meets: `column op value`, with several values where `op` is `in`.

    Values are of the column's own kind; a time is aware where its column is.
    """

    column: str
    op: Op
    values: tuple[Value, ...]


def time_bounds(time: Timestamp, kind: pa.DataType, first: int, last: int) -> Iterator[Bound]:
    """Yield the bounds of a time column: the microseconds `[first, last]`, or what surely holds them."""
    if time.zone is not None:
        return
    edges: list[tuple[Op, Value]] = []
    if time.unit is not None and at.is_integer(kind):
        each = _PER_SECOND[time.unit]
        edges = [(">=", first * each // 1_000_000), ("<=", last * each // 1_000_000 + 1)]
    elif at.is_date32(kind):
        edges = [(">=", from_micros(first).date()), ("<=", from_micros(last).date())]
    elif at.is_timestamp(kind):
        moments = [from_micros(each) for each in (first, min(last + 1, MAX_TIME))]
        least, most = moments if kind.tz else [each.replace(tzinfo=None) for each in moments]
        edges = [(">=", least), ("<=" if last >= MAX_TIME else "<", most)]
    lower, upper = first > MIN_TIME, last < MAX_TIME
    for wanted, (op, value) in zip((lower, upper), edges, strict=False):
        if wanted:
            yield Bound(time.column, op, (value,))


def condition_bounds(node: Node) -> Iterator[Bound]:
    """Yield the bounds that a condition implies: those of its parts that compare a column with constants.

    >>> from zipline.expressions import parse
    >>> from zipline.types import INT64
    >>> list(condition_bounds(parse("x > 3 AND 7 > x AND x % 2 = 0").resolve({"x": INT64})))
    [Bound(column='x', op='>', values=(3,)), Bound(column='x', op='<', values=(7,))]
    """
    if not isinstance(node, Call):
        return
    if node.name == "and":
        for each in node.args:
            yield from condition_bounds(each)
    elif node.name in _OPS and len(node.args) == 2:
        left, right = node.args
        if isinstance(left, Column) and (value := _value(right)) is not None:
            yield Bound(left.name, _OPS[node.name], (value,))
        elif isinstance(right, Column) and (value := _value(left)) is not None:
            yield Bound(right.name, _TURNED[node.name], (value,))
    elif node.name == "in" and isinstance(node.args[0], Column):
        values = [_value(each) for each in node.args[1:]]
        known = tuple(each for each in values if each is not None)
        if len(known) == len(values) <= MOST_VALUES:
            yield Bound(node.args[0].name, "in", known)


def _value(node: Node) -> Value | None:
    if not isinstance(node, Constant) or node.value is None:
        return None
    if node.type.kind == "date":
        return EPOCH.date() + timedelta(days=int(node.value))
    if node.type.kind == "timestamp":
        return from_micros(int(node.value))
    return node.value if node.type.kind in ("bool", "int64", "float64", "string") else None


def fitting(bounds: tuple[Bound, ...], schema: pa.Schema) -> list[Bound]:
    """Return the bounds whose values are of the kind that the column is stored in."""
    return [
        each
        for each in bounds
        if each.column in schema.names
        and all(_fits(value, schema.field(each.column).type) for value in each.values)
    ]


def without_floats(bounds: list[Bound]) -> list[Bound]:
    """Return the bounds without those of floats: not everybody takes NaN for more than any other value, as we do."""
    return [each for each in bounds if not any(isinstance(value, float) for value in each.values)]


def _fits(value: Value, kind: pa.DataType) -> bool:
    from datetime import datetime

    if isinstance(value, bool):
        return bool(at.is_boolean(kind))
    if isinstance(value, int):
        return bool(at.is_integer(kind))
    if isinstance(value, float):
        return bool(at.is_floating(kind)) and value == value
    if isinstance(value, str):
        return bool(at.is_string(kind) or at.is_large_string(kind) or at.is_string_view(kind))
    if isinstance(value, datetime):
        return bool(at.is_timestamp(kind)) and (kind.tz is None) == (value.tzinfo is None)
    return bool(at.is_date32(kind))
