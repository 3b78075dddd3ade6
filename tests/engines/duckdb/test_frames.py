"""What a Frame may hold, as a source and as observations; and what is told of the rest."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import UUID

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import duckdb
import zipline as zl
from tests.engines.duckdb.small import ASKED, EVENTS, ask, sums
from tests.refusals import refusal
from zipline.engines.duckdb.frames import arrow_of, readable


def reader(table: pa.Table) -> pa.RecordBatchReader:
    return pa.RecordBatchReader.from_batches(table.schema, table.to_batches())


class Stream:
    """Anything that gives an Arrow stream."""

    def __init__(self, table: pa.Table) -> None:
        self.table = table

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self.table.__arrow_c_stream__(requested_schema)


FRAMES: dict[str, Callable[[pa.Table], Any]] = {
    "arrow": lambda table: table,
    "batch": lambda table: table.to_batches()[0],
    "chunks": lambda table: pa.concat_tables([table.slice(0, 1), table.slice(1)]),
    "reader": reader,
    "polars": pl.from_arrow,
    "lazy polars": lambda table: pl.DataFrame(pl.from_arrow(table)).lazy(),
    "pandas": lambda table: table.to_pandas(),
    "pandas with an index": lambda table: table.to_pandas().set_index(pd.Index([7, 7, 7])),
    "relation": duckdb.from_arrow,
    "stream": Stream,
}


@pytest.mark.parametrize("kind", FRAMES)
def test_each_kind_of_frame_is_read_as_often_as_asked(kind: str) -> None:
    given = FRAMES[kind](EVENTS)
    request = ask(zl.Frame(given), asked=FRAMES[kind](ASKED))
    assert request.schema.names == ["user", "t", "v__count", "v__x_sum"]
    for _ in range(2):
        assert request.to_arrow()["v__x_sum"].to_pylist() == [3, 4, None]
    assert request.head(1)["v__count"].to_list() == [2]
    assert sums(zl.Frame(given)) == [3, 4, None]


@pytest.mark.parametrize("data", [3, {"user": [1]}, [1], None, pl.Series([1])])
def test_what_a_frame_cannot_hold(data: Any) -> None:
    message = (
        f"a Frame cannot hold {type(data).__name__}\nHint: give an Arrow, Polars, pandas or DuckDB object"
    )
    assert message in refusal(lambda: sums(zl.Frame(data)), zl.DefinitionError)


HALVES = pa.array(np.array([1.5, 2, 3], np.float16))
COLUMNS = {
    "half": (HALVES, [2.0, 1.5]),
    "halves": (pa.FixedSizeListArray.from_arrays(pa.concat_arrays([HALVES] * 2), 2), [[3.0, 1.5], [1.5, 2.0]]),
    "half lists": (pa.ListArray.from_arrays([0, 1, 3, 3], HALVES), [[2.0, 3.0], [1.5]]),
    "half structs": (pa.StructArray.from_arrays([HALVES], ["h"]), [{"h": 2.0}, {"h": 1.5}]),
    "dictionary": (pa.array(["p", "q", "p"]).dictionary_encode(), ["q", "p"]),
    "large_string": (pa.array(["p", "q", "r"], pa.large_string()), ["q", "p"]),
    "string_view": (pa.array(["p", "q", "r"], pa.string_view()), ["q", "p"]),
    "fixed binary": (pa.array([b"ab", b"cd", None], pa.binary(2)), [b"cd", b"ab"]),
    "uint64": (pa.array([1, 2**63 - 1, 2], pa.uint64()), [2**63 - 1, 1]),
    "decimal32": (pa.array([Decimal("0.1"), Decimal(2), None], pa.decimal32(5, 1)), [Decimal(2), Decimal("0.1")]),
    "decimal256": (pa.array([Decimal(1), Decimal(2), None], pa.decimal256(38, 0)), [Decimal(2), Decimal(1)]),
    "null": (pa.nulls(3), []),
    "uuid": (pa.array([UUID(int=1).bytes, UUID(int=2).bytes, None], pa.uuid()), [str(UUID(int=2)), str(UUID(int=1))]),
    "list_view": (pa.array([[1], [2], None], pa.list_view(pa.int64())), [[2], [1]]),
    "runs": (pa.RunEndEncodedArray.from_arrays([1, 3], ["p", "q"]), ["q", "p"]),
}  # fmt: skip


@pytest.mark.parametrize("kind", COLUMNS)
def test_columns_of_every_storage(kind: str) -> None:
    column, expected = COLUMNS[kind]
    table = EVENTS.append_column("y", column)
    answer = ask(zl.Frame(table), [zl.LastK("y", 2)]).to_arrow()
    assert answer["v__y_last2"].to_pylist()[0] == expected


@pytest.mark.parametrize("kind", COLUMNS)
def test_observations_keep_columns_as_they_were(kind: str) -> None:
    column, _ = COLUMNS[kind]
    answer = ask(zl.Frame(EVENTS), asked=ASKED.append_column("y", column)).to_arrow()
    assert answer["y"].type == column.type
    assert answer["y"].combine_chunks().equals(column)


def test_columns_that_zipline_does_not_take_are_kept_beside_the_features() -> None:
    kept = {
        "map": pa.array([[("a", 1)], [], None], pa.map_(pa.string(), pa.int64())),
        "wide": pa.array([Decimal(10) ** 45, None, None], pa.decimal256(50, 0)),
        "clock": pa.array([1, 2, None], pa.time32("s")),
    }
    asked = ASKED
    for name, column in kept.items():
        asked = asked.append_column(name, column)
    assert ask(zl.Frame(EVENTS), asked=asked).to_arrow().select(asked.column_names) == asked


@pytest.mark.parametrize("kind", [pa.map_(pa.string(), pa.int64()), pa.decimal256(50, 0), pa.time32("s")])
def test_columns_that_zipline_does_not_take_are_not_there(kind: pa.DataType) -> None:
    table = EVENTS.append_column("y", pa.nulls(3, kind))
    assert sums(zl.Frame(table)) == [3, 4, None]
    message = "feature 'y_last', Last('y'): there is no column 'y'\nHint: allowed: 'user', 'ts', 'x'"
    assert message in refusal(ask(zl.Frame(table), [zl.Last("y")]).to_arrow, zl.SchemaError)


def test_integers_beyond_int64_name_their_column() -> None:
    table = EVENTS.append_column("y", pa.array([1, 2, 2**63], pa.uint64()))
    assert sums(zl.Frame(table)) == [3, 4, None]
    message = refusal(ask(zl.Frame(table), [zl.Max("y")]).to_arrow, zl.DataError)
    assert message == (
        "source 'events', column 'y': 9223372036854775808 is more than an int64 can hold\n"
        "Hint: integers are at most 2^63-1: cast the column in the table"
    )


def test_two_columns_of_one_name_are_refused() -> None:
    twice = pa.Table.from_arrays([ASKED["user"], *ASKED.columns], names=["user", *ASKED.column_names])
    message = "Frame(pyarrow.Table): two columns are called 'user'\nHint: rename one of them"
    assert refusal(lambda: sums(zl.Frame(EVENTS), asked=twice), zl.SchemaError) == message


def test_names_that_differ_by_case_are_kept_apart() -> None:
    asked = ASKED.append_column("User", pa.array(["x", "y", "z"]))
    answer = ask(zl.Frame(EVENTS.append_column("X", EVENTS["x"])), asked=asked).to_arrow()
    assert answer.select(asked.column_names) == asked
    assert answer["v__x_sum"].to_pylist() == [3, 4, None]
    message = refusal(lambda: sums(zl.Frame(EVENTS), select={"User": "x"}), zl.DefinitionError)
    assert message == (
        "source 'events', select 'User': the table has a column 'user'\nHint: write it alike, or rename one"
    )


def test_tables_that_need_no_change_are_not_copied() -> None:
    assert readable(EVENTS) is EVENTS
    assert arrow_of(EVENTS) is EVENTS
