"""SQL text: quoting, and the Spark types that zipline's types are widened into."""

from __future__ import annotations

import re
from typing import Final

from zipline.types import DataType

_PLAIN: Final = re.compile(r"[ !\"#%&()*+,\-./0-9:;<=>?@A-Z\[\]^_a-z{|}~]*")
"""Nothing that a setting of Spark reads in a way of its own: no quote, backslash, `$`, backtick."""


def quote(name: str) -> str:
    """Return an identifier, quoted.

    >>> quote("a `b`")
    '`a ``b```'
    """
    return "`" + name.replace("`", "``") + "`"


def literal(text: str) -> str:
    """Return a string literal that means the same whatever Spark's settings say of escapes and `${...}`.

    >>> literal("a b"), literal("it's")
    ("'a b'", "CAST(X'69742773' AS STRING)")
    """
    if _PLAIN.fullmatch(text):
        return f"'{text}'"
    return f"CAST(X'{text.encode().hex()}' AS STRING)"


def spark_type(kind: DataType, *, inside: bool = False) -> str:
    """Return the Spark type of a widened type.

    Args:
        kind: the type.
        inside: of an element or field, where a timestamp is Spark's own; elsewhere it is its microseconds.

    >>> from zipline.types import TIMESTAMP, list_of
    >>> spark_type(TIMESTAMP), spark_type(list_of(TIMESTAMP))
    ('BIGINT', 'ARRAY<TIMESTAMP>')
    """
    simple = {
        "bool": "BOOLEAN", "int64": "BIGINT", "float64": "DOUBLE", "float32": "FLOAT", "string": "STRING",
        "binary": "BINARY", "date": "DATE", "timestamp": "TIMESTAMP" if inside else "BIGINT", "null": "VOID",
    }  # fmt: skip
    if kind.kind in simple:
        return simple[kind.kind]
    if kind.kind == "decimal":
        return f"DECIMAL({kind.precision}, {kind.scale})"
    if kind.kind == "struct":
        fields = (f"{quote(name)}: {spark_type(each, inside=True)}" for name, each in kind.fields)
        return f"STRUCT<{', '.join(fields)}>"
    assert kind.element is not None, kind
    return f"ARRAY<{spark_type(kind.element, inside=True)}>"
