"""Definitions over tables of Spark's own, in place of rows in memory."""

from __future__ import annotations

from itertools import count
from typing import Any

import pyarrow as pa
import pyarrow.types as at
from pyspark.sql.pandas.types import from_arrow_schema

from tests.services.spark import session
from zipline.dsl import Frame
from zipline.dsl.definition import Definition
from zipline.dsl.tables import SparkTable

_NUMBERS = count()


def in_spark(value: Any) -> Any:
    """Return a definition, or a list of them, whose frames are views of Spark's wherever Spark has their types."""
    if isinstance(value, Frame):
        return _view(value)
    if isinstance(value, Definition):
        fields = {name: getattr(value, name) for name in type(value).model_fields}
        changed = {name: in_spark(each) for name, each in fields.items()}
        changed = {name: each for name, each in changed.items() if each is not fields[name]}
        return value.model_copy(update=changed) if changed else value
    if isinstance(value, (list, tuple)):
        parts = [in_spark(each) for each in value]
        same = all(new is old for new, old in zip(parts, value, strict=True))
        return value if same else type(value)(parts)
    return value


def _view(frame: Frame) -> Frame | SparkTable:
    table = frame.data
    assert isinstance(table, pa.Table)
    if not all(_has_type(field.type) for field in table.schema):
        return frame
    name = f"events_{next(_NUMBERS)}"
    schema = from_arrow_schema(table.schema, prefer_timestamp_ntz=True)
    session().createDataFrame(table, schema).createOrReplaceTempView(name)
    return SparkTable(name)


def _has_type(kind: pa.DataType) -> bool:
    """Return whether Spark has a type of the same values: none is unsigned, of fixed size, or finer than 1 us."""
    if at.is_timestamp(kind):
        return bool(kind.unit == "us")
    if at.is_struct(kind):
        return all(_has_type(kind.field(i).type) for i in range(kind.num_fields))
    if at.is_list(kind):
        return _has_type(kind.value_type)
    plain = (
        at.is_boolean, at.is_signed_integer, at.is_float32, at.is_float64, at.is_decimal128, at.is_string,
        at.is_binary, at.is_date32, at.is_null,
    )  # fmt: skip
    return any(test(kind) for test in plain)
