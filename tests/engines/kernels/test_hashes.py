"""Hashes of columns are those of their values' canonical bytes."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from zipline.engines.kernels.hashes import hash_values
from zipline.sketches.canonical_bytes import canonical_bytes
from zipline.sketches.xxh64 import xxh64

COLUMNS: dict[str, tuple[Any, list[Any]]] = {
    "bool": (pa.bool_(), [True, False]),
    "int64": (pa.int64(), [0, -1, 2**63 - 1, -(2**63)]),
    "float64": (pa.float64(), [0.0, -0.0, 1.5, float("inf"), float("nan")]),
    "string": (pa.string(), ["", "a", "é" * 20, "x" * 100]),
    "binary": (pa.binary(), [b"", b"\x00", bytes(range(70))]),
    "decimal": (pa.decimal128(20, 3), [Decimal("1.500"), Decimal("-0.001")]),
    "list": (pa.list_(pa.int64()), [[], [1], [1, None]]),
    "struct": (
        pa.struct([("a", pa.float64()), ("b", pa.string())]),
        [{"a": -0.0, "b": None}, {"a": 1.0, "b": "x"}],
    ),
}


@pytest.mark.parametrize("kind", COLUMNS)
def test_hashes_of_each_type(kind: str) -> None:
    stored, values = COLUMNS[kind]
    column = pa.array([*values, *values], stored)
    expected = [xxh64(canonical_bytes(value)) for value in column.to_pylist()]
    assert hash_values(column).tolist() == expected
    assert hash_values(column.slice(1, 2)).tolist() == expected[1:3]
    assert hash_values(column.slice(0, 0)).tolist() == []
