"""How values travel between Spark and kernels: the Spark type of each of zipline's types, and the Arrow type of that.

Spark has no list of fixed size, so that vectors travel as lists. The columns that expressions read hold times as
int64 microseconds, so that no session's time zone matters to them; in results, lists and structs they are timestamps.
"""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import types as st

from zipline.engines.spark.sql import quote
from zipline.errors import DefinitionError
from zipline.types import (
    BINARY,
    BOOL,
    DATE,
    FLOAT64,
    INT64,
    NULL,
    STRING,
    TIMESTAMP,
    DataType,
    decimal,
    list_of,
    struct_of,
    to_arrow,
)

_SIMPLE: Mapping[str, type[st.DataType]] = {
    "bool": st.BooleanType, "int64": st.LongType, "float64": st.DoubleType, "float32": st.FloatType,
    "string": st.StringType, "binary": st.BinaryType, "date": st.DateType, "timestamp": st.TimestampType,
    "null": st.NullType,
}  # fmt: skip


def spark_of(kind: DataType) -> st.DataType:
    """Return the Spark type of results."""
    if kind.kind in _SIMPLE:
        return _SIMPLE[kind.kind]()
    if kind.kind == "decimal":
        return st.DecimalType(kind.precision, kind.scale)
    if kind.kind == "struct":
        return st.StructType([st.StructField(name, spark_of(each)) for name, each in kind.fields])
    assert kind.element is not None
    if kind.kind == "map":
        assert kind.key is not None
        return st.MapType(spark_of(kind.key), spark_of(kind.element))
    return st.ArrayType(spark_of(kind.element))


def created(
    session: SparkSession, columns: Mapping[str, pa.Array | pa.ChunkedArray], schema: st.StructType
) -> DataFrame:
    """Return columns of this process as Spark's."""
    table = pa.table(dict(columns))
    rows = table if table.num_rows else table.schema.empty_table()  # PySpark needs a chunk of each column
    return session.createDataFrame(rows, schema)


def null_sql(kind: st.DataType) -> str:
    """Return SQL for the null of a Spark type, whatever its fields are called."""
    return f"CAST(NULL AS {_written(kind)})"


def empty_sql(kind: st.ArrayType) -> str:
    """Return SQL for the list without elements of a Spark type."""
    return f"CAST(array() AS {_written(kind)})"


def _written(kind: st.DataType) -> str:
    if isinstance(kind, st.ArrayType):
        return f"ARRAY<{_written(kind.elementType)}>"
    if isinstance(kind, st.MapType):
        return f"MAP<{_written(kind.keyType)}, {_written(kind.valueType)}>"
    if isinstance(kind, st.StructType):
        return (
            f"STRUCT<{', '.join(f'{quote(each.name)}: {_written(each.dataType)}' for each in kind.fields)}>"
        )
    return str(kind.simpleString())


def counted(kind: DataType) -> DataType:
    """Return the type in which expressions see a column: a time is a number of microseconds."""
    return INT64 if kind == TIMESTAMP else kind


def travelling(kind: DataType) -> DataType:
    """Return the type with lists in place of vectors."""
    if kind.kind == "struct":
        return struct_of(*((name, travelling(each)) for name, each in kind.fields))
    if kind.element is None:
        return kind
    element = travelling(kind.element)
    if kind.kind == "map":
        return DataType("map", key=kind.key, element=element)
    return list_of(element)


def packed(array: pa.Array | pa.ChunkedArray, kind: DataType) -> pa.Array | pa.ChunkedArray:
    """Return a column in the Arrow type in which it travels to Spark."""
    target = to_arrow(travelling(kind))
    return array if array.type == target else array.cast(target)


def unpacked(array: pa.Array | pa.ChunkedArray, kind: DataType) -> pa.Array | pa.ChunkedArray:
    """Return a column that came from Spark in the Arrow type of its own; int64 may stand for times."""
    target = to_arrow(kind)
    return array if array.type == target else array.cast(target)


def from_spark(kind: st.DataType) -> DataType:
    """Return the widened type of a Spark type.

    Raises:
        DefinitionError: zipline does not take it.
    """
    if isinstance(kind, (st.ByteType, st.ShortType, st.IntegerType, st.LongType)):
        return INT64
    for spark, own in (
        (st.BooleanType, BOOL), ((st.FloatType, st.DoubleType), FLOAT64), (st.BinaryType, BINARY),
        ((st.StringType, st.CharType, st.VarcharType), STRING), (st.DateType, DATE), (st.NullType, NULL),
        ((st.TimestampType, st.TimestampNTZType), TIMESTAMP),
    ):  # fmt: skip
        if isinstance(kind, spark):
            return own
    if isinstance(kind, st.DecimalType):
        return decimal(kind.precision, kind.scale)
    if isinstance(kind, st.ArrayType):
        return list_of(from_spark(kind.elementType))
    if isinstance(kind, st.StructType):
        return struct_of(*((each.name, from_spark(each.dataType)) for each in kind.fields))
    raise DefinitionError(f"has type {kind.simpleString()}, which zipline does not take")
