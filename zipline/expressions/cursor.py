"""Walk over the tokens of an expression, and say what was wrong with the one at hand."""

from __future__ import annotations

from typing import Final

from zipline.errors import ExpressionError
from zipline.expressions.tokens import Token, refusal, tokenize

RESERVED: Final = frozenset(
    "AND OR NOT IS NULL IN BETWEEN LIKE ESCAPE CASE WHEN THEN ELSE END CAST TRUE FALSE".split()  # noqa: SIM905
    + "SELECT DISTINCT FROM WHERE GROUP ORDER OVER".split()  # noqa: SIM905
)
"""Words that are no column's name unless quoted."""

_SUBQUERY: Final = "an expression is about one row of one table: subqueries are refused"
_PARAMETER: Final = "parameters are refused: write the value itself"
_HINTS: Final = {
    "SELECT": _SUBQUERY,
    "FROM": _SUBQUERY,
    "WHERE": _SUBQUERY,
    "?": _PARAMETER,
    "$": _PARAMETER,
    ":": _PARAMETER,
    "@": _PARAMETER,
    "OVER": "window functions are refused: use an aggregation with .over(window)",
    "DISTINCT": "aggregates are refused",
    "*": "* stands for no single column: name one",
    "::": "write CAST(x AS type)",
    "==": "write =",
    "^": "write pow(x, y), in a Derived",
    "AS": "the name of a column is given by select={name: expression}",
    ";": "one expression, without an end mark",
    "ILIKE": "write lower(x) LIKE '...'",
    "[": "lists are columns, there are no literal ones",
    ".": "names with dots are refused",
    "INTERVAL": "compare date_diff, or epoch_us and a number of microseconds",
    "DIV": "write floor(a / b)",
    "MOD": "write a % b",
}


class Cursor:
    """The tokens of one text and how far they have been read.

    Attributes:
        text: as the user wrote it.
        next: the index of the token at hand.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = tokenize(text)
        self.next = 0

    def peek(self) -> Token:
        """Return the token at hand."""
        return self.tokens[self.next]

    def advance(self) -> Token:
        """Return the token at hand and go on to the next; the end is never passed."""
        token = self.tokens[self.next]
        if token.kind != "end":
            self.next += 1
        return token

    def sees(self, *values: str) -> bool:
        """Tell whether a word or symbol is at hand that is one of these."""
        token = self.peek()
        return token.kind in ("word", "symbol") and token.value in values

    def take(self, value: str) -> Token | None:
        """Return the token at hand and go on if it is this word or symbol."""
        return self.advance() if self.sees(value) else None

    def expect(self, value: str) -> None:
        """Go past this word or symbol; anything else is an error."""
        if not self.take(value):
            raise self.unexpected(self.peek(), f"expected {value!r}, found")

    def refuse(self, message: str, hint: str | None = None, *, at: int | None = None) -> ExpressionError:
        """Return the error at an offset, or at the token at hand."""
        return refusal(self.text, self.peek().at if at is None else at, message, hint)

    def unexpected(self, token: Token, found: str = "did not expect") -> ExpressionError:
        """Return the error for a token that fits nowhere, with what to write in its place if known."""
        hint = _HINTS.get(token.value) if token.kind in ("word", "symbol") else None
        shown = token.text if token.kind == "end" else repr(token.text)
        return self.refuse(f"{found} {shown}", hint, at=token.at)
