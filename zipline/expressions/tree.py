"""What an expression is once it has been read: a tree of three frozen classes.

Every evaluator (DuckDB, `Derived`, the reference, Spark) walks this tree and nothing else. `parse` gives it
untyped (every `type` is
None); `Expression.resolve(schema)` gives the same tree typed, with each widening written out as a `widen`
call, so that an
evaluator sees operands of one type, never a mixture. Values are physical: a date is an int of days, a
timestamp an int of
microseconds since the epoch, a decimal a `decimal.Decimal`.

    Column(name)            the table's column, the name exactly as written
    Literal(value)          None, bool, int, float, str; a date or timestamp as above, with its type
    Call(name, args)        everything else; null operands give null unless said otherwise

`args` of a call, by name, and what it does (numeric: int64, decimal, float64, by then all of the call's
type):

    + - *                   two numeric of one type; int64 and decimal(38,s) overflow is an error
    /                       two float64; null where the second is 0.0 or -0.0
    %                       two numeric of one type; null where the second is zero; the dividend's sign;
                            exact, as C's fmod
    negate                  one numeric; the least int64 is an error
    = <> < <= > >=          two of one orderable type; NaN = NaN, above all; -0.0 = 0.0; strings and binary by
                            bytes; false < true
    and or                  two or more bool, three-valued; not: one bool
    is_null                 one of any type; never null
    in                      x, option, option, ...; three-valued: null when x is null, or no option is equal
                            and one is null
    like                    string, Literal pattern[, Literal escape character]; % any run, _ one code point,
                            no default escape
    case                    condition, value, condition, value, ..., otherwise; the first true condition; only
                            that value is evaluated
    cast                    x; to `type`: see `zipline.expressions.signatures.CASTS`
    widen                   x; to `type`, never fails but by decimal overflow: bool -> int64 -> decimal ->
                            float64, date -> timestamp, null -> any,
                            decimal to a decimal with more digits, vector or list -> list with a wider
                            element, element by element
    index                   list, int64 position; from 1; outside (0 and below too) null
    coalesce nullif least greatest abs sign ...     the functions of section 7: see
        `zipline.expressions.signatures`

`BETWEEN`, `NOT IN`, `NOT LIKE`, `IS NOT NULL`, `if` and the simple `CASE x WHEN` are rewritten into these by
the parser.
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
    """A constant in its physical form; the type tells True from 1 and 1 from 1.0, which Python calls equal."""

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
    """Return how many nodes lie above one another at most; without recursion, so that any depth can be measured."""
    deepest = 0
    pending = [(node, 1)]
    while pending:
        each, level = pending.pop()
        deepest = max(deepest, level)
        if isinstance(each, Call):
            pending += [(arg, level + 1) for arg in each.args]
    return deepest
