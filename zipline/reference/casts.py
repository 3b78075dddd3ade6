"""What `CAST` and the silent widening of operands make of a value. Section 7."""

from __future__ import annotations

import math
import re
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction
from typing import Any

from zipline.errors import DataError, RequestError
from zipline.reference.values import to_float
from zipline.time import parse_time
from zipline.types import DataType

_DAY = 86_400_000_000
_DIGITS = r"([0-9]+\.?[0-9]*|\.[0-9]+)"


def widen(value: Any, have: DataType, want: DataType) -> Any:
    """Return a value in a wider type."""
    if value is None or have.kind == "null":
        return None
    match want.kind:
        case "float64":
            return value if isinstance(value, float) else to_float(Fraction(value))
        case "decimal":
            return _decimal(value, want)
        case "int64":
            return int(value)
        case "timestamp":
            return value * _DAY if have.kind == "date" else value
        case "list" if have.element is not None and want.element is not None:
            return [widen(each, have.element, want.element) for each in value]
    return value


def cast(value: Any, have: DataType, want: DataType) -> Any:
    """Return a value in another type; what does not fit is an error."""
    try:
        result = _from_string(value, want) if have.kind == "string" else _cast(value, have, want)
    except (ValueError, ArithmeticError, RequestError) as error:
        raise DataError(f"{value!r} does not fit {want}") from error
    if want.kind == "int64" and not -(2**63) <= result < 2**63:
        raise DataError(f"{value!r} does not fit int64")
    return result


def _cast(value: Any, have: DataType, want: DataType) -> Any:
    match want.kind:
        case "bool":
            return value != 0
        case "int64":
            return math.trunc(value)
        case "float64":
            return widen(value, have, want)
        case "decimal":
            return _decimal(value, want)
        case "date":
            return value // _DAY if have.kind == "timestamp" else value
        case "timestamp":
            return widen(value, have, want)
        case "string":
            return _text(value, have)
    return value


def _text(value: Any, have: DataType) -> str:
    match have.kind:
        case "bool":
            return "true" if value else "false"
        case "date":
            return (date(1970, 1, 1) + timedelta(days=value)).isoformat()
        case "decimal":
            return format(value, "f")
    return str(value)


def _from_string(text: str, want: DataType) -> Any:
    match want.kind:
        case "bool":
            return text.lower() == "true" if text.lower() in ("true", "false") else _refuse(text)
        case "int64":
            return int(text) if re.fullmatch(r"[+-]?[0-9]+", text) else _refuse(text)
        case "float64":
            if re.fullmatch(rf"[+-]?({_DIGITS}(e[+-]?[0-9]+)?|inf|infinity|nan)", text, re.IGNORECASE):
                return float(text)
            return _refuse(text)
        case "decimal":
            fits = re.fullmatch(rf"[+-]?{_DIGITS}", text)
            return _decimal(Decimal(text), want) if fits else _refuse(text)
        case "date":
            moment = date.fromisoformat(text) if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text) else _refuse(text)
            return (moment - date(1970, 1, 1)).days
        case "timestamp":
            return parse_time(text)
    return text


def _refuse(text: str) -> Any:
    raise ValueError(text)


def _decimal(value: Any, want: DataType) -> Decimal:
    with localcontext() as context:
        context.prec = 400
        result = Decimal(value).quantize(Decimal(1).scaleb(-want.scale), rounding=ROUND_HALF_UP)
    if abs(result.scaleb(want.scale)) >= 10**want.precision:
        raise DataError(f"{value} does not fit {want}")
    return result


def civil(micros: int) -> datetime:
    """Return the calendar's reading of a timestamp, UTC."""
    return datetime(1970, 1, 1) + timedelta(microseconds=micros)  # noqa: DTZ001  all of it is UTC
