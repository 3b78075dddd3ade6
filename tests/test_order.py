"""The one order of values, and canonical floats."""

from __future__ import annotations

import math
import struct
from datetime import date, datetime
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zipline.order import canonical, canonical_float, order_key

(NEGATIVE_NAN,) = struct.unpack("<d", (0xFFF8000000000001).to_bytes(8, "little"))


def test_canonical_floats() -> None:
    assert struct.pack("<d", canonical_float(NEGATIVE_NAN)) == (0x7FF8000000000000).to_bytes(8, "little")
    assert str(canonical_float(-0.0)) == "0.0"
    assert canonical_float(-math.inf) == -math.inf


def test_floats_are_canonical_at_any_depth_and_nothing_is_changed_in_place() -> None:
    value = {"x": [-0.0, {"y": (-0.0,)}], "z": None, "s": "-0.0"}
    assert repr(canonical(value)) == "{'x': [0.0, {'y': (0.0,)}], 'z': None, 's': '-0.0'}"
    assert repr(value).count("-0.0") == 3


@pytest.mark.parametrize(
    "ascending",
    [
        [None, -math.inf, -1.0, 0.0, 5e-324, math.inf, math.nan],
        [None, -(2**63), 0, 2**63 - 1],
        [None, False, True],
        [None, Decimal("-1.5"), Decimal("0.1"), Decimal(3)],
        [None, "", "B", "a", "aa", "é", "\uffff", "\U0001f6eb"],
        [None, b"", b"\x00", b"a", b"\xff"],
        [None, date(1, 1, 1), date(1970, 1, 1)],
        [None, datetime(1969, 1, 1), datetime(1970, 1, 1)],
        [None, [], [None], [None, 1.0], [1.0], [1.0, None], [1.0, 2.0], [math.nan]],
        [None, {"a": None, "b": 2}, {"a": 1, "b": None}, {"a": 1, "b": 2}],
    ],
)
def test_ascending(ascending: list[Any]) -> None:
    keys = [order_key(value) for value in ascending]
    assert all(left < right for left, right in pairwise(keys))


def test_equal_values() -> None:
    assert order_key(math.nan) == order_key(NEGATIVE_NAN)
    assert order_key(-0.0) == order_key(0.0)
    assert len({order_key([math.nan, {"a": -0.0}]), order_key([NEGATIVE_NAN, {"a": 0.0}])}) == 1


@given(st.lists(st.text()))
def test_strings_are_ordered_by_their_bytes(texts: list[str]) -> None:
    assert sorted(texts, key=order_key) == sorted(texts, key=lambda text: text.encode())
