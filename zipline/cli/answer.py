"""How a command answers: a table on a terminal, lines with tabs when piped, JSON when asked."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Sequence
from typing import Any

import typer

GAP = 2
LEAST = 32  # characters that the last column of a table needs beside the others
_BREAKS = str.maketrans("\t\n\r", "   ")


def on_terminal() -> bool:
    """Return whether a person reads standard output."""
    return sys.stdout.isatty()


def print_json(value: Any) -> None:
    """Print a JSON document, as UTF-8 text with an indent."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False))


def print_table(columns: Sequence[str], rows: Iterable[Sequence[str]], *, long_last: bool = True) -> None:
    """Print rows under their columns' names.

    Args:
        columns: the names; all empty where the rows speak for themselves.
        rows: a text for each column.
        long_last: whether it is the last column that gives way where the terminal is narrow: it goes on in further
            lines, below the others if need be. Otherwise all but the first do.
    """
    lines = [[text.translate(_BREAKS) for text in row] for row in rows]
    heads = [list(columns)] if any(columns) else []
    if not on_terminal():
        for line in heads + lines:
            typer.echo("\t".join(line))
        return
    widths = [max(map(len, each)) for each in zip(columns, *lines, strict=True)]
    room = terminal_width()
    needed = sum(widths[:-1]) + GAP * (len(widths) - 1)
    if long_last and room - needed < min(widths[-1], LEAST) and needed - GAP <= room:
        _print_below(heads, lines, widths[:-1], room)
    elif long_last:
        _print_beside(columns, lines, whole=len(widths) - 1 if needed < room else 0)
    else:
        _print_beside(columns, lines, whole=1 if 2 * widths[0] <= room else 0)


def _print_beside(columns: Sequence[str], lines: Sequence[Sequence[str]], whole: int) -> None:
    """Print a table whose first `whole` columns are not folded."""
    from rich.console import Console
    from rich.table import Column, Table

    heads = [Column(name, overflow="fold", no_wrap=i < whole) for i, name in enumerate(columns)]
    table = Table(*heads, box=None, padding=(0, GAP, 0, 0), pad_edge=False, show_header=any(columns))
    for line in lines:
        table.add_row(*line)
    Console(markup=False).print(table)


def _print_below(
    heads: Sequence[Sequence[str]], lines: Sequence[Sequence[str]], widths: Sequence[int], room: int
) -> None:
    """Print each line's last text below the others."""
    from textwrap import wrap

    for number, line in enumerate([*heads, *lines]):
        texts = [text.ljust(width) for text, width in zip(line, widths, strict=False)]
        typer.secho((" " * GAP).join(texts).rstrip(), bold=number < len(heads) or None)
        for part in wrap(line[-1], max(room - 2 * GAP, LEAST)) if number >= len(heads) else ():
            typer.echo(" " * 2 * GAP + part)


def print_heading(text: str) -> None:
    """Print a line that stands above others, bold on a terminal."""
    typer.echo(typer.style(text, bold=True) if on_terminal() else text)


def one_line(text: str) -> str:
    """Return a text of several lines as one.

    >>> one_line("How late\\n   a carrier is.")
    'How late a carrier is.'
    """
    return " ".join(text.split())


def moment(text: str) -> str:
    """Return a time of ISO 8601 as it is printed: on a terminal without parts of a second.

    >>> moment("2026-11-21T15:28:37.373061Z")
    '2026-11-21T15:28:37.373061Z'
    """
    return re.sub(r"\.\d+", "", text) if on_terminal() else text


def terminal_width() -> int:
    """Return how many characters fit on a line of the terminal."""
    from rich.console import Console

    return Console().width
