"""SQL text: quoting, and the DuckDB types that zipline's types are widened into."""

from __future__ import annotations

from zipline.types import DataType


def quote(name: str) -> str:
    """Return an identifier, quoted.

    >>> quote('a "b"')
    '"a ""b""\"'
    """
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Return a string literal.

    >>> literal("it's")
    "'it''s'"
    """
    return "'" + text.replace("'", "''") + "'"


def duckdb_type(kind: DataType) -> str:
    """Return the DuckDB type of a widened type.

    >>> from zipline.types import INT64, list_of
    >>> duckdb_type(list_of(INT64))
    'BIGINT[]'
    """
    simple = {
        "bool": "BOOLEAN", "int64": "BIGINT", "float64": "DOUBLE", "float32": "FLOAT", "string": "VARCHAR",
        "binary": "BLOB", "date": "DATE", "timestamp": "TIMESTAMP", "null": "INTEGER",
    }  # fmt: skip
    if kind.kind in simple:
        return simple[kind.kind]
    if kind.kind == "decimal":
        return f"DECIMAL({kind.precision}, {kind.scale})"
    if kind.kind == "struct":
        return "STRUCT(" + ", ".join(f"{quote(name)} {duckdb_type(each)}" for name, each in kind.fields) + ")"
    assert kind.element is not None, kind
    if kind.kind == "vector":
        return f"{duckdb_type(kind.element)}[{kind.size}]"
    return f"{duckdb_type(kind.element)}[]"
