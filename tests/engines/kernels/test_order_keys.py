"""Keys order floats as the canonical values are ordered, and lead back to them to the bit."""

from __future__ import annotations

import struct

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from zipline.engines.kernels.order_keys import float_to_key, key_to_float

NAN = 0x7FF8000000000000
OTHER_NANS = (0xFFF8000000000000, 0x7FF0000000000001)


def bits(value: float) -> int:
    return int.from_bytes(struct.pack("<d", value), "little")


def from_bits(word: int) -> float:
    return float(struct.unpack("<d", word.to_bytes(8, "little"))[0])


VALUES = st.floats() | st.sampled_from([from_bits(word) for word in OTHER_NANS])


@given(left=VALUES, right=VALUES)
def test_keys_compare_as_values(left: float, right: float) -> None:
    a, b = float_to_key(np.array([left, right])).tolist()
    if left != left or right != right:
        assert (a > b, a == b) == (right == right, left != left and right != right)
    else:
        assert (a < b, a == b) == (left < right, left == right)


@given(value=VALUES)
def test_a_key_leads_back_to_the_canonical_value(value: float) -> None:
    values = np.array([value])
    back = float(key_to_float(float_to_key(values))[0])
    assert bits(back) == (NAN if value != value else bits(value + 0.0))
    assert bits(float(values[0])) == bits(value), "the input is left alone"
