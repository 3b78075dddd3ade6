"""How a command answers: a table on a terminal, lines with tabs when piped, JSON when asked."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from typing import Any

import typer

_BREAKS = str.maketrans("\t\n\r", "   ")


def on_terminal() -> bool:
    """Return whether a person reads standard output."""
    return sys.stdout.isatty()


def print_json(value: Any) -> None:
    """Print a JSON document, as UTF-8 text with an indent."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False))


def print_table(columns: Sequence[str], rows: Iterable[Sequence[str]], *, fold: Sequence[str] = ()) -> None:
    """Print rows under their columns' names.

    Args:
        columns: the names; without them the first line is a row.
        rows: a text for each column.
        fold: the columns that may be broken into several lines where the terminal is narrow; all unless given.
    """
    lines = [[text.translate(_BREAKS) for text in row] for row in rows]
    if not on_terminal():
        for line in ([list(columns)] if any(columns) else []) + lines:
            typer.echo("\t".join(line))
        return
    from rich.console import Console
    from rich.table import Column, Table

    heads = [Column(name, overflow="fold", no_wrap=bool(fold) and name not in fold) for name in columns]
    table = Table(*heads, box=None, pad_edge=False, show_header=any(columns))
    for line in lines:
        table.add_row(*line)
    Console(markup=False).print(table)


def print_heading(text: str) -> None:
    """Print a line that stands above others, bold on a terminal."""
    typer.echo(typer.style(text, bold=True) if on_terminal() else text)


def one_line(text: str) -> str:
    """Return a text of several lines as one.

    >>> one_line("How late\\n   a carrier is.")
    'How late a carrier is.'
    """
    return " ".join(text.split())


def terminal_width() -> int:
    """Return how many characters fit on a line of the terminal."""
    from rich.console import Console

    return Console().width
