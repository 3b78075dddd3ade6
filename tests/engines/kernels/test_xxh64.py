"""Hashes are those of the xxhash package."""

from __future__ import annotations

import numpy as np
import xxhash
from hypothesis import given
from hypothesis import strategies as st

from zipline.engines.kernels.xxh64 import hash_booleans, hash_bytes, hash_words


@given(st.lists(st.binary(max_size=100) | st.integers(0, 70).map(bytes), max_size=10))
def test_bytes(values: list[bytes]) -> None:
    offsets = np.cumsum([0, *map(len, values)])
    data = np.frombuffer(b"".join(values), np.uint8)
    assert hash_bytes(data, offsets).tolist() == [xxhash.xxh64_intdigest(value) for value in values]


@given(st.lists(st.integers(-(2**63), 2**63 - 1), max_size=10))
def test_words(values: list[int]) -> None:
    expected = [xxhash.xxh64_intdigest(value.to_bytes(8, "little", signed=True)) for value in values]
    column = np.array(values, np.int64)
    assert hash_words(column).tolist() == expected
    assert hash_words(column.view(np.float64)).tolist() == expected


@given(st.lists(st.integers(-(2**127), 2**127 - 1), max_size=10))
def test_pairs_of_words(values: list[int]) -> None:
    data = [value.to_bytes(16, "little", signed=True) for value in values]
    words = np.frombuffer(b"".join(data), np.uint64).reshape(-1, 2)
    assert hash_words(words).tolist() == [xxhash.xxh64_intdigest(value) for value in data]


def test_booleans() -> None:
    expected = [xxhash.xxh64_intdigest(byte) for byte in (b"\1", b"\0", b"\1")]
    assert hash_booleans(np.array([True, False, True])).tolist() == expected
