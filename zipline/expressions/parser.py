"""Read the text of an expression into the tree, and refuse what is outside the subset.

From loosest to tightest: OR; AND; NOT; one comparison, IS, IN, BETWEEN or LIKE; ||; + -; * / %; minus; [ ].
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from zipline.errors import ExpressionError
from zipline.expressions import calls, constants
from zipline.expressions.cursor import RESERVED, Cursor
from zipline.expressions.tokens import Token
from zipline.expressions.tree import Call, Column, Literal, Node, depth
from zipline.types import BOOL, NULL, STRING

_BINARY: Final = (("||",), ("+", "-"), ("*", "/", "%"))
_COMPARISONS: Final = {"=": "=", "<>": "<>", "!=": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_NEGATABLE: Final = ("IN", "BETWEEN", "LIKE")
_SUFFIXES: Final = (*_COMPARISONS, "IS", "NOT", *_NEGATABLE)
_MOST_NESTED: Final = 32
_MOST_LEVELS: Final = 200


class Parser(Cursor):
    """One reading of one text: each method reads what its name says and returns its node."""

    def __init__(self, text: str, *, derived: bool) -> None:
        super().__init__(text)
        self.derived = derived
        self.nested = 0

    def parse(self) -> Node:
        """Return the tree of the whole text."""
        if self.peek().kind == "end":
            hint = "write a SQL scalar expression, such as arr_delay > 15"
            raise ExpressionError("an empty expression", hint=hint)
        node = self._or()
        if self.peek().kind != "end":
            raise self.unexpected(self.peek())
        if depth(node) > _MOST_LEVELS:
            raise self._too_deep(_MOST_LEVELS)
        return node

    def _too_deep(self, limit: int) -> ExpressionError:
        return self.refuse(f"nested deeper than {limit} levels", "split it over several columns of select")

    def _or(self) -> Node:
        self.nested += 1
        if self.nested > _MOST_NESTED:
            raise self._too_deep(_MOST_NESTED)
        node = self._chain("or", self._and)
        self.nested -= 1
        return node

    def _and(self) -> Node:
        return self._chain("and", self._not)

    def _chain(self, name: str, operand: Callable[[], Node]) -> Node:
        first = self.peek()
        parts: list[Node] = [operand()]
        while self.take(name.upper()):
            parts.append(operand())
        if len(parts) == 1:
            return parts[0]
        flat = [
            each
            for part in parts
            for each in (part.args if isinstance(part, Call) and part.name == name else [part])
        ]
        return Call(name, tuple(flat), at=first.at)

    def _not(self) -> Node:
        inverted: list[Token] = []
        while token := self.take("NOT"):
            inverted.append(token)
        node = self._comparison()
        for token in reversed(inverted):
            node = Call("not", (node,), at=token.at)
        return node

    def _comparison(self) -> Node:
        left = self._operand()
        if not self.sees(*_SUFFIXES):
            return left
        negation = self.take("NOT")
        if negation and not self.sees(*_NEGATABLE):
            hint = "after a value, NOT is followed by IN, BETWEEN or LIKE"
            raise self.refuse(f"{self.peek().text!r} cannot follow NOT here", hint)
        node = self._suffix(left, self.advance())
        if self.sees(*_SUFFIXES):
            message = f"{self.peek().text!r} after another comparison is ambiguous"
            raise self.refuse(message, "put parentheses around one of them")
        return Call("not", (node,), at=negation.at) if negation else node

    def _suffix(self, left: Node, token: Token) -> Node:
        match token.value:
            case "IS":
                return self._is_null(left, token)
            case "IN":
                return Call("in", (left, *self._options()), at=token.at)
            case "BETWEEN":
                return self._between(left, token)
            case "LIKE":
                return self._like(left, token)
        return Call(_COMPARISONS[token.value], (left, self._operand()), at=token.at)

    def _between(self, left: Node, token: Token) -> Node:
        low = self._operand()
        self.expect("AND")
        above = Call(">=", (left, low), at=token.at)
        return Call("and", (above, Call("<=", (left, self._operand()), at=token.at)), at=token.at)

    def _is_null(self, left: Node, token: Token) -> Node:
        negated = self.take("NOT")
        if not self.take("NULL"):
            message = f"IS takes NULL or NOT NULL, not {self.peek().text!r}"
            raise self.refuse(message, "use = or <> for other values")
        node = Call("is_null", (left,), at=token.at)
        return Call("not", (node,), at=token.at) if negated else node

    def _like(self, left: Node, token: Token) -> Node:
        pattern = self._string("a LIKE pattern")
        if not self.take("ESCAPE"):
            return Call("like", (left, pattern), at=token.at)
        escape = self._string("an ESCAPE character")
        mark, body = str(escape.value), str(pattern.value)
        if len(mark) != 1 or mark in "%_":
            raise self.refuse("ESCAPE takes one character other than % and _", at=escape.at)
        if body.replace(mark * 2, "").endswith(mark):
            raise self.refuse(f"the pattern ends in its escape character {mark!r}", at=pattern.at)
        return Call("like", (left, pattern, escape), at=token.at)

    def _operand(self, level: int = 0) -> Node:
        if level == len(_BINARY):
            return self._unary()
        node = self._operand(level + 1)
        while self.sees(*_BINARY[level]):
            token = self.advance()
            node = Call(token.value, (node, self._operand(level + 1)), at=token.at)
        return node

    def _unary(self) -> Node:
        signs: list[Token] = []
        while self.sees("-", "+"):
            signs.append(self.advance())
        minuses = [sign for sign in signs if sign.value == "-"]
        folded = bool(minuses) and self.peek().kind == "number"
        node = self._postfix(negative=folded)
        for sign in reversed(minuses[:-1] if folded else minuses):
            node = constants.negated(node, sign.at)
        return node

    def _postfix(self, negative: bool) -> Node:
        node = self._primary(negative)
        while bracket := self.take("["):
            position = self._or()
            self.expect("]")
            node = Call("index", (node, position), at=bracket.at)
        return node

    def _primary(self, negative: bool) -> Node:
        token = self.advance()
        if token.kind == "number":
            return constants.number(self.text, token, negative=negative)
        if token.kind == "string":
            return Literal(token.value, STRING, token.at)
        if token.kind == "quoted":
            return self._column(token)
        if token.kind == "word":
            return self._word(token)
        if token.value == "(":
            node = self._or()
            self.expect(")")
            return node
        raise self.unexpected(token)

    def _word(self, token: Token) -> Node:
        if token.value in ("TRUE", "FALSE"):
            return Literal(token.value == "TRUE", BOOL, token.at)
        if token.value == "NULL":
            return Literal(None, NULL, token.at)
        if token.value == "CASE":
            return self._case(token)
        if token.value == "CAST":
            return self._cast(token)
        if token.value in ("DATE", "TIMESTAMP") and self.peek().kind == "string":
            return constants.moment(self.text, token, self.advance())
        if token.value in RESERVED:
            raise self.unexpected(token)
        if self.sees("("):
            return self._function(token)
        return self._column(token)

    def _column(self, token: Token) -> Node:
        if self.sees("."):
            hint = "select the field as a column of its own first"
            raise self.refuse("names with dots and fields of structs are refused", hint)
        return Column(token.text if token.kind == "word" else token.value, at=token.at)

    def _case(self, token: Token) -> Node:
        subject = None if self.sees("WHEN") else self._or()
        parts: list[Node] = []
        while when := self.take("WHEN"):
            condition = self._or()
            parts.append(condition if subject is None else Call("=", (subject, condition), at=when.at))
            self.expect("THEN")
            parts.append(self._or())
        if not parts:
            raise self.refuse("CASE needs at least one WHEN")
        parts.append(self._or() if self.take("ELSE") else Literal(None, NULL, self.peek().at))
        self.expect("END")
        return Call("case", tuple(parts), at=token.at)

    def _cast(self, token: Token) -> Node:
        self.expect("(")
        node = self._or()
        self.expect("AS")
        first = self.advance()
        name = first.text
        if self.take("("):
            parts: list[str] = []
            while not self.sees(")") and self.peek().kind != "end":
                parts.append(self.advance().text)
            self.expect(")")
            name += f"({''.join(parts)})"
        self.expect(")")
        return Call("cast", (node,), constants.target(self.text, name, first.at), at=token.at)

    def _function(self, token: Token) -> Node:
        calls.check_name(self.text, token, derived=self.derived)
        self.expect("(")
        node = calls.build(self.text, token, self._arguments())
        if self.sees("OVER"):
            raise self.unexpected(self.peek())
        return node

    def _arguments(self) -> list[Node]:
        args: list[Node] = []
        if self.take(")"):
            return args
        while True:
            args.append(self._or())
            if self.take(")"):
                return args
            self.expect(",")

    def _options(self) -> list[Node]:
        opening = self.peek()
        self.expect("(")
        options = self._arguments()
        if not options:
            raise self.refuse("IN needs at least one value", at=opening.at)
        return options

    def _string(self, what: str) -> Literal:
        token = self.advance()
        if token.kind != "string":
            raise self.refuse(f"{what} must be a literal string, not {token.text!r}", at=token.at)
        return Literal(token.value, STRING, token.at)
