"""What an expression is once it has been read: a tree of three frozen classes.

Every evaluator (DuckDB, `Derived`, the reference, Spark) walks this tree and nothing else. `parse` gives it
untyped (every `type` is None); `Expression.resolve(schema)` gives the same tree typed, with each widening
written out as a `widen` call, so that an evaluator sees operands of one type, never a mixture. Values are
physical: a date is an int of days, a timestamp an int of microseconds since the epoch.

    Column(name)    the table's column, the name exactly as written
    Literal(value)  None, bool, int, float, str; a date or timestamp as above, told apart by its type
    Call(name, args)    everything else; a null operand gives null unless said otherwise

The calls, by name. Numeric is int64, decimal or float64, one for all operands:

    + - *           two numeric; int64 and decimal(38,s) overflow is an error
    /               two float64; null where the second is 0.0 or -0.0
    %               two numeric; null where the second is zero; the dividend's sign; exact, as C's fmod
    negate          one numeric; the least int64 is an error
    = <> < <= > >=  two orderable of one type; NaN = NaN, above all; -0.0 = 0.0; strings by bytes
    and or not      bool, three-valued; and, or: two or more
    is_null         one of any type; never null
    in              x, option, ...; true when one is equal, else null when x or an option is null, else false
    like            string, Literal pattern[, Literal escape]; % any run, _ one code point, no default escape
    case            condition, value, ..., otherwise; only the value of the first true condition is evaluated
    cast            x; to `type`, as `signatures.CASTS` says
    widen           x; to `type`: bool -> int64 -> decimal -> float64, date -> timestamp, null -> any, to a
                    decimal with more digits, a list or vector element by element; only decimals can overflow
    index           list, int64 position from 1; outside (0 and below too) null
    coalesce ...    the functions of section 7, as `signatures` says

`BETWEEN`, `NOT IN`, `NOT LIKE`, `IS NOT NULL`, `if` and `CASE x WHEN` are rewritten into these by the parser.
`at` is the offset in the text where the node's name or operator stands; it takes no part in equality.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from zipline.types import DataType


@dataclass(frozen=True)
class Column:
    """A column of the table, or a feature in a `Derived`."""

    name: str
    type: DataType | None = None
    at: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Literal:
    """A constant in its physical form; the type tells True, 1 and 1.0 apart, which Python calls equal."""

    value: bool | int | float | str | None
    type: DataType
    at: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Call:
    """An operator or function over its arguments; only `cast` has a type before it is resolved."""

    name: str
    args: tuple[Node, ...]
    type: DataType | None = None
    at: int = field(default=0, compare=False)


Node = Column | Literal | Call


def walk(node: Node) -> Iterator[Node]:
    """Yield the node and everything below it, in the order of the text's operands."""
    yield node
    if isinstance(node, Call):
        for each in node.args:
            yield from walk(each)


def depth(node: Node) -> int:
    """Return how many nodes lie above one another at most; not recursive, so that any depth is measured."""
    deepest = 0
    pending = [(node, 1)]
    while pending:
        each, level = pending.pop()
        deepest = max(deepest, level)
        if isinstance(each, Call):
            pending += [(arg, level + 1) for arg in each.args]
    return deepest
