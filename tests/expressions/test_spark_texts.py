"""Spark reads texts as the reference does, and holds to zipline's meaning where the table of cases has no room."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from tests.expressions.evaluators import Failed, all_on_spark, on_spark, on_zipline, plain
from tests.services.spark import session
from zipline.engines.spark.casts import read
from zipline.engines.spark.expressions import to_sql
from zipline.engines.spark.sql import literal, quote, spark_type
from zipline.errors import DataError
from zipline.expressions import parse
from zipline.reference.casts import cast
from zipline.types import BOOL, DATE, FLOAT64, INT64, STRING, TIMESTAMP, DataType, decimal, list_of, struct_of

DAYS = (
    "2020-02-29",
    "2021-02-29",
    "0001-01-01",
    "9999-12-31",
    "0000-01-01",
    "1582-10-10",
    "2020-13-01",
    "20-1-1",
)
CLOCKS = (
    "", "T00:00", " 23:59:59", "T10:00:00.1234567", " 10:00:00.", "T24:00", " 23:60", "T23:59:60", "t10:00", " 1:00",
    "T10", "T23:59:59.999999",
)  # fmt: skip
ZONES = ("", "Z", "z", "+00", "-23:59", "+2359", "-05:3", "+24", "+01:60", " UTC", "\n")
WHOLE = (
    "",
    "0",
    "7",
    "007",
    "9223372036854775807",
    "9223372036854775808",
    "9" * 40,
    "0" * 50 + "1",
    "٧",
    "1_0",
)
FRACTIONS = ("", ".", ".5", ".005", ".995", ".004" + "9" * 60, "," + "5")
EXPONENTS = ("", "e1", "E-400", "e+308", "e309", "e", "d")
WORDS = (
    "true", "FALSE", "t", "yes", "inf", "+Infinity", "-INF", "nan", "-NaN", "+nan", "infinit", "NaNs", " 1", "1 ",
    "1\n", "0x1p3", "1f", "ınf", "",
)  # fmt: skip
TIMES = tuple(map("".join, product(DAYS, CLOCKS, ZONES)))
NUMBERS = (*map("".join, product(("", "+", "-", "--"), WHOLE, FRACTIONS, EXPONENTS)), *WORDS)


def _said(text: str, kind: DataType) -> Any:
    try:
        return cast(text, STRING, kind)
    except DataError:
        return None


@pytest.mark.parametrize(
    "kind", [INT64, FLOAT64, BOOL, decimal(4, 2), decimal(38, 0), decimal(38, 38), DATE, TIMESTAMP], ids=str
)
def test_spark_reads_the_texts_that_the_reference_reads(kind: DataType) -> None:
    texts = TIMES if kind in (DATE, TIMESTAMP) else NUMBERS
    frame = session().createDataFrame([(text,) for text in texts], "s STRING")
    sql = read("s", kind)
    found = frame.selectExpr("s", f"unix_date({sql})" if kind == DATE else sql).collect()
    wrong = [(text, value) for text, value in found if plain(value) != plain(_said(text, kind))]
    assert (len(found), wrong) == (len(texts), [])


@pytest.mark.parametrize(
    ("text", "row", "message"),
    [
        ("CAST(s AS bigint)", {"s": "7.0"}, "zipline:value:int64:7.0"),
        ("CAST(s AS decimal(4, 2))", {"s": "100"}, "zipline:value:decimal(4,2):100"),
        ("CAST(s AS timestamp)", {"s": "2020-02-30"}, "zipline:value:timestamp:2020-02-30"),
        ("CAST(x AS bigint)", {"x": float("nan")}, "zipline:value:int64:NaN"),
    ],
)
def test_a_value_that_does_not_fit_is_in_the_message(text: str, row: dict[str, Any], message: str) -> None:
    with pytest.raises(Failed) as caught:
        on_spark(parse(text), [row])
    assert message in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "s || '${env:HOME}' || '\\n '' \" ` \U0001f926 \n'",
        "s LIKE '${env:HOME}'",
        "s || 'a/b\\' LIKE 'aa/b\\'",
        "s || '%a/b%' LIKE '_!%a/b!%' ESCAPE '!'",
        "s || '_' LIKE 'a/_' ESCAPE '/'",
        "s || 'x' LIKE 'a/_' ESCAPE '/'",
        "s || '!' LIKE 'a!!' ESCAPE '!'",
        "x IN (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)",
        "y IN (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12)",
        "x IN (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, NULL)",
        "substring(s || 'bcd', -1099511627776, 1099511627779)",
        "substring(s || 'bcd', -9223372036854775808, 9223372036854775807)",
        "substring(s || 'bcd', -9223372036854775807, 9223372036854775807)",
        "CASE WHEN a THEN nullif(CAST(y AS bigint), 0) ELSE 1 END",
        "CASE WHEN a THEN CAST('a' AS bigint) / 0 ELSE 1 END",
        "NULL = NULL",
        "NULL IN (NULL)",
        "least(NULL, NULL)",
        "greatest(NULL)",
        "nullif(NULL, NULL)",
        "coalesce(NULL, NULL)",
        "CASE WHEN NULL THEN NULL END",
        "NULL[1]",
        "len(NULL)",
        "list_contains(NULL, NULL)",
        "list_contains(li, NULL)",
        "NULL",
    ],
)
def test_spark_agrees_on(text: str) -> None:
    rows = [{"s": "a", "x": -0.0, "y": float("nan"), "a": False, "li": [1, None]}]
    assert all_on_spark([parse(text)], rows) == [on_zipline(parse(text), rows)]


def test_a_literal_does_not_depend_on_how_spark_reads_escapes() -> None:
    texts = ["it's", "a\\nb", "''", "\\'", "${spark.app.name}", "\0\t\u00e9", "-- no comment", '"', "a;b", ""]
    sql = ", ".join(map(literal, texts))
    for setting in ("false", "true"):
        session().conf.set("spark.sql.parser.escapedStringLiterals", setting)
        try:
            assert list(session().sql(f"SELECT {sql}").collect()[0]) == texts
        finally:
            session().conf.unset("spark.sql.parser.escapedStringLiterals")


def test_times_inside_lists_are_sparks_own() -> None:
    schema = {"t": TIMESTAMP, "lt": list_of(TIMESTAMP), "ld": list_of(DATE), "d": DATE}
    frame = session().sql(
        "SELECT -1L AS t, array(NULL, timestamp_micros(-1)) AS lt, array(DATE '1582-10-10') AS ld,"
        " DATE '1582-10-10' AS d"
    )
    expected = {
        "lt[2]": -1,
        "lt[1]": None,
        "list_contains(lt, t)": True,
        "list_contains(ld, t)": False,
        "list_contains(ld, CAST(d AS timestamp))": True,
        "list_contains(lt, d)": False,
        "coalesce(lt, ld)[2]": -1,
        "coalesce(nullif(t, t), d)": -12219724800000000,
    }
    sqls = [to_sql(parse(text), schema) for text in expected]
    assert dict(zip(expected, frame.selectExpr(*sqls).collect()[0], strict=True)) == expected


def test_types_and_names_are_read_by_spark() -> None:
    kind = struct_of(
        ("a `b`", list_of(TIMESTAMP)), ("c.d", decimal(38, 9)), ("e", list_of(struct_of(("f", DATE))))
    )
    frame = session().sql(f"SELECT CAST(NULL AS {spark_type(kind)}) AS {quote('x.`y`')}")
    assert frame.selectExpr(quote("x.`y`")).schema[0].dataType.simpleString() == (
        "struct<a `b`:array<timestamp>,c.d:decimal(38,9),e:array<struct<f:date>>>"
    )
