"""When an expected value is the one that was computed."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from zipline.errors import RequestError
from zipline.time import to_micros


def same(expected: Any, got: Any, approx: float | None = None) -> bool:
    """Say whether a value is the expected one, at any depth.

    Numbers are equal by value, so 2 is 2.0; NaN is NaN; true is not 1; a time may be expected as text.

    Args:
        expected: what the user wrote; anything with an `==` of its own, such as `pytest.approx(...)`, is asked.
        got: a plain value of a feature.
        approx: how far numbers may lie apart, relative to the larger of the expected one and 1.

    >>> same([1, float("nan")], [1.0, float("nan")]), same(True, 1), same(0.3, 0.1 + 0.2), same(0.3, 0.1 + 0.2, 1e-9)
    (True, False, False, True)
    """
    if type(expected).__module__ == "numpy":
        expected = expected.tolist()
    if isinstance(got, bool) or isinstance(expected, bool):
        return expected is got
    if isinstance(got, date):
        return _same_time(expected, got)
    if isinstance(got, Mapping) and isinstance(expected, Mapping):
        return expected.keys() == got.keys() and all(same(expected[key], got[key], approx) for key in got)
    if isinstance(got, list) and isinstance(expected, (list, tuple)):
        pairs = zip(expected, got, strict=False)
        return len(expected) == len(got) and all(same(*pair, approx) for pair in pairs)
    if isinstance(got, (int, float, Decimal)) and isinstance(expected, (int, float, Decimal)):
        return _same_number(expected, got, approx)
    return bool(expected == got)


def _same_number(expected: float | Decimal, got: float | Decimal, approx: float | None) -> bool:
    if expected == got or (math.isnan(expected) and math.isnan(got)):
        return True
    if approx is None or not (math.isfinite(expected) and math.isfinite(got)):
        return False
    return abs(float(expected) - float(got)) <= approx * max(1.0, abs(float(expected)))


def _same_time(expected: Any, got: date) -> bool:
    if not isinstance(expected, (str, date)):
        return bool(expected == got)
    try:
        return to_micros(expected) == to_micros(got)
    except RequestError:
        return False


def plain(value: Any, kind: Any) -> Any:
    """Return a cell of an Arrow table as Python's own, maps as dicts.

    Args:
        value: as `to_pylist()` gives it.
        kind: its Arrow type.
    """
    import pyarrow.types as at

    if value is None:
        return None
    if at.is_map(kind):
        return {plain(key, kind.key_type): plain(each, kind.item_type) for key, each in value}
    if at.is_struct(kind):
        return {field.name: plain(value[field.name], field.type) for field in kind}
    if at.is_list(kind) or at.is_large_list(kind) or at.is_fixed_size_list(kind):
        return [plain(each, kind.value_type) for each in value]
    if isinstance(value, datetime):
        from datetime import UTC

        return value.astimezone(UTC)
    return value
