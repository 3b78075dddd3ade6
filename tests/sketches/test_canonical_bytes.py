"""The bytes that stand for values."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from zipline.sketches.canonical_bytes import canonical_bytes


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (False, "00"),
        (-2, "feffffffffffffff"),
        (-0.0, "0000000000000000"),
        (-math.nan, "000000000000f87f"),
        (Decimal("-0.02"), "fe" + "ff" * 15),
        ("é", "c3a9"),
        (b"\x00\x01", "0001"),
        (date(1970, 1, 2), "0100000000000000"),
        (datetime(1969, 12, 31, 23, 59, 59, 999_999, UTC), "ff" * 8),
        ([], ""),
        ([None, True], "00" + "01" + "0100000000000000" + "01"),
        ({"a": None, "b": "x"}, "00" + "01" + "0100000000000000" + "78"),
    ],
)
def test_bytes(value: Any, expected: str) -> None:
    assert canonical_bytes(value).hex() == expected


def test_neighbours_cannot_be_confused() -> None:
    assert canonical_bytes(["a", "bc"]) != canonical_bytes(["ab", "c"])
    assert canonical_bytes([["a"], []]) != canonical_bytes([[], ["a"]])
    assert canonical_bytes([None]) != canonical_bytes([""])


def test_other_objects_are_no_values() -> None:
    with pytest.raises(TypeError, match="object is no value of a column"):
        canonical_bytes(object())
