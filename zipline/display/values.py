"""Single values as people read them."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from zipline.time import from_micros


def shown_value(value: Any) -> str:
    """Return a value on its own, of bearable length.

    >>> shown_value(None), shown_value(0.1 + 0.2), shown_value([1, "a"])
    ('null', '0.30000000000000004', "[1, 'a']")
    """
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return value.replace(tzinfo=None).isoformat(sep=" ")
    text = str(value) if isinstance(value, (str, date, Decimal)) else repr(value)
    return text if len(text) <= 120 else text[:119] + "…"


def exact_moment(micros: int) -> str:
    """Return a time exactly, as `as_of=` and the command line take it."""
    return from_micros(micros).isoformat().replace("+00:00", "Z")
