"""Rows in memory as Arrow tables that DuckDB can read."""

from __future__ import annotations

from typing import Any
from weakref import WeakKeyDictionary

import pyarrow as pa

from zipline.errors import DefinitionError, SchemaError

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
    if hasattr(data, "__arrow_c_stream__") and module != "polars":
        return pa.table(data)
    raise DefinitionError(
        f"a Frame cannot hold {type(data).__qualname__}",
        hint="give an Arrow, Polars, pandas or DuckDB object",
    )


def readable(table: pa.Table) -> pa.Table:
    """Return the columns that DuckDB can read, in types that it reads.

    Raises:
        SchemaError: two columns have one name.
    """
    for name in table.column_names:
        if table.column_names.count(name) > 1:
            raise SchemaError(f"two columns are called {name!r}", hint="rename one of them")
    kinds = {field.name: _readable_type(field.type) for field in table.schema}
    if all(kinds[field.name] == field.type for field in table.schema):
        return table
    return pa.table({name: table[name].cast(kind) for name, kind in kinds.items() if kind is not None})


def _readable_type(kind: pa.DataType) -> pa.DataType | None:
    """Return the type as DuckDB reads it: it knows no half floats and no 256-bit decimals, and None is beyond it."""
    if pa.types.is_float16(kind):
        return pa.float32()
    if pa.types.is_decimal256(kind):
        return pa.decimal128(kind.precision, kind.scale) if kind.precision <= 38 else None
    if not (pa.types.is_nested(kind) and kind.num_fields) or pa.types.is_map(kind) or pa.types.is_union(kind):
        return kind
    parts = [_readable_type(kind.field(i).type) for i in range(kind.num_fields)]
    if None in parts:
        return None
    fields = [kind.field(i).with_type(part) for i, part in enumerate(parts)]
    if pa.types.is_struct(kind):
        return pa.struct(fields)
    if pa.types.is_fixed_size_list(kind):
        return pa.list_(fields[0], kind.list_size)
    lists = {pa.types.is_list: pa.list_, pa.types.is_large_list: pa.large_list}
    return next((make(fields[0]) for test, make in lists.items() if test(kind)), kind)
