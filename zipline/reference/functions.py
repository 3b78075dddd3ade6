"""The functions of section 7 over values that are not null; each takes the result's type and arguments."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import datetime
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction
from typing import Any, Final

from zipline.errors import DataError
from zipline.expressions import logarithms, trigonometry
from zipline.reference.casts import civil
from zipline.reference.exact import rounded, total
from zipline.reference.values import order, to_float
from zipline.types import DataType

_UNITS: Final = {
    "second": 1_000_000,
    "minute": 60_000_000,
    "hour": 3_600_000_000,
    "day": 86_400_000_000,
    "week": 604_800_000_000,
}
_ASCII_LOWER: Final = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}
_ASCII_UPPER: Final = {lower: upper for upper, lower in _ASCII_LOWER.items()}


def _whole(rounding: str, floats: Callable[[Fraction], int]) -> Callable[[DataType, Any], Any]:
    def function(kind: DataType, x: Any) -> Any:
        if isinstance(x, float):
            return float(floats(Fraction(x))) if math.isfinite(x) else x
        return whole_decimal(x, rounding, kind) if isinstance(x, Decimal) else x

    return function


def whole_decimal(x: Decimal, rounding: str, kind: DataType) -> Decimal:
    """Return a decimal rounded to a whole number, with as many digits after the point as before."""
    with localcontext() as context:
        context.prec = 120
        whole = x.to_integral_value(rounding=rounding)
        if abs(whole.scaleb(kind.scale)) >= 10**kind.precision:
            raise DataError(f"{x} rounded does not fit {kind}")
        return whole.quantize(Decimal(1).scaleb(-kind.scale))


def _half_away(x: Fraction) -> int:
    return math.floor(abs(x) + Fraction(1, 2)) * (1 if x > 0 else -1)


def _abs(kind: DataType, x: Any) -> Any:
    if kind.kind == "int64" and x == -(2**63):
        raise DataError("abs overflows int64")
    return abs(x)


def _sign(kind: DataType, x: Any) -> Any:
    if isinstance(x, float):
        return x if math.isnan(x) else float((x > 0) - (x < 0))
    return (x > 0) - (x < 0)


def _substring(kind: DataType, text: str, begin: int, length: int | None = None) -> str:
    end = math.inf if length is None else begin + max(length, 0)
    return "".join(each for at, each in enumerate(text, 1) if begin <= at < end)


def _right(kind: DataType, text: str, n: int) -> str:
    return text[len(text) - min(n, len(text)) :] if n > 0 else ""


def _split_part(kind: DataType, text: str, mark: str, n: int) -> str:
    parts = text.split(mark) if mark else [text]
    return parts[n - 1] if 1 <= n <= len(parts) else ""


def _truncate(unit: str, micros: int) -> int:
    # The epoch was a Thursday: weeks start three days before it.
    shift = 3 * _UNITS["day"] if unit == "week" else 0
    return (micros + shift) // _UNITS[unit] * _UNITS[unit] - shift


def _part(read: Callable[[datetime], int]) -> Callable[[DataType, int], int]:
    return lambda kind, micros: read(civil(micros))


def _index(kind: DataType, items: list[Any], at: int) -> Any:
    return items[at - 1] if 1 <= at <= len(items) else None


def _dot(left: list[Any], right: list[Any]) -> float | None:
    if len(left) != len(right):
        raise DataError(f"vectors of {len(left)} and {len(right)} elements")
    if None in left or None in right:
        return None
    if all(map(math.isfinite, left + right)):
        return to_float(
            sum((Fraction(a) * Fraction(b) for a, b in zip(left, right, strict=True)), Fraction(0))
        )
    pairs = zip(left, right, strict=True)
    return rounded(total([a * b for a, b in pairs if not (math.isfinite(a) and math.isfinite(b))]))


def _norm(vector: list[Any]) -> float | None:
    square = _dot(vector, vector)
    return None if square is None else math.sqrt(square)


def _cosine(left: list[Any], right: list[Any]) -> float | None:
    product, one, other = _dot(left, right), _norm(left), _norm(right)
    if product is None or one is None or other is None or one * other == 0:
        return None
    return product / (one * other)


FUNCTIONS: Final[dict[str, Callable[..., Any]]] = {
    "abs": _abs,
    "sign": _sign,
    "floor": _whole(ROUND_FLOOR, math.floor),
    "ceil": _whole(ROUND_CEILING, math.ceil),
    "round": _whole(ROUND_HALF_UP, _half_away),
    "sqrt": lambda kind, x: math.sqrt(x) if x >= 0 else math.nan,
    "length": lambda kind, text: len(text),
    "lower": lambda kind, text: text.translate(_ASCII_LOWER),
    "upper": lambda kind, text: text.translate(_ASCII_UPPER),
    "trim": lambda kind, text: text.strip(" "),
    "ltrim": lambda kind, text: text.lstrip(" "),
    "rtrim": lambda kind, text: text.rstrip(" "),
    "substring": _substring,
    "left": lambda kind, text, n: text[: max(n, 0)],
    "right": _right,
    "replace": lambda kind, text, old, new: text.replace(old, new) if old else text,
    "strpos": lambda kind, text, part: text.find(part) + 1,
    "starts_with": lambda kind, text, part: text.startswith(part),
    "ends_with": lambda kind, text, part: text.endswith(part),
    "contains": lambda kind, text, part: part in text,
    "split_part": _split_part,
    "||": lambda kind, left, right: left + right,
    "year": _part(lambda moment: moment.year),
    "month": _part(lambda moment: moment.month),
    "day": _part(lambda moment: moment.day),
    "hour": _part(lambda moment: moment.hour),
    "minute": _part(lambda moment: moment.minute),
    "second": _part(lambda moment: moment.second),
    "day_of_week": _part(lambda moment: moment.isoweekday()),
    "epoch_us": lambda kind, micros: micros,
    "date_trunc": lambda kind, unit, micros: _truncate(unit, micros),
    "date_diff": lambda kind, unit, a, b: (_truncate(unit, b) - _truncate(unit, a)) // _UNITS[unit],
    "len": lambda kind, items: len(items),
    "list_contains": lambda kind, items, x: order(x) in map(order, items),
    "index": _index,
    "dot": lambda kind, left, right: _dot(left, right),
    "norm": lambda kind, vector: _norm(vector),
    "cosine": lambda kind, left, right: _cosine(left, right),
    "ln": lambda kind, x: logarithms.ln(x),
    "log2": lambda kind, x: logarithms.log2(x),
    "log10": lambda kind, x: logarithms.log10(x),
    "exp": lambda kind, x: logarithms.exp(x),
    "pow": lambda kind, x, y: logarithms.pow(x, y),
    "sin": lambda kind, x: trigonometry.sin(x),
    "cos": lambda kind, x: trigonometry.cos(x),
    "tan": lambda kind, x: trigonometry.tan(x),
    "haversine": lambda kind, *degrees: trigonometry.haversine(*degrees),
}
