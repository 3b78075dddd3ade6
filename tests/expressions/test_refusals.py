"""Everything outside the subset is refused where it stands, with the way out."""

from __future__ import annotations

import pytest

from tests.expressions.cases import SCHEMA
from tests.refusals import refusal
from zipline.errors import ExpressionError
from zipline.expressions import parse

WRITTEN = {
    "": "an empty expression",
    "a +": "did not expect the end of the expression (line 1, column 4)",
    "a b": "did not expect 'b' (line 1, column 3)",
    "(a": "expected ')', found the end of the expression",
    "a in (select 1)": "did not expect 'select' (line 1, column 7)|subqueries are refused",
    "exists (select 1)": "unknown function 'exists'",
    "sum(a)": "sum is an aggregate|Sum(column)",
    "count(*)": "count is an aggregate",
    "abs(a) over ()": "did not expect 'over' (line 1, column 8)|window functions are refused",
    "sqr(a)": "unknown function 'sqr' (line 1, column 1)|did you mean 'sqrt'?",
    "ln(a)": "ln is for Derived only",
    "abs(a, b)": "abs takes 1 argument, not 2",
    "substring(a)": "substring takes 2 to 3 arguments, not 1",
    "coalesce()": "coalesce takes 1 or more arguments, not 0",
    "replace(a, b)": "replace takes 3 arguments, not 2",
    "a > ?": "did not expect '?' (line 1, column 5)|parameters are refused",
    "$1": "parameters are refused",
    "*": "* stands for no single column",
    "t.a": "names with dots and fields of structs are refused (line 1, column 2)",
    "a::int": "did not expect '::'|CAST(x AS type)",
    "a == 1": "did not expect '=='|write =",
    "a as b": "select={name: expression}",
    "a ilike 'x'": "lower(x) LIKE",
    "a < b < c": "'<' after another comparison is ambiguous (line 1, column 7)|parentheses",
    "a not = b": "'=' cannot follow NOT here|IN, BETWEEN or LIKE",
    "a is true": "IS takes NULL or NOT NULL, not 'true'",
    "a in ()": "IN needs at least one value (line 1, column 6)",
    "a like b": "a LIKE pattern must be a literal string, not 'b'",
    "a like 'x' escape 'ab'": "ESCAPE takes one character",
    "a like 'x!' escape '!'": "the pattern ends in its escape character '!'",
    "case else 1 end": "did not expect 'else'",
    "case a end": "CASE needs at least one WHEN",
    "cast(a as json)": "CAST cannot give 'json' (line 1, column 11)",
    "cast(a as blob)": "CAST cannot give binary|it gives bool, bigint",
    "cast(a as decimal(40,2))": "CAST cannot give 'decimal(40,2)'",
    "date_trunc('month', t)": "'month' is not a unit (line 1, column 12)|'week'",
    "date_trunc(a, t)": "the unit must be a literal string",
    "9223372036854775808": "9223372036854775808 is beyond int64",
    "1e400": "1e400 is beyond the largest float64",
    "1abc": "a number cannot go on with 'a' (line 1, column 2)",
    "'abc": "this string is not closed (line 1, column 1)",
    '"abc': "this quoted name is not closed",
    '""': "an empty quoted name",
    "a /* b": "this comment is not closed",
    "a § b": "'§' is not part of an expression (line 1, column 3)",
    "'a\0b'": "a NUL character cannot be part of an expression (line 1, column 3)",
    "timestamp '2024-02-30'": "'2024-02-30' is not a time|(line 1, column 11)",
    "date '2024-02-01T00:00'": "'2024-02-01T00:00' is not a date",
    "interval": "unknown column",
    "(" * 40 + "a" + ")" * 40: "nested deeper than 32 levels",
    "a" + " + a" * 300: "nested deeper than 200 levels",
}

TYPED = {
    "ii + 1": "unknown column 'ii' (line 1, column 1)|did you mean 'i'?",
    "i\n  + s": "+ cannot take int64, string (line 2, column 3)|it takes two numbers",
    "s || i": "cannot take string, int64 (line 1, column 3)|CAST(x AS varchar)",
    "t > '2024-01-01'": "> cannot take timestamp, string|TIMESTAMP '2024-06-01T12:00:00Z'",
    "t - t": "- cannot take timestamp, timestamp|date_diff",
    "i AND a": "AND cannot take int64, bool",
    "NOT i": "NOT cannot take int64",
    "li = li": "= cannot take list<int64>, list<int64>",
    "CASE WHEN a THEN i ELSE s END": "CASE cannot take bool, int64, string",
    "i IN (1, 'a')": "IN cannot take int64, int64, string",
    "CAST(x AS varchar)": "CAST cannot take float64 to string|write floats differently",
    "CAST(x AS decimal(3,1))": "CAST cannot take float64 to decimal(3,1)",
    "CAST(t AS varchar)": "CAST cannot take timestamp to string",
    "CAST(i AS date)": "CAST cannot take int64 to date|timestamp",
    "q * q * q * q * q": "* cannot take decimal",
    "length(i)": "length cannot take int64|it takes string",
    "li[x]": "[] cannot take list<int64>, float64",
    "list_contains(li, s)": "list_contains cannot take list<int64>, string",
}


@pytest.mark.parametrize("text", WRITTEN)
def test_a_text_outside_the_subset_is_refused_when_it_is_read(text: str) -> None:
    def build() -> object:
        return parse(text).type_of({})

    message = refusal(build, ExpressionError)
    for part in WRITTEN[text].split("|"):
        assert part in message


@pytest.mark.parametrize("text", TYPED)
def test_an_operand_of_the_wrong_type_is_refused_when_the_schema_is_known(text: str) -> None:
    message = refusal(lambda: parse(text).type_of(SCHEMA), ExpressionError)
    for part in TYPED[text].split("|"):
        assert part in message


def test_the_caret_points_at_the_place() -> None:
    message = refusal(lambda: parse("a > 1 AND\n  sqr(b)"), ExpressionError)
    assert "(line 2, column 3)\n      sqr(b)\n      ^" in message
