"""Values as people and JSON write them: text, read by its type."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from zipline.errors import RequestError, ZiplineError
from zipline.time import from_micros, parse_time
from zipline.types import DataType


def read_value(text: str, kind: DataType) -> Any:
    """Return the value that a text stands for, as on a command line or in JSON.

    Raises:
        RequestError: it is none of its type.

    >>> read_value("7", DataType("int64")), read_value("07", DataType("string"))
    (7, '07')
    """
    readers: dict[str, Callable[[str], Any]] = {
        "int64": int, "float64": float, "decimal": Decimal, "bool": _bool, "binary": bytes.fromhex,
        "date": date.fromisoformat, "timestamp": lambda written: from_micros(parse_time(written)),
        "list": json.loads,
    }  # fmt: skip
    try:
        return readers[kind.kind](text) if kind.kind in readers else text
    except (ValueError, InvalidOperation, ZiplineError):
        raise RequestError(f"{text!r} is not a value of type {kind}", hint=_FORMS.get(kind.kind)) from None


_FORMS = {
    "bool": "write true or false",
    "binary": "write hexadecimal digits, such as 0aff",
    "date": "write YYYY-MM-DD",
    "list": "write JSON, such as [1, 2]",
    "timestamp": "write YYYY-MM-DD[THH:MM[:SS[.digits]]][Z|+HH:MM]",
}


def _bool(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise ValueError(text)
    return text.lower() == "true"
