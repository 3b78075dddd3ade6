"""Rows in memory as Arrow tables that DuckDB can read."""

from __future__ import annotations

from typing import Any
from weakref import WeakKeyDictionary

import pyarrow as pa

from zipline.errors import DefinitionError, SchemaError
from zipline.types import from_arrow

# A reader gives its rows once, and requests ask for them again: they are kept for as long as the reader is.
_READ: WeakKeyDictionary[pa.RecordBatchReader, pa.Table] = WeakKeyDictionary()


def arrow_of(data: Any) -> pa.Table:
    """Return an Arrow table of what a `Frame` may hold.

    Raises:
        DefinitionError: it is none of an Arrow, Polars, pandas or DuckDB object.
    """
    if isinstance(data, pa.Table):
        return data
    if isinstance(data, pa.RecordBatch):
        return pa.Table.from_batches([data])
    if isinstance(data, pa.RecordBatchReader):
        if data not in _READ:
            _READ[data] = data.read_all()
        return _READ[data]
    module = type(data).__module__.partition(".")[0]
    if module == "polars" and hasattr(data, "lazy"):
        return data.lazy().collect().to_arrow()
    if module == "pandas" and hasattr(data, "columns"):
        return pa.Table.from_pandas(data, preserve_index=False)
    if hasattr(data, "to_arrow_table"):
        return data.to_arrow_table()
    if hasattr(data, "__arrow_c_stream__"):
        return pa.table(data)
    raise DefinitionError(
        f"a Frame cannot hold {type(data).__qualname__}",
        hint="give an Arrow, Polars, pandas or DuckDB object",
    )


def readable(table: pa.Table) -> pa.Table:
    """Return the columns that zipline takes, in types that DuckDB reads.

    Raises:
        SchemaError: two columns have one name.
    """
    for name in table.column_names:
        if table.column_names.count(name) > 1:
            raise SchemaError(f"two columns are called {name!r}", hint="rename one of them")
    columns = {}
    for field in table.schema:
        try:
            from_arrow(field.type)
        except DefinitionError:
            continue
        column, kind = table[field.name], _readable_type(field.type)
        columns[field.name] = column if kind == field.type else column.cast(kind)
    return pa.table(columns) if len(columns) < table.num_columns or _changed(table, columns) else table


def _changed(table: pa.Table, columns: dict[str, Any]) -> bool:
    return any(columns[field.name].type != field.type for field in table.schema)


def _readable_type(kind: pa.DataType) -> pa.DataType:
    """Return the type as DuckDB reads it: wider where it knows no half floats and no 256-bit decimals."""
    if pa.types.is_float16(kind):
        return pa.float32()
    if pa.types.is_decimal256(kind):
        return pa.decimal128(kind.precision, kind.scale)
    if pa.types.is_fixed_size_list(kind):
        return pa.list_(_readable_type(kind.value_type), kind.list_size)
    if pa.types.is_list(kind):
        return pa.list_(kind.value_field.with_type(_readable_type(kind.value_type)))
    if pa.types.is_large_list(kind):
        return pa.large_list(kind.value_field.with_type(_readable_type(kind.value_type)))
    if pa.types.is_struct(kind):
        return pa.struct([field.with_type(_readable_type(field.type)) for field in kind])
    return kind
