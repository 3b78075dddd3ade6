"""Docstrings' doctests as code: without a heading of their own, Markdown takes `>>>` for quotations."""

from __future__ import annotations

import re
from typing import Any

import griffe

EXAMPLE = re.compile(r"^>>> (?:.+\n?)+", re.MULTILINE)
FLAGS = re.compile(r"  # doctest: .*")


class Doctests(griffe.Extension):
    """Put a fence around the doctests of every docstring."""

    def on_instance(self, *, obj: griffe.Object, **_: Any) -> None:
        """Change a docstring before it is read."""
        if obj.docstring is not None:
            obj.docstring.value = fenced(obj.docstring.value)


def fenced(text: str) -> str:
    """Return a docstring whose doctests are blocks of code, without their flags."""
    return EXAMPLE.sub(lambda found: f"```pycon\n{FLAGS.sub('', found[0]).rstrip()}\n```\n", text).rstrip()
