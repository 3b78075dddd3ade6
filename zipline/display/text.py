"""Cards as text, no longer than a screen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from zipline.display.card import Card, one_line

WIDTH = 100
ROWS = 12
FACTS = 8
NOTES = 3


def card_text(card: Card) -> str:
    """Return a card as text of at most 100 columns and a screen of lines.

    >>> print(card_text(Card("Entity", "route", "A pair of airports.", [("keys", "origin, dest")])))
    Entity route
      A pair of airports.
      keys  origin, dest
    """
    return "\n".join(_lines(card))


def _lines(card: Card) -> Iterator[str]:
    yield _cut(" ".join(part for part in (card.kind, one_line(card.name)) if part), WIDTH)
    if card.about:
        yield f"  {_cut(one_line(card.about), WIDTH - 2)}"
    facts = [(name, one_line(text)) for name, text in card.facts if text]
    yield from (f"  {line}" for line in _table(facts[:FACTS]))
    if len(facts) > FACTS:
        yield f"  and {len(facts) - FACTS} more"
    if card.rows:
        yield ""
        rows = [[one_line(cell) for cell in row] for row in card.rows[:ROWS]]
        yield from (f"  {line}" for line in _table([card.columns, *rows]))
        if len(card.rows) > ROWS:
            yield f"  and {len(card.rows) - ROWS:,} more {card.what}"
    for note in card.notes[:NOTES]:
        yield f"  note: {_cut(one_line(note), WIDTH - 8)}"


def _table(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield rows in columns as wide as their widest cell; the last column has what is left of the line."""
    if not rows:
        return
    widths = [min(max(len(row[i]) for row in rows), 40) for i in range(len(rows[0]) - 1)]
    for row in rows:
        cells = [_cut(cell, width).ljust(width) for cell, width in zip(row, widths, strict=False)]
        head = "  ".join(cells)
        rest = WIDTH - 4 - len(head)
        yield f"{head}  {_cut(row[-1], max(rest, 16))}".rstrip() if cells else _cut(row[-1], WIDTH - 2)


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"
