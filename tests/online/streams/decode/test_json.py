"""JSON records: exact types, and a reason for each that is no row."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from zipline.online.streams.decode.base import Shape
from zipline.online.streams.decode.json import JsonDecoder
from zipline.types import (
    BINARY,
    BOOL,
    DATE,
    FLOAT32,
    FLOAT64,
    INT64,
    STRING,
    TIMESTAMP,
    DataType,
    decimal,
    list_of,
    struct_of,
    to_arrow,
)  # fmt: skip

NOON = datetime(2013, 1, 5, 12, tzinfo=UTC)


def decoder(types: Mapping[str, DataType], *required: str, **zones: str) -> JsonDecoder:
    return JsonDecoder(Shape(types, frozenset(required), zones))


def column(kind: DataType, *texts: str, zone: str = "") -> tuple[list[Any], dict[int, str]]:
    """Return what is read of values of a column, and why others are not."""
    zones = {"x": zone} if zone else {}
    found = decoder({"x": kind}, **zones).decode([f'{{"x": {text}}}'.encode() for text in texts])
    assert found.rows.schema.field("x").type == to_arrow(kind)
    return found.rows["x"].to_pylist(), dict(found.bad)


def test_values_of_every_type() -> None:
    assert column(BOOL, "true", "null")[0] == [True, None]
    assert column(INT64, "-9223372036854775808", "9223372036854775807")[0] == [-(2**63), 2**63 - 1]
    assert column(FLOAT64, "0.1", "3", "-0.0")[0] == [0.1, 3.0, 0.0]
    assert column(STRING, '"a\\u00e9"', '""')[0] == ["aé", ""]
    assert column(BINARY, '"AAE="')[0] == [b"\x00\x01"]
    assert column(DATE, '"2013-01-05"')[0] == [date(2013, 1, 5)]
    assert column(decimal(38, 18), "12345678901234567890.123456789012345678", '"1.5"')[0] == [
        Decimal("12345678901234567890.123456789012345678"), Decimal("1.5"),
    ]  # fmt: skip
    assert column(TIMESTAMP, '"2013-01-05T12:00:00Z"', '"2013-01-05 13:00+01"', "null")[0] == [
        NOON,
        NOON,
        None,
    ]
    assert column(list_of(INT64), "[1, null]", "[]", "null")[0] == [[1, None], [], None]
    assert column(list_of(TIMESTAMP), '["2013-01-05T12:00Z"]')[0] == [[NOON]]
    assert column(DataType("vector", element=FLOAT32, size=2), "[1, 0.5]")[0] == [[1.0, 0.5]]
    point = struct_of(("a", INT64), ("b", list_of(STRING)))
    assert column(point, '{"a": 1, "b": ["x"], "c": 2}', "{}")[0] == [
        {"a": 1, "b": ["x"]}, {"a": None, "b": None},
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "text", "reason"),
    [
        (INT64, "1.0", "Expected `int | null`, got `float` - at `$.x`"),
        (INT64, '"1"', "Expected `int | null`, got `str` - at `$.x`"),
        (INT64, "true", "Expected `int | null`, got `bool` - at `$.x`"),
        (INT64, "9223372036854775808", "Expected `int` <= 9223372036854775807 - at `$.x`"),
        (FLOAT64, '"1.5"', "Expected `float | null`, got `str` - at `$.x`"),
        (FLOAT64, "1e400", "Number out of range - at `$.x`"),
        (FLOAT64, "NaN", "not JSON: JSON is malformed: invalid character (byte 6)"),
        (STRING, "1", "Expected `str | null`, got `int` - at `$.x`"),
        (BINARY, '"?"', "Invalid base64 encoded string - at `$.x`"),
        (DATE, '"2013-02-30"', "Invalid RFC3339 encoded date - at `$.x`"),
        (decimal(4, 2), "1.005", "column 'x': Decimal('1.005') is not decimal(4,2)"),
        (decimal(4, 2), "123.4", "column 'x': Decimal('123.4') is not decimal(4,2)"),
        (TIMESTAMP, '"soon"', "column 'x': 'soon' is not a time"),
        (TIMESTAMP, '"2013-02-30T00:00:00Z"', "column 'x': '2013-02-30T00:00:00Z' is not a time"),
        (TIMESTAMP, "1357387200", "Expected `str | null`, got `int` - at `$.x`"),
        (list_of(TIMESTAMP), '["soon"]', "'soon' is not a time - at `$.x[0]`"),
        (DataType("vector", element=FLOAT64, size=2), "[1]", "column 'x': [1.0] is not vector<float64, 2>"),
    ],
)
def test_what_is_not_of_its_type_is_told(kind: DataType, text: str, reason: str) -> None:
    assert column(kind, "null", text) == ([None], {1: reason})


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (b"", "not JSON: Input data was truncated"),
        (b"{", "not JSON: Input data was truncated"),
        (b"\xff", "not JSON: JSON is malformed: invalid character (byte 0)"),
        (
            b'{"x": "\xff"}',
            "not JSON: 'utf-8' codec can't decode byte 0xff in position 0: invalid start byte",
        ),
        (b'{"x": ""}{"x": ""}', "not JSON: JSON is malformed: trailing characters (byte 10)"),
        (b"[1]", "Expected `object`, got `array`"),
        (b"null", "Expected `object`, got `null`"),
        (b'{"y": 1}', "Object missing required field `x`"),
        (b'{"x": "", "y": ' + b"[" * 100_000, "not JSON: "),
    ],
)
def test_what_is_no_row_is_told(record: bytes, reason: str) -> None:
    good = b'{"x": "a", "other": [{}]}'
    found = decoder({"x": STRING, "z": INT64}, "x").decode([good, record, good])
    assert found.rows.to_pylist() == [{"x": "a", "z": None}] * 2
    assert found.records.tolist() == [0, 2]
    ((number, why),) = found.bad
    assert number == 1
    assert why.startswith(reason)


def test_a_name_that_is_there_and_null_is_no_missing_name() -> None:
    found = decoder({"x": STRING}, "x").decode([b'{"x": null}'])
    assert (found.rows["x"].to_pylist(), found.bad) == ([None], [])


def test_names_that_python_has_no_names_for() -> None:
    found = decoder({"class": INT64, "a b": INT64, "é": INT64}, "a b").decode(
        [b'{"a b": 1, "class": 2, "\xc3\xa9": 3}']
    )
    assert found.rows.to_pylist() == [{"class": 2, "a b": 1, "é": 3}]


def test_local_times_are_read_in_their_zone() -> None:
    found, bad = column(
        TIMESTAMP, '"2013-01-05T07:00:00"', '"2013-01-05T12:00:00Z"', '"x"', zone="America/New_York"
    )
    assert found == [NOON, NOON]
    assert bad == {2: "column 'x': 'x' is not a time"}


def test_no_records() -> None:
    found = decoder({"x": TIMESTAMP, "y": list_of(INT64)}).decode([])
    assert (len(found.rows), len(found.records), found.bad) == (0, 0, [])
