"""Columns in the forms that kernels want: canonical floats, keys that order, dense codes."""

from __future__ import annotations

import struct
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from zipline.engines.kernels.values import (
    canonical,
    coded,
    decimal_words,
    float_values,
    masked,
    numbers,
    one_chunk,
    order_keys,
    valid_of,
)

ODD_NAN = struct.unpack("<d", struct.pack("<Q", 0xFFF8_0000_0000_0001))[0]
ONE_NAN = struct.pack("<Q", 0x7FF8_0000_0000_0000)


def bits(value: float) -> bytes:
    return struct.pack("<d", value)


def test_one_zero_and_one_nan_at_every_depth() -> None:
    floats = pa.array([-0.0, ODD_NAN, None, 1.5])
    flat = canonical(floats)
    assert [None if v is None else bits(v) for v in flat.to_pylist()] == [bits(0.0), ONE_NAN, None, bits(1.5)]
    nested: list[pa.Array] = [
        pa.array([[-0.0, ODD_NAN], None, []], pa.list_(pa.float64())),
        pa.array([{"a": -0.0, "b": "x"}, None, {"a": ODD_NAN, "b": None}]),
        pa.array([[-0.0, ODD_NAN], None, [1.0, None]], pa.list_(pa.float64(), 2)),
        pa.array([[("k", -0.0)], None, [("l", ODD_NAN)]], pa.map_(pa.string(), pa.float64())),
    ]
    for column in nested:
        changed = canonical(column)
        assert changed.type == column.type
        assert changed.is_null().to_pylist() == [False, True, False]
        shown = str(changed.to_pylist())
        assert "-0.0" not in shown
        assert str(canonical(column.slice(1)).to_pylist()) == str(changed.slice(1).to_pylist())


def test_columns_without_floats_are_not_touched() -> None:
    for column in (pa.array(["a"]), pa.array([[1]]), pa.array([{"a": 1}])):
        assert canonical(column) is column


def test_numbers_of_each_type() -> None:
    assert numbers(pa.array([1.5, -2.0])).tolist() == [1.5, -2.0]
    assert numbers(pa.array([True, False])).tolist() == [True, False]
    assert numbers(pa.array([-1, 3], pa.date32())).tolist() == [-1, 3]
    assert numbers(pa.array([-1, 3], pa.timestamp("us"))).tolist() == [-1, 3]
    words = numbers(pa.array([Decimal(-1), Decimal(2**64 + 5)], pa.decimal128(38, 0)))
    assert words.tolist() == [[2**64 - 1, 2**64 - 1], [5, 1]]


def test_slices_of_decimals() -> None:
    column = pa.array([Decimal(i) for i in range(6)], pa.decimal128(10, 0)).slice(2, 3)
    assert decimal_words(column)[:, 0].tolist() == [2, 3, 4]


def test_floats_are_rounded_once() -> None:
    assert float_values(pa.array([2**53 + 1, -(2**63)])).tolist() == [float(2**53 + 1), -(2.0**63)]
    assert float_values(pa.array([Decimal("0.1")], pa.decimal128(38, 20))).tolist() == [0.1]
    assert float_values(pa.array([True, False])).tolist() == [1.0, 0.0]


ORDERED: dict[str, tuple[Any, list[Any]]] = {
    "bool": (pa.bool_(), [False, True]),
    "int64": (pa.int64(), [-(2**63), -1, 0, 2**63 - 1]),
    "float64": (pa.float64(), [float("-inf"), -1.5, -5e-324, 0.0, 5e-324, 1e308, float("inf"), float("nan")]),
    "string": (pa.string(), ["", "A", "a", "a\x00", "aa", "é", "\U0001f701"]),
    "binary": (pa.binary(), [b"", b"\x00", b"a", b"\xff"]),
    "date": (pa.date32(), [-1, 0, 5]),
    "timestamp": (pa.timestamp("us", "UTC"), [-1, 0, 5]),
    "decimal": (pa.decimal128(38, 2), [Decimal("-9.99"), Decimal(0), Decimal("0.01"), Decimal(10) ** 35]),
}


@pytest.mark.parametrize("kind", ORDERED)
def test_keys_and_codes_order_as_values_do(kind: str) -> None:
    stored, ascending = ORDERED[kind]
    shuffled = np.random.default_rng(2).permutation(np.repeat(np.arange(len(ascending)), 2))
    column = pa.array([ascending[i] for i in shuffled], stored)
    keys = order_keys(column)
    assert np.argsort(keys, kind="stable").tolist() == np.argsort(shuffled, kind="stable").tolist()
    assert len(set(keys.tolist())) == len(ascending)
    found = coded(column)
    assert found.codes.tolist() == shuffled.tolist()
    assert str(found.values.to_pylist()) == str(pa.array(ascending, stored).to_pylist())


@pytest.mark.parametrize(
    ("ascending", "kind"),
    [
        ([None, 0.0, float("nan")], pa.float64()),
        ([None, "", "a"], pa.string()),
        ([None, [], [None], [1], [1, 2], [2]], pa.list_(pa.int64())),
        ([None, {"a": None}, {"a": -1.0}, {"a": float("nan")}], pa.struct([("a", pa.float64())])),
    ],
)
def test_null_is_the_least_code(ascending: list[Any], kind: pa.DataType) -> None:
    column = pa.array([*ascending[::-1], *ascending], kind)
    found = coded(column)
    n = len(ascending)
    assert found.codes.tolist() == [*[*range(n)][::-1], *range(n)]
    assert str(found.values.to_pylist()) == str(ascending)


def test_equal_floats_have_one_code() -> None:
    found = coded(pa.array([0.0, -0.0, ODD_NAN, float("nan")]))
    assert found.codes.tolist() == [0, 0, 1, 1]


def test_masks_and_chunks() -> None:
    assert masked(np.array([1, 2]), None).to_pylist() == [1, 2]
    assert masked(np.array([1, 2]), np.array([True, False])).to_pylist() == [1, None]
    assert valid_of(pa.array([1, 2])) is None
    assert valid_of(pa.array([1, None])).tolist() == [True, False]  # type: ignore[union-attr]
    assert one_chunk(pa.chunked_array([[1], [2, 3]])).to_pylist() == [1, 2, 3]
    assert one_chunk(pa.chunked_array([], pa.int64())).to_pylist() == []
