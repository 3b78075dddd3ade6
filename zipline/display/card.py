"""Card: what is shown of a thing, before it is text or HTML."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Card:
    """A definition or result in words.

    Attributes:
        kind, name: the head: `FeatureView` `carrier_delays`.
        about: one line on what it is for.
        facts: (name, text); those without a text are left out.
        columns, rows: a table, such as the features.
        notes: what a reader should know beside.
        what: what the rows are, in the plural.
    """

    kind: str
    name: str
    about: str = ""
    facts: Sequence[tuple[str, str]] = ()
    columns: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = field(default=())
    notes: Sequence[str] = ()
    what: str = "features"


def one_line(text: str) -> str:
    """Return a text on one line, with what a terminal would act on made visible.

    >>> one_line("Delays\\n   of a carrier\\x1b[31m")
    'Delays of a carrier\\\\x1b[31m'
    """
    joined = " ".join(text.split())
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in joined)
