"""Cut the text of an expression into tokens, each with its place, so that every later refusal can point at
it.

Written out rather than taken from a SQL library: those fold, upper-case and reinterpret words (`SHOW`,
`LEFT`, `IF`), and
here the words must mean what was written.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from zipline.errors import ExpressionError

_TOKEN: Final = re.compile(
    r"""(?P<space>\s+|--[^\n]*|/\*.*?\*/)
    |(?P<number>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
    |(?P<string>'(?:[^']|'')*')
    |(?P<quoted>"(?:[^"]|"")+")
    |(?P<word>[^\W\d]\w*)
    |(?P<symbol><>|!=|<=|>=|==|::|\|\||->>?|[-+*/%(),<>=\[\].?$:@{};&|^~!\#])""",
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True)
class Token:
    """One word, symbol, number, string or quoted name; `end` closes the text.

    `value` is what it stands for: a word in upper case, the inside of a string or quoted name.
    """

    kind: str
    text: str
    value: str
    at: int


def refusal(text: str, at: int, message: str, hint: str | None = None) -> ExpressionError:
    """Return the error that names line and column of offset `at`, shows the line and points at the place."""
    start = text.rfind("\n", 0, at) + 1
    line = text[start:].split("\n", 1)[0]
    place = f"line {text.count(chr(10), 0, at) + 1}, column {at - start + 1}"
    return ExpressionError(f"{message} ({place})\n    {line}\n    {' ' * (at - start)}^", hint=hint)


def tokenize(text: str) -> list[Token]:
    """Return the tokens of a text, the last of kind `end`; a character that begins none is an error.

    >>> [token.value for token in tokenize("a>1.5 -- late")]
    ['A', '>', '1.5', '']
    """
    tokens: list[Token] = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None or (text.startswith("/*", at) and match.lastgroup != "space"):
            raise refusal(text, at, _unreadable(text[at:]))
        kind, found = match.lastgroup or "", match[0]
        if kind == "number" and re.match(r"[\w.]", text[match.end() :]):
            raise refusal(text, match.end(), f"a number cannot go on with {text[match.end()]!r}")
        if kind != "space":
            tokens.append(Token(kind, found, _value(kind, found), at))
        if "\0" in found:
            raise refusal(text, at + found.index("\0"), "a NUL character cannot be part of an expression")
        at = match.end()
    return [*tokens, Token("end", "the end of the expression", "", len(text.rstrip()))]


def _value(kind: str, found: str) -> str:
    if kind in ("string", "quoted"):
        quote = found[0]
        return found[1:-1].replace(quote * 2, quote)
    return found.upper() if kind == "word" else found


def _unreadable(rest: str) -> str:
    if rest.startswith("'"):
        return "this string is not closed"
    if rest.startswith('"'):
        return "an empty quoted name" if rest.startswith('""') else "this quoted name is not closed"
    return (
        "this comment is not closed" if rest.startswith("/*") else f"{rest[0]!r} is not part of an expression"
    )
