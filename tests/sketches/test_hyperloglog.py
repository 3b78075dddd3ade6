"""HyperLogLog: registers, ranks, and how good the estimate is."""

from __future__ import annotations

import pytest

from zipline.sketches.canonical_bytes import canonical_bytes
from zipline.sketches.hyperloglog import estimate, slot
from zipline.sketches.xxh64 import xxh64


@pytest.mark.parametrize(
    ("hashed", "expected"),
    [(0, (0, 53)), (1, (0, 52)), (1 << 51, (0, 1)), (1 << 52, (1, 53)), (2**64 - 1, (4095, 1))],
)
def test_slots(hashed: int, expected: tuple[int, int]) -> None:
    assert slot(hashed) == expected


@pytest.mark.parametrize("n", [0, 1, 2, 10, 100, 1_000, 20_000])
def test_estimates_are_within_four_standard_errors(n: int) -> None:
    registers: dict[int, int] = {}
    for value in range(n):
        register, rank = slot(xxh64(canonical_bytes(value)))
        registers[register] = max(rank, registers.get(register, 0))
    assert abs(estimate(registers.values()) - n) <= 4 * 0.01625 * n


def test_registers_that_are_nearly_all_full_still_have_an_estimate() -> None:
    assert estimate([53] * 4095 + [52]) > 2**60
