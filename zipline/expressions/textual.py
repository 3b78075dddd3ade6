"""Strings: code points, positions from 1, ASCII letters only, spaces only."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

from zipline.expressions.rows import Rows
from zipline.expressions.tree import Call, Literal
from zipline.expressions.values import Values, by_row
from zipline.types import BOOL

_UPPER: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_TO_LOWER: Final = str.maketrans(_UPPER, _UPPER.lower())
_TO_UPPER: Final = str.maketrans(_UPPER.lower(), _UPPER)


def _substring(text: str, start: int, count: int | None = None) -> str:
    stop = len(text) + 1 if count is None else start + max(count, 0)
    return text[max(start, 1) - 1 : max(stop - 1, 0)]


def _left(text: str, count: int) -> str:
    return text[: max(count, 0)]


def _right(text: str, count: int) -> str:
    return text[max(len(text) - max(count, 0), 0) :]


def _replace(text: str, old: str, new: str) -> str:
    return text.replace(old, new) if old else text


def _split_part(text: str, mark: str, position: int) -> str:
    parts = text.split(mark) if mark else [text]
    return parts[position - 1] if 1 <= position <= len(parts) else ""


_FUNCTIONS: Final[dict[str, Callable[..., Any]]] = {
    "||": lambda left, right: left + right,
    "length": len,
    "lower": lambda text: text.translate(_TO_LOWER),
    "upper": lambda text: text.translate(_TO_UPPER),
    "trim": lambda text: text.strip(" "),
    "ltrim": lambda text: text.lstrip(" "),
    "rtrim": lambda text: text.rstrip(" "),
    "substring": _substring,
    "left": _left,
    "right": _right,
    "replace": _replace,
    "strpos": lambda text, part: text.find(part) + 1,
    "starts_with": str.startswith,
    "ends_with": str.endswith,
    "contains": lambda text, part: part in text,
    "split_part": _split_part,
}


def _apply(node: Call, rows: Rows, *operands: Values) -> Values:
    assert node.type is not None
    return by_row(_FUNCTIONS[node.name], node.type, *operands)


def _like(node: Call, rows: Rows, operand: Values, pattern: Values, escape: Values | None = None) -> Values:
    matches = like_pattern(
        *(str(each.value) for each in node.args[1:] if isinstance(each, Literal))
    ).fullmatch
    return by_row(lambda text: matches(text) is not None, BOOL, operand)


def like_pattern(pattern: str, escape: str = "") -> re.Pattern[str]:
    """Return the regular expression of a LIKE pattern.

    >>> bool(like_pattern("a!%_%", "!").fullmatch("a%bc"))
    True
    """
    parts: list[str] = []
    literal = False
    for char in pattern:
        if literal or char not in ("%", "_", escape):
            parts.append(re.escape(char))
            literal = False
        elif char == escape:
            literal = True
        else:
            parts.append(".*" if char == "%" else ".")
    return re.compile("".join(parts), re.DOTALL)


TEXTUAL: Final[dict[str, Callable[..., Values]]] = {**dict.fromkeys(_FUNCTIONS, _apply), "like": _like}
