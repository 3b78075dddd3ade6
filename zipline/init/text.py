"""Python source: literals and comments as a formatter would have them."""

from __future__ import annotations

import textwrap
from typing import Final

WIDTH: Final = 88


def quoted(text: str) -> str:
    """Return a string literal, in double quotes unless single ones need fewer escapes.

    >>> print(quoted("ts"), quoted('a "b"'), quoted("it's"))
    "ts" 'a "b"' "it's"
    """
    written = repr(text)
    body = written[1:-1].replace("\\'", "'") if written[0] == "'" else written[1:-1]
    mark = "'" if body.count('"') > body.count("'") else '"'
    return mark + body.replace(mark, f"\\{mark}") + mark


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
