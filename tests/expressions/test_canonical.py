"""One text per meaning as written. A change here is a new version of someone's view."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from tests.expressions.test_agreement import TEXTS
from zipline.expressions import parse

GOLDEN = {
    "a>15": "a > 15",
    "  ( ( a ) ) >  15 -- late": "a > 15",
    "a /* x */ != 15": "a <> 15",
    "a > 1 and b<2 Or not c": "((a > 1) AND (b < 2)) OR (NOT c)",
    "a and (b and c)": "a AND b AND c",
    "a between 1 and 2": "(a >= 1) AND (a <= 2)",
    "a not between 1 and 2": "NOT ((a >= 1) AND (a <= 2))",
    "a is not null": "NOT (a IS NULL)",
    "a not in (1,2)": "NOT (a IN (1, 2))",
    "a+b*c-d": "(a + (b * c)) - d",
    "a||'x'||b": "(a || 'x') || b",
    "-(5)": "-5",
    "+a": "a",
    "- -a": "- (- a)",
    "-9223372036854775808": "-9223372036854775808",
    "1.50": "1.5",
    "1e3": "1000.0",
    "-0.0": "0.0",
    ".5": "0.5",
    "NULL": "NULL",
    "true": "TRUE",
    "'it''s'": "'it''s'",
    '"a"': "a",
    '"select"': '"select"',
    '"with ""quotes"" and space"': '"with ""quotes"" and space"',
    "date '2024-06-01'": "DATE '2024-06-01'",
    "timestamp '2024-06-01 12:00+02'": "TIMESTAMP '2024-06-01T10:00:00Z'",
    "timestamp '0001-01-01'": "TIMESTAMP '0001-01-01T00:00:00Z'",
    "if(a, 1, 2)": "CASE WHEN a THEN 1 ELSE 2 END",
    "case a when 1 then 2 end": "CASE WHEN a = 1 THEN 2 ELSE NULL END",
    "Coalesce(a,b)": "coalesce(a, b)",
    "cast(a as INTEGER)": "CAST(a AS int64)",
    "cast(a as numeric( 10 ,2))": "CAST(a AS decimal(10,2))",
    "a like '%x' escape '!'": "a LIKE '%x' ESCAPE '!'",
    "a[1][2]": "a[1][2]",
    "date_trunc('DAY', t)": "date_trunc('day', t)",
}


@pytest.mark.parametrize("text", GOLDEN)
def test_equivalent_spellings_have_one_text(text: str) -> None:
    assert parse(text).canonical == GOLDEN[text]


@given(text=TEXTS)
@settings(max_examples=200)
def test_the_canonical_text_reads_back_as_the_same_expression(text: str) -> None:
    expression = parse(text)
    again = parse(expression.canonical)
    assert again == expression
    assert again.canonical == expression.canonical


def test_columns_are_those_that_are_read_in_order_of_first_use() -> None:
    assert parse('b + "A b" * a - b').columns == ("b", "A b", "a")


def test_expressions_are_equal_by_meaning_and_keep_their_text() -> None:
    assert parse("a>1") == parse("A > 1".lower())
    assert parse("a>1").text == "a>1"
    assert parse("1") != parse("1.0")
    assert parse("a = TRUE") != parse("a = 1")
