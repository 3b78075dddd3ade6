"""Arrow records: streams of rows in the types of the source."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from zipline.online.streams.decode.arrow import ArrowDecoder
from zipline.online.streams.decode.base import MOST_ROWS, Decoded, Shape
from zipline.types import FLOAT64, INT64, STRING, TIMESTAMP, DataType, list_of

NOON = datetime(2013, 1, 5, 12, tzinfo=UTC)


def ipc(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    return bytes(sink.getvalue())


def decoded(types: Mapping[str, DataType], *records: bytes, required: str = "", **zones: str) -> Decoded:
    return ArrowDecoder(Shape(types, frozenset(required.split()), zones)).decode(records)


def one(kind: DataType, array: pa.Array, **zones: str) -> tuple[list[Any], list[tuple[int, str]]]:
    found = decoded({"x": kind}, ipc(pa.table({"x": array})), **zones)
    return found.rows["x"].to_pylist(), found.bad


def test_a_record_is_any_number_of_rows() -> None:
    table = pa.table({"x": [1, 2, 3], "other": ["a", "b", "c"]})
    found = decoded({"x": INT64, "y": STRING}, ipc(table), ipc(table[:0]), b"?", ipc(table[:1]))
    assert found.rows.to_pydict() == {"x": [1, 2, 3, 1], "y": [None] * 4}
    assert found.records.tolist() == [0, 0, 0, 3]
    ((record, reason),) = found.bad
    assert record == 2
    assert reason.startswith("not an Arrow stream: ")


def test_a_record_has_so_many_rows_at_most() -> None:
    most = pa.table({"x": pa.array(np.zeros(MOST_ROWS, np.int64))})
    found = decoded({"x": INT64}, ipc(pa.concat_tables([most, most.slice(0, 1)])), ipc(most))
    assert (len(found.rows), found.bad) == (20_000, [(0, "it has 20,001 rows; one record may have 20,000")])


def test_narrower_types_are_widened() -> None:
    assert one(INT64, pa.array([1], pa.int8())) == ([1], [])
    assert one(FLOAT64, pa.array([1], pa.int32())) == ([1.0], [])
    assert one(FLOAT64, pa.array([0.5], pa.float32())) == ([0.5], [])
    assert one(STRING, pa.array(["a", "a"]).dictionary_encode()) == (["a", "a"], [])
    assert one(STRING, pa.array(["a"], pa.large_string())) == (["a"], [])
    assert one(STRING, pa.nulls(1)) == ([None], [])
    assert one(list_of(INT64), pa.array([[1]], pa.large_list(pa.int8()))) == ([[1]], [])


def test_times_of_any_unit_and_zone() -> None:
    assert one(TIMESTAMP, pa.array([1357387200], pa.timestamp("s"))) == ([NOON], [])
    assert one(TIMESTAMP, pa.array([1357387200000], pa.timestamp("ms", "America/New_York"))) == ([NOON], [])
    nanos = pa.array([-1, 1357387200000000999], pa.timestamp("ns", "UTC"))
    assert one(TIMESTAMP, nanos)[0] == [datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=UTC), NOON]


def test_local_times_are_read_in_their_zone() -> None:
    seven = pa.array([datetime(2013, 1, 5, 7)], pa.timestamp("us"))
    assert one(TIMESTAMP, seven, x="America/New_York") == ([NOON], [])
    assert one(TIMESTAMP, seven.cast(pa.timestamp("us", "UTC")), x="America/New_York")[0] != [NOON]


@pytest.mark.parametrize(
    ("kind", "array", "reason"),
    [
        (INT64, pa.array(["a"]), "column 'x' is string, not int64"),
        (INT64, pa.array([0.5]), "column 'x' is float64, not int64"),
        (
            STRING,
            pa.array([[("a", 1)]], pa.map_(pa.string(), pa.int64())),
            "column 'x' has type map<string, int64>",
        ),
        (INT64, pa.array([2**63], pa.uint64()), "column 'x': Integer value 9223372036854775808 not in range"),
    ],
)
def test_what_is_not_of_its_type_is_told(kind: DataType, array: pa.Array, reason: str) -> None:
    values, ((record, why),) = one(kind, array)
    assert (values, record) == ([], 0)
    assert why.startswith(reason)


def test_columns_that_must_be_there() -> None:
    found = decoded({"x": INT64}, ipc(pa.table({"y": [1]})), required="x")
    assert found.bad == [(0, "it has no column 'x'")]
    twice = pa.Table.from_arrays([pa.array([1]), pa.array([2])], ["x", "x"])
    assert decoded({"x": INT64}, ipc(twice)).bad == [(0, "it has 2 columns 'x'")]


def test_no_records() -> None:
    assert len(decoded({"x": INT64}).rows) == 0
