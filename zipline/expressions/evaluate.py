"""Evaluate an expression over columns: zipline's own evaluator, the only one that `Derived` has on any path.

It works on whole columns (numpy), and is quick enough for one row: compile once, then a few microseconds per
node.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import numpy as np

from zipline.expressions.arithmetic import ARITHMETIC
from zipline.expressions.casting import cast, widen
from zipline.expressions.comparing import COMPARING
from zipline.expressions.listing import LISTING
from zipline.expressions.moments import MOMENTS
from zipline.expressions.rows import Rows
from zipline.expressions.textual import TEXTUAL
from zipline.expressions.transcendental import TRANSCENDENTAL
from zipline.expressions.tree import Call, Column, Literal, Node, walk
from zipline.expressions.values import Mask, Values, constant, from_arrow, merge, to_array
from zipline.types import DataType

if TYPE_CHECKING:
    import pyarrow as pa

    from zipline.expressions import Expression

_Operation = Callable[..., Values]
_OPERATIONS: Final[dict[str, _Operation]] = {
    **ARITHMETIC,
    **COMPARING,
    **TEXTUAL,
    **MOMENTS,
    **LISTING,
    **TRANSCENDENTAL,
}


class Program:
    """An expression made ready for columns of one schema.

    Attributes:
        type: of the result.
        columns: the columns it reads.
    """

    def __init__(self, expression: Expression, schema: Mapping[str, DataType]) -> None:
        self._tree = expression.resolve(schema)
        assert self._tree.type is not None
        self.type: DataType = self._tree.type
        self.columns = {node.name: schema[node.name] for node in walk(self._tree) if isinstance(node, Column)}

    def run(self, columns: Mapping[str, pa.Array], size: int) -> pa.Array:
        """Return the value of each of `size` rows; an overflow or a bad cast is a `DataError` that names the
        row.
        """
        held = {name: from_arrow(columns[name], kind) for name, kind in self.columns.items()}
        return to_array(self.values(held, size), self.type)

    def values(self, columns: Mapping[str, Values], size: int) -> Values:
        """Do the same for columns that are held as `Values` already."""
        with np.errstate(all="ignore"):
            return _run(self._tree, Rows(columns, size))


def evaluate(
    expression: Expression,
    columns: Mapping[str, pa.Array],
    schema: Mapping[str, DataType],
    size: int | None = None,
) -> pa.Array:
    """Return the expression's value for each row, in the Arrow type of `expression.type_of(schema)`.

    Args:
        expression: what to compute.
        columns: Arrow arrays of one length, by name; more than are read may be given.
        schema: the columns' types.
        size: the number of rows, needed where no column is given.

    >>> import pyarrow as pa
    >>> from zipline.expressions import parse
    >>> from zipline.types import INT64
    >>> columns = {"a": pa.array([1, 3]), "b": pa.array([0, 2])}
    >>> evaluate(parse("a / nullif(b, 0)"), columns, {"a": INT64, "b": INT64}).to_pylist()
    [None, 1.5]
    """
    rows = len(next(iter(columns.values()))) if size is None else size
    return program(expression, tuple(schema.items())).run(columns, rows)


@lru_cache(maxsize=1024)
def program(expression: Expression, schema: tuple[tuple[str, DataType], ...]) -> Program:
    """Return the expression made ready, from memory where it was asked for before."""
    return Program(expression, dict(schema))


def _run(node: Node, rows: Rows) -> Values:
    if isinstance(node, Column):
        return rows.column(node.name)
    assert node.type is not None
    if isinstance(node, Literal):
        return constant(node.value, node.type, rows.size)
    if node.name == "case":
        return _case(node, rows)
    if node.name == "coalesce":
        return _coalesce(node, rows)
    operands = [_run(each, rows) for each in node.args]
    if node.name in ("cast", "widen"):
        source = node.args[0].type
        assert source is not None
        return (cast if node.name == "cast" else widen)(operands[0], source, node.type, rows)
    return _OPERATIONS[node.name](node, rows, *operands)


def _case(node: Call, rows: Rows) -> Values:
    """Evaluate each value only for the rows that choose it, so that what would fail elsewhere does not."""
    assert node.type is not None
    open_rows = np.ones(rows.size, np.bool_)
    pieces: list[tuple[Mask, Values]] = []
    for condition, value in zip(node.args[:-1:2], node.args[1::2], strict=True):
        outcome = _run(condition, rows.where(open_rows))
        chosen = np.zeros(rows.size, np.bool_)
        chosen[open_rows] = outcome.data & outcome.mask()
        _choose(pieces, value, chosen, rows)
        open_rows &= ~chosen
    _choose(pieces, node.args[-1], open_rows, rows)
    return merge(pieces, node.type, rows.size)


def _coalesce(node: Call, rows: Rows) -> Values:
    assert node.type is not None
    open_rows = np.ones(rows.size, np.bool_)
    pieces: list[tuple[Mask, Values]] = []
    for each in node.args:
        values = _choose(pieces, each, open_rows.copy(), rows)
        if values is not None:
            open_rows[open_rows] = ~values.mask()
    return merge(pieces, node.type, rows.size)


def _choose(pieces: list[tuple[Mask, Values]], value: Node, chosen: Mask, rows: Rows) -> Values | None:
    if not chosen.any():
        return None
    values = _run(value, rows.where(chosen))
    pieces.append((chosen, values))
    return values
