"""`CAST` and widening: truncation, half away from zero, strict texts, an error for whatever does not fit."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any, Final

import numpy as np

from zipline.errors import ZiplineError
from zipline.expressions.arithmetic import half_away
from zipline.expressions.rows import Rows
from zipline.expressions.values import Values, by_row, from_objects
from zipline.time import parse_time
from zipline.types import DataType

_DAY: Final = 86_400_000_000
_EPOCH_DAY: Final = date(1970, 1, 1).toordinal()
_INT: Final = re.compile(r"[+-]?[0-9]+")
_DECIMAL: Final = re.compile(r"([+-]?)([0-9]*)(?:\.([0-9]*))?")
_FLOAT: Final = re.compile(
    r"[+-]?(?:(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:e[+-]?[0-9]+)?|inf|infinity|nan)", re.IGNORECASE | re.ASCII
)
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def widen(values: Values, source: DataType, target: DataType, rows: Rows) -> Values:
    """Return the values in a wider type."""
    pair = (source.kind, target.kind)
    if source.kind == "null":
        return from_objects([None] * len(values), target)
    if target.kind in ("int64", "float64") and source.kind in ("bool", "int64"):
        return Values(values.data.astype(np.int64 if target.kind == "int64" else np.float64), values.valid)
    if target.kind == "list":
        return by_row(_element_widener(source, target, rows), target, values)
    if pair == ("date", "timestamp"):
        return Values(values.data * _DAY, values.valid)
    if pair == ("decimal", "float64"):
        return by_row(lambda unscaled: exact_float(unscaled, source.scale), target, values)
    if target.kind == "decimal":
        return _rescaled(values, source.scale, target, rows)
    return values


def _element_widener(source: DataType, target: DataType, rows: Rows) -> Callable[[list[Any]], list[Any]]:
    assert source.element is not None
    assert target.element is not None
    inner, outer = source.element, target.element
    if inner == outer or inner.kind == "float32":
        return list
    return lambda elements: widen(from_objects(elements, inner), inner, outer, rows).objects()


def exact_float(unscaled: int, scale: int) -> float:
    """Return the float64 nearest to a decimal; dividing Python integers rounds once."""
    nearest: float = unscaled / 10**scale
    return nearest


def cast(values: Values, source: DataType, target: DataType, rows: Rows) -> Values:
    """Return `CAST` of the values; the first row that does not fit is a `DataError`."""
    if source.kind == "string":
        return _from_text(values, target, rows)
    pair = (source.kind, target.kind)
    if pair == ("float64", "int64"):
        return _truncated(values, rows)
    if pair == ("decimal", "int64"):
        unit = 10**source.scale
        return _whole(values, lambda v: v // unit if v >= 0 else -(-v // unit), target, rows)
    if pair == ("int64", "bool"):
        return Values(values.data != 0, values.valid)
    if pair == ("timestamp", "date"):
        return Values(values.data // _DAY, values.valid)
    if target.kind == "string":
        return by_row(lambda value: _text(value, source), target, values)
    return widen(values, source, target, rows)


def _truncated(values: Values, rows: Rows) -> Values:
    whole = np.trunc(values.data)
    fits = (whole >= -(2.0**63)) & (whole < 2.0**63)
    rows.refuse(~fits & values.mask(), "CAST cannot take {} to int64", values)
    return Values(np.where(fits, whole, 0.0).astype(np.int64), values.valid)


def _whole(values: Values, step: Callable[[int], int], target: DataType, rows: Rows) -> Values:
    whole = [None if each is None else step(each) for each in values.objects()]
    for row, each in enumerate(whole):
        if each is not None and not -(2**63) <= each < 2**63:
            raise rows.error(row, f"CAST cannot take {each} to int64")
    return from_objects(whole, target)


def _rescaled(values: Values, scale: int, target: DataType, rows: Rows) -> Values:
    up, down = 10 ** max(target.scale - scale, 0), 10 ** max(scale - target.scale, 0)
    results = [None if each is None else half_away(int(each) * up, down) for each in values.objects()]
    for row, each in enumerate(results):
        if each is not None and abs(each) >= 10**target.precision:
            raise rows.error(row, f"CAST cannot take {values.data[row]}e-{scale} to {target}")
    return from_objects(results, target)


def _text(value: Any, source: DataType) -> str:
    if source.kind == "bool":
        return "true" if value else "false"
    if source.kind == "date":
        return date.fromordinal(value + _EPOCH_DAY).isoformat()
    if source.kind == "decimal" and source.scale:
        digits = str(abs(value)).rjust(source.scale + 1, "0")
        return f"{'-' if value < 0 else ''}{digits[: -source.scale]}.{digits[-source.scale :]}"
    return str(value)


def _from_text(values: Values, target: DataType, rows: Rows) -> Values:
    results: list[Any] = []
    for row, text in enumerate(values.objects()):
        found = None if text is None else _READ[target.kind](text, target)
        if text is not None and found is None:
            raise rows.error(row, f"CAST cannot take {text!r} to {target}")
        results.append(found)
    return from_objects(results, target)


def _read_int(text: str, target: DataType) -> int | None:
    number = int(text) if _INT.fullmatch(text) else None
    return number if number is not None and -(2**63) <= number < 2**63 else None


def _read_float(text: str, target: DataType) -> float | None:
    return float(text) if _FLOAT.fullmatch(text) else None


def _read_bool(text: str, target: DataType) -> bool | None:
    return {"true": True, "false": False}.get(text.lower())


def _read_decimal(text: str, target: DataType) -> int | None:
    match = _DECIMAL.fullmatch(text)
    if match is None or not (match[2] or match[3]):
        return None
    fraction = match[3] or ""
    unscaled = half_away(int(match[2] + fraction) * 10**target.scale, 10 ** len(fraction))
    if unscaled >= 10**target.precision:
        return None
    return -unscaled if match[1] == "-" else unscaled


def _read_date(text: str, target: DataType) -> int | None:
    if not _DATE.fullmatch(text):
        return None
    micros = _read_timestamp(text, target)
    return None if micros is None else micros // _DAY


def _read_timestamp(text: str, target: DataType) -> int | None:
    try:
        return parse_time(text)
    except ZiplineError:
        return None


_READ: Final[dict[str, Callable[[str, DataType], Any]]] = {
    "int64": _read_int,
    "float64": _read_float,
    "bool": _read_bool,
    "decimal": _read_decimal,
    "date": _read_date,
    "timestamp": _read_timestamp,
}
