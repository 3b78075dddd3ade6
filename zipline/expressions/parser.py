"""Read the text of an expression into the tree: a precedence climber over the tokens, which refuses what is outside the subset.

From loosest to tightest: OR; AND; NOT; one comparison, IS, IN, BETWEEN or LIKE; ||; + -; * / %; unary minus; [ ].
"""

from __future__ import annotations

import math
from typing import Final

from zipline.errors import DefinitionError, ExpressionError, nearest
from zipline.expressions.signatures import AGGREGATES, CASTS, FUNCTIONS, UNITS
from zipline.expressions.tokens import Token, refusal, tokenize
from zipline.expressions.tree import Call, Column, Literal, Node
from zipline.time import parse_time
from zipline.types import BOOL, DATE, FLOAT64, INT64, NULL, STRING, TIMESTAMP, DataType, parse_type

RESERVED: Final = frozenset(
    "AND OR NOT IS NULL IN BETWEEN LIKE ESCAPE CASE WHEN THEN ELSE END CAST TRUE FALSE SELECT DISTINCT FROM WHERE GROUP ORDER OVER".split()
)
_BINARY: Final = ({"||": "||"}, {"+": "+", "-": "-"}, {"*": "*", "/": "/", "%": "%"})
_COMPARISONS: Final = {"=": "=", "<>": "<>", "!=": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_SUFFIXES: Final = {*_COMPARISONS, "IS", "IN", "BETWEEN", "LIKE", "NOT"}
_MAX_DEPTH: Final = 60
_MICROS_PER_DAY: Final = 86_400_000_000


class Parser:
    """The state of one reading: the tokens and how far we are."""

    def __init__(self, text: str, *, derived: bool) -> None:
        self.text = text
        self.derived = derived
        self.tokens = tokenize(text)
        self.next = 0
        self.depth = 0

    def parse(self) -> Node:
        """Return the tree of the whole text."""
        if self._peek().kind == "end":
            raise ExpressionError("an empty expression", hint="write a SQL scalar expression, such as \"arr_delay > 15\"")
        node = self._or()
        self._end()
        return node

    def _or(self) -> Node:
        self.depth += 1
        if self.depth > _MAX_DEPTH:
            raise self._refuse(self._peek(), f"nested deeper than {_MAX_DEPTH} levels", "split it over several columns of select")
        node = self._chain("or", lambda: self._chain("and", self._not))
        self.depth -= 1
        return node

    def _chain(self, name: str, operand: object) -> Node:
        assert callable(operand)
        first = self._peek()
        parts: list[Node] = [operand()]
        while self._take(name.upper()):
            parts.append(operand())
        if len(parts) == 1:
            return parts[0]
        flat = [each for part in parts for each in (part.args if isinstance(part, Call) and part.name == name else [part])]
        return Call(name, tuple(flat), at=first.at)

    def _not(self) -> Node:
        inverted: list[Token] = []
        while token := self._take("NOT"):
            inverted.append(token)
        node = self._comparison()
        for token in reversed(inverted):
            node = Call("not", (node,), at=token.at)
        return node

    def _comparison(self) -> Node:
        left = self._operand()
        token = self._peek()
        if not self._starts_suffix(token):
            return left
        self.next += 1
        negated = token.value == "NOT" and token.kind == "word"
        operator = self._advance() if negated else token
        node = self._suffix(left, operator)
        if self._starts_suffix(self._peek()):
            raise self._refuse(self._peek(), f"{self._peek().text!r} after another comparison is ambiguous", "put parentheses around one of them")
        return Call("not", (node,), at=token.at) if negated else node

    def _starts_suffix(self, token: Token) -> bool:
        return token.kind in ("word", "symbol") and token.value in _SUFFIXES

    def _suffix(self, left: Node, token: Token) -> Node:
        if token.kind == "symbol" and token.value in _COMPARISONS:
            return Call(_COMPARISONS[token.value], (left, self._operand()), at=token.at)
        match token.value:
            case "IS":
                return self._is_null(left, token)
            case "IN":
                return Call("in", (left, *self._options()), at=token.at)
            case "BETWEEN":
                low = self._operand()
                self._expect("AND")
                high = self._operand()
                return Call("and", (Call(">=", (left, low), at=token.at), Call("<=", (left, high), at=token.at)), at=token.at)
            case "LIKE":
                return self._like(left, token)
        raise self._refuse(token, f"{token.text!r} cannot follow NOT here", "after a value, NOT is followed by IN, BETWEEN or LIKE")

    def _is_null(self, left: Node, token: Token) -> Node:
        negated = self._take("NOT")
        if not self._take("NULL"):
            raise self._refuse(self._peek(), f"IS takes NULL or NOT NULL, not {self._peek().text!r}", "use = or <> for other values")
        node = Call("is_null", (left,), at=token.at)
        return Call("not", (node,), at=token.at) if negated else node

    def _like(self, left: Node, token: Token) -> Node:
        pattern = self._string("a LIKE pattern")
        if not self._take("ESCAPE"):
            return Call("like", (left, pattern), at=token.at)
        escape = self._string("an ESCAPE character")
        mark, body = str(escape.value), str(pattern.value)
        if len(mark) != 1 or mark in "%_":
            raise refusal(self.text, escape.at, "ESCAPE takes one character other than % and _")
        if body.replace(mark * 2, "").endswith(mark):
            raise refusal(self.text, pattern.at, f"the pattern ends in its escape character {mark!r}")
        return Call("like", (left, pattern, escape), at=token.at)

    def _operand(self, level: int = 0) -> Node:
        if level == len(_BINARY):
            return self._unary()
        node = self._operand(level + 1)
        while self._peek().kind == "symbol" and self._peek().value in _BINARY[level]:
            token = self._advance()
            node = Call(token.value, (node, self._operand(level + 1)), at=token.at)
        return node

    def _unary(self) -> Node:
        signs: list[Token] = []
        while self._peek().kind == "symbol" and self._peek().value in ("-", "+"):
            signs.append(self._advance())
        minuses = [sign for sign in signs if sign.value == "-"]
        folded = bool(minuses) and self._peek().kind == "number"
        node = self._postfix(negative=folded)
        for sign in reversed(minuses[:-1] if folded else minuses):
            node = _negated(node, sign)
        return node

    def _postfix(self, negative: bool) -> Node:
        node = self._primary(negative)
        while bracket := self._take("["):
            position = self._or()
            self._expect("]")
            node = Call("index", (node, position), at=bracket.at)
        return node

    def _primary(self, negative: bool) -> Node:
        token = self._advance()
        if token.kind == "number":
            return self._number(token, negative)
        if token.kind == "string":
            return Literal(token.value, STRING, token.at)
        if token.kind == "quoted":
            return self._column(token)
        if token.kind == "word":
            return self._word(token)
        if token.value == "(":
            node = self._or()
            self._expect(")")
            return node
        raise self._unexpected(token)

    def _word(self, token: Token) -> Node:
        following = self._peek()
        if token.value in ("TRUE", "FALSE"):
            return Literal(token.value == "TRUE", BOOL, token.at)
        if token.value == "NULL":
            return Literal(None, NULL, token.at)
        if token.value == "CASE":
            return self._case(token)
        if token.value == "CAST":
            return self._cast(token)
        if token.value in ("DATE", "TIMESTAMP") and following.kind == "string":
            return self._moment(token, self._advance())
        if token.value in RESERVED:
            raise self._unexpected(token)
        if following.kind == "symbol" and following.value == "(":
            return self._function(token)
        return self._column(token)

    def _column(self, token: Token) -> Node:
        following = self._peek()
        if following.value == "." and following.kind == "symbol":
            raise self._refuse(following, "names with dots and fields of structs are refused", "select the field as a column of its own first")
        return Column(token.text if token.kind == "word" else token.value, at=token.at)

    def _number(self, token: Token, negative: bool) -> Literal:
        text = f"-{token.text}" if negative else token.text
        if token.text.isdigit():
            if not -(2**63) <= int(text) < 2**63:
                raise self._refuse(token, f"{text} is beyond int64", "write it with a point for a float64, such as 1e30")
            return Literal(int(text), INT64, token.at)
        value = float(text) + 0.0
        if math.isinf(value):
            raise self._refuse(token, f"{text} is beyond the largest float64")
        return Literal(value, FLOAT64, token.at)

    def _moment(self, kind: Token, literal: Token) -> Literal:
        try:
            micros = parse_time(literal.value)
        except DefinitionError as error:
            raise refusal(self.text, literal.at, error.message, error.hint) from None
        except Exception as error:
            raise refusal(self.text, literal.at, getattr(error, "message", str(error)), getattr(error, "hint", None)) from None
        if kind.value == "TIMESTAMP":
            return Literal(micros, TIMESTAMP, kind.at)
        if len(literal.value) != len("YYYY-MM-DD"):
            raise refusal(self.text, literal.at, f"{literal.value!r} is not a date", "write DATE 'YYYY-MM-DD'")
        return Literal(micros // _MICROS_PER_DAY, DATE, kind.at)

    def _case(self, token: Token) -> Node:
        subject = None if self._is_word("WHEN") else self._or()
        parts: list[Node] = []
        while when := self._take("WHEN"):
            condition = self._or()
            parts.append(condition if subject is None else Call("=", (subject, condition), at=when.at))
            self._expect("THEN")
            parts.append(self._or())
        if not parts:
            raise self._refuse(self._peek(), "CASE needs at least one WHEN")
        parts.append(self._or() if self._take("ELSE") else Literal(None, NULL, self._peek().at))
        self._expect("END")
        return Call("case", tuple(parts), at=token.at)

    def _cast(self, token: Token) -> Node:
        self._expect("(")
        node = self._or()
        self._expect("AS")
        first = self._advance()
        name = first.text
        if self._take("("):
            while self._peek().value != ")" and self._peek().kind in ("number", "symbol"):
                name += ("(" if name == first.text else "") + self._advance().text
            self._expect(")")
            name += ")"
        self._expect(")")
        return Call("cast", (node,), self._target(name, first), at=token.at)

    def _target(self, name: str, token: Token) -> DataType:
        targets = "bool, bigint, double, varchar, date, timestamp and decimal(p,s)"
        try:
            found = parse_type(name)
        except DefinitionError as error:
            raise self._refuse(token, f"CAST cannot give {name!r}", error.hint) from None
        if found.kind not in CASTS:
            raise self._refuse(token, f"CAST cannot give {found}", f"it gives {targets}")
        return found

    def _function(self, token: Token) -> Node:
        name = token.text.lower()
        if name not in FUNCTIONS:
            raise self._unknown(token, name)
        if FUNCTIONS[name].derived and not self.derived:
            raise self._refuse(token, f"{name} is for Derived only: engines differ in its last bits", "compute it after the windows, in a Derived")
        self._expect("(")
        args = self._arguments()
        self._check_count(token, name, len(args))
        if FUNCTIONS[name].unit:
            args[0] = self._unit(args[0])
        if self._is_word("OVER"):
            raise self._refuse(self._peek(), "window functions are refused", "use an aggregation with .over(window)")
        return Call("case" if name == "if" else name, tuple(args), at=token.at)

    def _unknown(self, token: Token, name: str) -> ExpressionError:
        if name in AGGREGATES:
            hint = "aggregate in the feature itself, such as Sum(column), or use least and greatest within a row"
            return self._refuse(token, f"{name} is an aggregate; an expression is about one row", hint)
        allowed = [each for each, signature in FUNCTIONS.items() if self.derived or not signature.derived]
        return self._refuse(token, f"unknown function {name!r}", nearest(name, allowed))

    def _check_count(self, token: Token, name: str, count: int) -> None:
        signature = FUNCTIONS[name]
        if count < signature.least or signature.most is not None and count > signature.most:
            wanted = str(signature.least)
            if signature.most is None:
                wanted += " or more"
            elif signature.most != signature.least:
                wanted += f" to {signature.most}"
            raise self._refuse(token, f"{name} takes {wanted} arguments, not {count}", f"it takes {signature.takes}")

    def _unit(self, node: Node) -> Literal:
        if not isinstance(node, Literal) or not isinstance(node.value, str):
            raise refusal(self.text, node.at, "the unit must be a literal string", nearest("", UNITS))
        if node.value.lower() not in UNITS:
            raise refusal(self.text, node.at, f"{node.value!r} is not a unit", nearest(node.value.lower(), UNITS))
        return Literal(node.value.lower(), STRING, node.at)

    def _arguments(self) -> list[Node]:
        args: list[Node] = []
        if self._take(")"):
            return args
        while True:
            args.append(self._or())
            if self._take(")"):
                return args
            self._expect(",")

    def _options(self) -> list[Node]:
        opening = self._peek()
        self._expect("(")
        options = self._arguments()
        if not options:
            raise self._refuse(opening, "IN needs at least one value")
        return options

    def _string(self, what: str) -> Literal:
        token = self._advance()
        if token.kind != "string":
            raise self._refuse(token, f"{what} must be a literal string, not {token.text!r}")
        return Literal(token.value, STRING, token.at)

    def _peek(self) -> Token:
        return self.tokens[self.next]

    def _advance(self) -> Token:
        token = self.tokens[self.next]
        if token.kind != "end":
            self.next += 1
        return token

    def _is_word(self, value: str) -> bool:
        return self._peek().kind == "word" and self._peek().value == value

    def _take(self, value: str) -> Token | None:
        token = self._peek()
        if token.kind in ("word", "symbol") and token.value == value:
            self.next += 1
            return token
        return None

    def _expect(self, value: str) -> None:
        if not self._take(value):
            raise self._unexpected(self._peek(), f"expected {value!r}, found")

    def _refuse(self, token: Token, message: str, hint: str | None = None) -> ExpressionError:
        return refusal(self.text, token.at, message, hint)

    def _end(self) -> None:
        if self._peek().kind != "end":
            raise self._unexpected(self._peek())

    def _unexpected(self, token: Token, found: str = "did not expect") -> ExpressionError:
        hint = _HINTS.get(token.value) if token.kind in ("word", "symbol") else None
        shown = token.text if token.kind == "end" else repr(token.text)
        return self._refuse(token, f"{found} {shown}", hint)


def _negated(node: Node, sign: Token) -> Node:
    if isinstance(node, Literal) and node.type in (INT64, FLOAT64):
        value = -node.value + 0 if isinstance(node.value, int | float) else 0
        if abs(value) < 2**63 or node.type == FLOAT64:
            return Literal(value, node.type, sign.at)
    return Call("negate", (node,), at=sign.at)


_SUBQUERY: Final = "an expression is about one row of one table: subqueries are refused"
_PARAMETER: Final = "parameters are refused: write the value itself"
_HINTS: Final = {
    "SELECT": _SUBQUERY, "FROM": _SUBQUERY, "WHERE": _SUBQUERY, "?": _PARAMETER, "$": _PARAMETER, ":": _PARAMETER, "@": _PARAMETER,
    "OVER": "window functions are refused: use an aggregation with .over(window)", "DISTINCT": "aggregates are refused",
    "*": "* stands for no single column: name one", "::": "write CAST(x AS type)", "==": "write =", "^": "write pow(x, y), in a Derived",
    "AS": "the name of a column is given by select={name: expression}", ";": "one expression, without an end mark",
    "ILIKE": "write lower(x) LIKE '...'", "[": "lists are columns, there are no literal ones", ".": "names with dots are refused",
    "INTERVAL": "compare date_diff, or epoch_us and a number of microseconds", "DIV": "write floor(a / b)", "MOD": "write a % b",
}  # fmt: skip
