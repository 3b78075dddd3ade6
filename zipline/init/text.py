"""Python source: literals and comments as a formatter would have them."""

from __future__ import annotations

import textwrap
from typing import Final

WIDTH: Final = 88


def quoted(text: str) -> str:
    """Return a string literal, in double quotes where that needs no escapes.

    >>> print(quoted("ts"), quoted('a "b"'))
    "ts" 'a "b"'
    """
    written = repr(text)
    if written.startswith("'") and '"' not in written and "\\'" not in written:
        return f'"{written[1:-1]}"'
    return written


def comment(text: str, indent: int = 0) -> list[str]:
    """Return a sentence or more as comment lines.

    >>> comment("Event time: dates.")
    ['# Event time: dates.']
    """
    begin = " " * indent + "# "
    flat = " ".join("".join(mark if mark.isprintable() else "?" for mark in text).split())
    return textwrap.wrap(
        flat, WIDTH, initial_indent=begin, subsequent_indent=begin, break_long_words=False,
        break_on_hyphens=False,
    )  # fmt: skip
