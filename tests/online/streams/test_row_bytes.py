"""Bytes of rows compare as the values do."""

from __future__ import annotations

import math
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zipline.online.streams.row_bytes import row_bytes
from zipline.order import canonical, order_key

ASCENDING = {
    "int": (pa.int64(), [None, -(2**63), -1, 0, 1, 2**63 - 1]),
    "float": (pa.float64(), [None, -math.inf, -1.5, 0.0, 5e-324, math.inf, math.nan]),
    "bool": (pa.bool_(), [None, False, True]),
    "string": (pa.string(), [None, "", "\x00", "\x00\x00", "\x00\x01", "\x01", "a", "a\x00", "ab", "é"]),
    "binary": (pa.binary(), [None, b"", b"\x00", b"\xff"]),
    "date": (pa.date32(), [None, date(1, 1, 1), date(1970, 1, 1), date(9999, 12, 31)]),
    "decimal": (pa.decimal128(38, 2), [None, Decimal("-1e35"), Decimal("-0.01"), Decimal(0), Decimal("1e35")]),
    "list": (pa.list_(pa.int64()), [None, [], [None], [None, None], [None, 1], [0], [0, None], [1]]),
    "struct": (
        pa.struct([("a", pa.int64()), ("b", pa.string())]),
        [None, {"a": None, "b": None}, {"a": None, "b": "x"}, {"a": 1, "b": None}, {"a": 1, "b": "x"}],
    ),
    "vector": (pa.list_(pa.float32(), 2), [None, [None, 1.0], [-1.0, 2.0], [0.0, 0.0]]),
    "null": (pa.null(), [None]),
}  # fmt: skip


@pytest.mark.parametrize("kind", ASCENDING)
def test_values_ascend(kind: str) -> None:
    arrow, values = ASCENDING[kind]
    found = row_bytes([pa.array(values, arrow)])
    assert all(before < after for before, after in pairwise(found))


def test_equal_values_are_equal_bytes() -> None:
    assert len(set(row_bytes([pa.array([0.0, -0.0])]))) == 1
    assert len(set(row_bytes([pa.array([math.nan, -math.nan])]))) == 1


def test_slices_are_read_from_where_they_begin() -> None:
    for arrow, values in ASCENDING.values():
        column = pa.array(values, arrow)
        assert row_bytes([column.slice(1)]) == row_bytes([column])[1:]


VALUES = st.tuples(
    st.none() | st.integers(-(2**63), 2**63 - 1), st.none() | st.text(st.sampled_from("\x00\x01aé"), max_size=4),
    st.none() | st.floats(), st.none() | st.lists(st.none() | st.binary(max_size=2), max_size=3),
)  # fmt: skip


@given(st.lists(VALUES, min_size=2, max_size=8))
def test_rows_compare_as_their_values(rows: list[tuple[Any, ...]]) -> None:
    kinds = [pa.int64(), pa.string(), pa.float64(), pa.list_(pa.binary())]
    found = row_bytes([pa.array([row[i] for row in rows], kind) for i, kind in enumerate(kinds)])
    keys = [tuple(order_key(canonical(value)) for value in row) for row in rows]
    for i in range(len(rows)):
        for j in range(len(rows)):
            assert (found[i] < found[j]) == (keys[i] < keys[j])
