"""SQL scalar expressions: read once, refused early, and meaning the same on every engine.

>>> late = parse("Arr_Delay>15 and (dest = 'LAX')")
>>> late.canonical
"(Arr_Delay > 15) AND (dest = 'LAX')"
>>> late.columns
('Arr_Delay', 'dest')
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from zipline.expressions.canonical import canonical
from zipline.expressions.parser import Parser
from zipline.expressions.resolve import resolve, type_of
from zipline.expressions.tree import Call, Column, Literal, Node, walk
from zipline.types import DataType


@dataclass(frozen=True)
class Expression:
    """One expression, already known to be inside the subset; equal where the meaning as written is equal.

    Attributes:
        tree: what evaluators walk, untyped.
        text: as the user wrote it.
    """

    tree: Node
    text: str = field(compare=False)

    @property
    def canonical(self) -> str:
        """The text that equivalent spellings share; part of a definition's identity."""
        return canonical(self.tree)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that are read, in order of first use, their names as written."""
        return tuple(dict.fromkeys(node.name for node in walk(self.tree) if isinstance(node, Column)))

    def resolve(self, schema: Mapping[str, DataType]) -> Node:
        """Return the typed tree; an unknown column or an operand of a wrong type is an `ExpressionError`."""
        return resolve(self.tree, schema, self.text)

    def type_of(self, schema: Mapping[str, DataType]) -> DataType:
        """Return the type of the value over columns of these types.

        >>> from zipline.types import INT64
        >>> str(parse("distance / 2").type_of({"distance": INT64}))
        'float64'
        """
        return type_of(self.resolve(schema))


@lru_cache(maxsize=4096)
def parse(text: str, *, derived: bool = False) -> Expression:
    """Read an expression; anything outside the subset is an `ExpressionError` that points at it.

    Args:
        text: a SQL scalar expression.
        derived: whether it is a `Derived`, which has more functions.
    """
    return Expression(Parser(text, derived=derived).parse(), text)


__all__ = ["Call", "Column", "Expression", "Literal", "Node", "parse"]
