"""Avro records, by a schema that is given or that a registry has."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO
from typing import Any
from uuid import UUID

import fastavro
import pytest

from zipline.errors import StreamError
from zipline.online.streams.base import TryAgain
from zipline.online.streams.decode.avro import AvroDecoder
from zipline.online.streams.decode.base import Shape
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
)

NOON = datetime(2013, 1, 5, 12, tzinfo=UTC)


def record(**types: Any) -> dict[str, Any]:
    return {
        "type": "record", "name": "Row", "fields": [{"name": name, "type": each} for name, each in types.items()]
    }  # fmt: skip


def logical(base: str, name: str, **more: Any) -> dict[str, Any]:
    return {"type": base, "logicalType": name, **more}


def written(schema: dict[str, Any], **row: Any) -> bytes:
    sink = BytesIO()
    fastavro.schemaless_writer(sink, fastavro.parse_schema(schema), row)
    return sink.getvalue()


def given(schema: dict[str, Any], types: Mapping[str, DataType], *required: str, **zones: str) -> AvroDecoder:
    return AvroDecoder(Shape(types, frozenset(required), zones), json.dumps(schema))


@pytest.mark.parametrize(
    ("avro", "kind", "value", "read"),
    [
        ("boolean", BOOL, True, True),
        ("int", INT64, -1, -1),
        (["null", "long"], INT64, None, None),
        (["long", "null"], INT64, 2**63 - 1, 2**63 - 1),
        ("long", FLOAT64, 3, 3.0),
        ("double", FLOAT64, 0.1, 0.1),
        ("float", FLOAT64, 0.5, 0.5),
        ("string", STRING, "é", "é"),
        ("bytes", BINARY, b"\x00", b"\x00"),
        ({"type": "fixed", "name": "F", "size": 2}, BINARY, b"ab", b"ab"),
        ({"type": "enum", "name": "E", "symbols": ["A", "B"]}, STRING, "B", "B"),
        (logical("string", "uuid"), STRING, UUID(int=5), str(UUID(int=5))),
        (logical("int", "date"), DATE, date(2013, 1, 5), date(2013, 1, 5)),
        (logical("long", "timestamp-millis"), TIMESTAMP, NOON, NOON),
        (logical("long", "timestamp-micros"), TIMESTAMP, NOON, NOON),
        (logical("long", "timestamp-nanos"), TIMESTAMP, 1357387200000000999, NOON),
        (logical("long", "local-timestamp-millis"), TIMESTAMP, NOON.replace(tzinfo=None), NOON),
        ("string", TIMESTAMP, "2013-01-05T13:00+01:00", NOON),
        (logical("bytes", "decimal", precision=4, scale=2), decimal(10, 3), Decimal("1.25"), Decimal("1.250")),
        ({"type": "array", "items": ["null", "int"]}, list_of(INT64), [1, None], [1, None]),
        ({"type": "array", "items": "float"}, DataType("vector", element=FLOAT32, size=2), [0.5, 1.0], [0.5, 1.0]),
        (
            {"type": "record", "name": "In", "fields": [{"name": "a", "type": "int"}, {"name": "b", "type": "int"}]},
            struct_of(("b", INT64)), {"a": 1, "b": 2}, {"b": 2},
        ),
        (logical("long", "made-up"), INT64, 7, 7),
    ],
)  # fmt: skip
def test_values_of_every_type(avro: Any, kind: DataType, value: Any, read: Any) -> None:
    schema = record(x=avro, other="string")
    found = given(schema, {"x": kind}).decode([written(schema, x=value, other="")])
    assert found.bad == []
    assert found.rows["x"].to_pylist() == [read]


def test_named_types_are_found_where_they_are_used_again() -> None:
    inner = {"type": "record", "name": "In", "fields": [{"name": "a", "type": "int"}]}
    schema = record(x=inner, y=["null", "In"])
    kind = struct_of(("a", INT64))
    found = given(schema, {"x": kind, "y": kind}).decode([written(schema, x={"a": 1}, y={"a": 2})])
    assert found.rows.to_pylist() == [{"x": {"a": 1}, "y": {"a": 2}}]


def test_local_times_are_read_in_their_zone() -> None:
    schema = record(x=logical("long", "local-timestamp-micros"))
    decoder = given(schema, {"x": TIMESTAMP}, x="America/New_York")
    assert decoder.decode([written(schema, x=datetime(2013, 1, 5, 7))]).rows["x"].to_pylist() == [NOON]


@pytest.mark.parametrize(
    ("schema", "kind", "reason"),
    [
        (record(x="string"), INT64, "in its schema a field is string, not int64"),
        (record(x="double"), INT64, "in its schema a field is float64, not int64"),
        (record(x=["null", "int", "string"]), INT64, "in its schema a field is union of several types, not int64"),
        (record(x={"type": "map", "values": "int"}), INT64, "in its schema a field is map, not int64"),
        (record(x=logical("int", "time-millis")), INT64, "in its schema a field is int.time-millis, not int64"),
        (record(x=logical("bytes", "decimal", precision=9, scale=4)), decimal(9, 2), "in its schema a field is "),
        (record(x="nothing"), INT64, "its schema cannot be read: "),
        (record(y="int"), INT64, "its schema has no field 'x'"),
    ],
)  # fmt: skip
def test_a_schema_that_does_not_fit_is_told_of_every_record(
    schema: dict[str, Any], kind: DataType, reason: str
) -> None:
    found = given(schema, {"x": kind}, "x").decode([b"\x00", b"\x00"])
    assert [number for number, _ in found.bad] == [0, 1]
    assert all(why.startswith(reason) for _, why in found.bad)
    assert len(found.rows) == 0


@pytest.mark.parametrize("value", [b"", b"\x02", b"\xff" * 12, b"\x02a\x00"])
def test_bytes_that_are_no_such_datum(value: bytes) -> None:
    schema = record(x="string")
    found = given(schema, {"x": STRING}).decode([written(schema, x="a"), value])
    assert found.rows["x"].to_pylist() == ["a"]
    ((number, why),) = found.bad
    assert number == 1
    assert why.startswith("not Avro: ")


def test_a_text_that_is_no_time() -> None:
    schema = record(x="string")
    found = given(schema, {"x": TIMESTAMP}).decode([written(schema, x="soon")])
    assert found.bad == [(0, "column 'x': 'soon' is not a time")]


class Registry:
    """A registry that is down until it has schemas."""

    def __init__(self, **schemas: dict[str, Any]) -> None:
        self.schemas = {int(number[1:]): schema for number, schema in schemas.items()}
        self.asked: list[int] = []

    def schema(self, number: int) -> Mapping[str, Any] | None:
        self.asked.append(number)
        if not self.schemas:
            raise TryAgain("down")
        return self.schemas.get(number)


def numbered(number: int, value: bytes) -> bytes:
    return b"\x00" + number.to_bytes(4, "big") + value


def test_schemas_are_asked_for_once() -> None:
    old, new = record(x="int"), record(x="long", y="string")
    registry = Registry(n7=old, n8=new)
    decoder = AvroDecoder(Shape({"x": INT64, "y": STRING}, frozenset("x"), {}), schemas=registry)
    records = [numbered(7, written(old, x=1)), numbered(8, written(new, x=2, y="b"))]
    for _ in range(2):
        found = decoder.decode([*records, numbered(9, b""), b"\x01\x00\x00\x00\x07", b"\x00"])
        assert found.rows.to_pylist() == [{"x": 1, "y": None}, {"x": 2, "y": "b"}]
        number = "not Avro with the number of its schema: a zero byte and four more come first"
        assert found.bad == [(2, "the schema registry has no schema 9"), (3, number), (4, number)]
    assert registry.asked == [7, 8, 9, 9]


def test_a_registry_that_is_down_is_no_poison() -> None:
    decoder = AvroDecoder(Shape({"x": INT64}, frozenset(), {}), schemas=Registry())
    with pytest.raises(StreamError, match="down"):
        decoder.decode([numbered(7, b"\x02")])
