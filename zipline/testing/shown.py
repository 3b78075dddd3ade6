"""How messages write values and tables of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from zipline.time import from_micros

WIDEST = 48


def moment(micros: int) -> str:
    """Return a time, UTC, no longer than it has to be.

    >>> moment(0), moment(3_600_000_000), moment(1)
    ('1970-01-01', '1970-01-01 01:00', '1970-01-01 00:00:00.000001')
    """
    return _time(from_micros(micros))


def _time(value: datetime) -> str:
    text = value.replace(tzinfo=None).isoformat(sep=" ")
    return text.removesuffix(":00").removesuffix(" 00:00")


def shown(value: Any) -> str:
    """Return a value as a test would write it, times without ceremony.

    >>> shown(2.0), shown("LAX"), shown(None), shown({"LAX": [1, None]})
    ('2.0', "'LAX'", 'None', "{'LAX': [1, None]}")
    """
    if isinstance(value, datetime):
        return _time(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{shown(key)}: {shown(each)}" for key, each in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(shown(each) for each in value) + "]"
    return repr(value)


def cut(text: str) -> str:
    """Return a text, its middle left out where it would not fit into a column."""
    return text if len(text) <= WIDEST else f"{text[: WIDEST - 12]} ... {text[-7:]}"


def table(head: Sequence[str], rows: Sequence[Sequence[str]], indent: str = "  ") -> list[str]:
    """Return the lines of a table, its columns aligned.

    >>> table(["event", "amount"], [["0", "20.0"]], "")
    ['event  amount', '0      20.0']
    """
    widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]
    return [
        indent + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in [head, *rows]
    ]
