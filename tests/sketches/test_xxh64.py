"""XXH64 against its authors' own code."""

from __future__ import annotations

import xxhash
from hypothesis import given
from hypothesis import strategies as st

from zipline.sketches.xxh64 import xxh64


@given(st.binary(max_size=200))
def test_hashes_are_those_of_the_library(data: bytes) -> None:
    assert xxh64(data) == xxhash.xxh64_intdigest(data)


def test_every_length_up_to_three_stripes() -> None:
    data = bytes(range(97))
    for length in range(len(data)):
        assert xxh64(data[:length]) == xxhash.xxh64_intdigest(data[:length])
