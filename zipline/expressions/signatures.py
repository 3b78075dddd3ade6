"""What every operator and function takes and gives: the one table that reading and typing go by.

A rule looks at the types of the arguments and says to what each is widened and what the result is; None: they
do not fit. Meanings beyond section 7's words (n, m are int64; positions count code points from 1):

    abs negate      keep the type; the least int64 is an error
    sign            int64 (-1, 0, 1) of an int or decimal; of a float a float, NaN of NaN
    round floor ceil    keep the type, but a decimal gives decimal(38, its scale); round: half away from zero
    length          code points; `len`: elements of a list or vector
    substring(s, n[, m])    the characters at positions p with n <= p (< n + m): none from before the first
    left right(s, n)    the first or last n; n, as m above, is 0 when negative
    replace(s, a, b)    every a, from the left, not overlapping; an empty a changes nothing
    strpos(s, a)    the position of the first a, 0 without one; 1 for an empty a
    split_part(s, a, n) the nth part between a's, '' where there is none (n below 1); an empty a cuts nothing
    date_trunc(unit, t) a timestamp, also of a date
    date_diff(unit, a, b)   (date_trunc(b) - date_trunc(a)) / unit: the starts of units passed from a to b
    year ... second int64; of a date's midnight for a date; second is 0 to 59, its fraction cut
    list_contains(l, x) whether an element equals x (NaN too); null elements equal nothing; null if x is null
    coalesce(...)   evaluates no more than it needs, as CASE does. Whether AND, OR and IN evaluate an operand
                    that cannot change the result is not promised: guard with CASE what may fail
    ln log2 log10   -inf of 0, NaN below
    pow             as IEEE 754, pow(x, 0) = pow(1, x) = 1 even for NaN; -0.0 is taken as 0.0
    dot norm        exact sums of the products, rounded once; null where an element is null; different lengths
                    are an error; norm is the root of dot(a, a)
    cosine          dot(a, b) / (norm(a) * norm(b)); null where that product is 0
    haversine       latitude, longitude, latitude, longitude; NaN where a latitude is beyond 90 degrees
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from zipline.expressions.widening import common, element_of, fits
from zipline.types import BOOL, FLOAT64, INT64, NULL, STRING, TIMESTAMP, DataType, decimal, list_of

Types = Sequence[DataType]
Fit = tuple[Types, DataType] | None

UNITS: Final = ("second", "minute", "hour", "day", "week")

CASTS: Final = {
    "bool": ("bool", "int64", "string"),
    "int64": ("bool", "int64", "float64", "decimal", "string"),
    "float64": ("bool", "int64", "float64", "decimal", "string"),
    "decimal": ("bool", "int64", "decimal", "string"),
    "string": ("bool", "int64", "decimal", "date", "string"),
    "date": ("date", "timestamp", "string"),
    "timestamp": ("date", "timestamp", "string"),
}
"""Target kind -> source kinds.

Int from float or decimal truncates; decimal from decimal rounds half away from zero; bool from int is `<> 0`;
date from timestamp is its day. A string must be, in full: for a bool `true` or `false` in any case; for an
int `[+-]digits`; for a float `[+-]digits[.digits][e[+-]digits]`, `inf`, `infinity` or `nan` (signed, in any
case), rounded to nearest; for a decimal the same without exponent, rounded half away from zero; for a date
`YYYY-MM-DD`; for a timestamp a time of section 1. Anything else, and any value out of range, is an error.
"""


@dataclass(frozen=True)
class Signature:
    """How many arguments, of which types, to what; `takes` says it in words for messages."""

    takes: str
    least: int
    most: int | None
    rule: Callable[[Types], Fit]
    derived: bool = False
    unit: bool = False


def _fixed(
    result: DataType, *wanted: DataType, least: int | None = None, derived: bool = False, unit: bool = False
) -> Signature:
    def rule(types: Types) -> Fit:
        want = wanted[: len(types)]
        return (want, result) if all(map(fits, types, want)) else None

    takes = ", ".join(str(each) for each in wanted)
    return Signature(takes, len(wanted) if least is None else least, len(wanted), rule, derived, unit)


def _shared(
    takes: str,
    least: int,
    most: int | None,
    accept: Callable[[DataType], bool],
    result: Callable[[DataType], DataType],
) -> Signature:
    def rule(types: Types) -> Fit:
        meet = common(types)
        if meet is None or not (meet == NULL or accept(meet)):
            return None
        return [meet] * len(types), result(meet)

    return Signature(takes, least, most, rule)


def _arithmetic(product: bool = False) -> Callable[[Types], Fit]:
    def rule(types: Types) -> Fit:
        meet = common([INT64, *types]) if common(types) in (BOOL, NULL) else common(types)
        if meet is None or not meet.is_numeric:
            return None
        if meet.kind != "decimal":
            return [meet] * len(types), meet
        if not product:
            return [decimal(38, meet.scale)] * len(types), decimal(38, meet.scale)
        exact = [each if each.kind == "decimal" else decimal(19, 0) for each in types]
        scale = sum(each.scale for each in exact)
        return ([decimal(38, each.scale) for each in exact], decimal(38, scale)) if scale <= 38 else None

    return rule


def _kept(types: Types) -> Fit:
    (number,) = types
    if number in (BOOL, NULL):
        return [INT64], INT64
    return (types, number) if number.is_numeric else None


def _sign(types: Types) -> Fit:
    fit = _kept(types)
    return fit and (fit[0], FLOAT64 if fit[1] == FLOAT64 else INT64)


def _case(types: Types) -> Fit:
    values = [*types[1::2], types[-1]]
    meet = common(values)
    if meet is None or not all(fits(each, BOOL) for each in types[:-1:2]):
        return None
    return [*(each for _ in types[:-1:2] for each in (BOOL, meet)), meet], meet


def _nullif(types: Types) -> Fit:
    meet = common(types)
    return ([meet, meet], meet) if meet is not None and (meet.is_orderable or meet == NULL) else None


def _any(types: Types) -> Fit:
    return types, BOOL


def _listed(types: Types) -> bool:
    return types[0].kind in ("list", "vector") or types[0] == NULL


def _index(types: Types) -> Fit:
    if not _listed(types) or not fits(types[1], INT64):
        return None
    if types[0] == NULL:
        return [list_of(NULL), INT64], NULL
    element = element_of(types[0])
    return [list_of(element), INT64], element


def _len(types: Types) -> Fit:
    if not _listed(types):
        return None
    return [list_of(NULL if types[0] == NULL else element_of(types[0]))], INT64


def _list_contains(types: Types) -> Fit:
    if not _listed(types):
        return None
    meet = common([NULL if types[0] == NULL else element_of(types[0]), types[1]])
    return ([list_of(meet), meet], BOOL) if meet is not None and (meet.is_orderable or meet == NULL) else None


def _vectors(types: Types) -> Fit:
    sizes = {each.size for each in types if each.kind == "vector"}
    numeric = all(each == NULL or (_listed([each]) and fits(element_of(each), FLOAT64)) for each in types)
    return ([list_of(FLOAT64)] * len(types), FLOAT64) if numeric and len(sizes) <= 1 else None


def _vector_function(count: int) -> Signature:
    return Signature(", ".join(["a vector or list of numbers"] * count), count, count, _vectors, derived=True)


def _orderable(kind: DataType) -> bool:
    return kind.is_orderable


def _compared(kind: DataType) -> DataType:
    return BOOL


def _same(kind: DataType) -> DataType:
    return kind


_NUMBERS: Final = "two numbers"
_COMPARED: Final = "two values of one orderable type (numbers with numbers, dates with timestamps)"

OPERATORS: Final[dict[str, Signature]] = {
    **{name: Signature(_NUMBERS, 2, 2, _arithmetic()) for name in ("+", "-", "%")},
    "*": Signature(
        _NUMBERS + " (decimals with 38 digits after the point at most, together)",
        2,
        2,
        _arithmetic(product=True),
    ),
    "/": _fixed(FLOAT64, FLOAT64, FLOAT64),
    "negate": Signature("a number", 1, 1, _kept),
    **{name: _shared(_COMPARED, 2, 2, _orderable, _compared) for name in ("=", "<>", "<", "<=", ">", ">=")},
    **{name: _shared("true or false", 2, None, BOOL.__eq__, _compared) for name in ("and", "or")},
    "not": _fixed(BOOL, BOOL),
    "is_null": Signature("any value", 1, 1, _any),
    "in": _shared("values of one orderable type", 2, None, _orderable, _compared),
    "like": _fixed(BOOL, STRING, STRING, STRING, least=2),
    "||": _fixed(STRING, STRING, STRING),
    "case": Signature("true or false for each WHEN, and values of one type", 3, None, _case),
    "index": Signature("a list or vector, and an int64 position", 2, 2, _index),
}

FUNCTIONS: Final[dict[str, Signature]] = {
    "coalesce": _shared("values of one type", 1, None, lambda kind: True, _same),
    "nullif": Signature(_COMPARED, 2, 2, _nullif),
    "if": Signature("true or false, and two values of one type", 3, 3, _case),
    "least": _shared("values of one orderable type", 1, None, _orderable, _same),
    "greatest": _shared("values of one orderable type", 1, None, _orderable, _same),
    "abs": Signature("a number", 1, 1, _kept),
    "sign": Signature("a number", 1, 1, _sign),
    **{name: Signature("a number", 1, 1, _arithmetic()) for name in ("floor", "ceil", "round")},
    "sqrt": _fixed(FLOAT64, FLOAT64),
    "length": _fixed(INT64, STRING),
    **{name: _fixed(STRING, STRING) for name in ("lower", "upper", "trim", "ltrim", "rtrim")},
    "substring": _fixed(STRING, STRING, INT64, INT64, least=2),
    **{name: _fixed(STRING, STRING, INT64) for name in ("left", "right")},
    "replace": _fixed(STRING, STRING, STRING, STRING),
    "strpos": _fixed(INT64, STRING, STRING),
    **{name: _fixed(BOOL, STRING, STRING) for name in ("starts_with", "ends_with", "contains")},
    "split_part": _fixed(STRING, STRING, STRING, INT64),
    **{
        name: _fixed(INT64, TIMESTAMP)
        for name in ("year", "month", "day", "hour", "minute", "second", "day_of_week", "epoch_us")
    },
    "date_trunc": _fixed(TIMESTAMP, STRING, TIMESTAMP, unit=True),
    "date_diff": _fixed(INT64, STRING, TIMESTAMP, TIMESTAMP, unit=True),
    "len": Signature("a list or vector", 1, 1, _len),
    "list_contains": Signature("a list or vector, and a value of its elements' type", 2, 2, _list_contains),
    **{
        name: _fixed(FLOAT64, FLOAT64, derived=True)
        for name in ("ln", "log2", "log10", "exp", "sin", "cos", "tan")
    },
    "pow": _fixed(FLOAT64, FLOAT64, FLOAT64, derived=True),
    "dot": _vector_function(2),
    "cosine": _vector_function(2),
    "norm": _vector_function(1),
    "haversine": _fixed(FLOAT64, FLOAT64, FLOAT64, FLOAT64, FLOAT64, derived=True),
}

AGGREGATES: Final = frozenset(
    [
        "sum",
        "count",
        "avg",
        "mean",
        "min",
        "max",
        "first",
        "last",
        "any_value",
        "stddev",
        "variance",
        "median",
        "quantile",
        "mode",
        "array_agg",
    ]
)


def castable(have: DataType, want: DataType) -> bool:
    """Return whether `CAST` takes a value of type `have` to type `want`; a null goes anywhere."""
    return have == NULL or have.kind in CASTS[want.kind]


def result(name: str, types: Types) -> Fit:
    """Return what each argument of an operator or function is widened to, and the result's type; None: they
    do not fit.
    """
    signature = OPERATORS.get(name) or FUNCTIONS[name]
    return signature.rule(types)
