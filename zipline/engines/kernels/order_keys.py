"""Map float64 to int64 in the same order, so that one kernel ranks both."""

from __future__ import annotations

import numpy as np

from zipline.engines.kernels.arrays import Floats, Integers, empty
from zipline.engines.kernels.jit import kernel, run_ranges

# All bits but the sign: of a negative float they count downwards.
_MAGNITUDE = np.int64(np.iinfo(np.int64).max)
_NAN = np.float64(np.nan).view(np.int64)


@kernel
def _to_keys(values: Floats, bits: Integers, keys: Integers, start: int, stop: int) -> None:
    for i in range(start, stop):
        if values[i] != values[i]:
            keys[i] = _NAN
        elif values[i] == 0.0:
            keys[i] = 0
        else:
            keys[i] = bits[i] ^ _MAGNITUDE if bits[i] < 0 else bits[i]


@kernel
def _to_bits(keys: Integers, bits: Integers, start: int, stop: int) -> None:
    for i in range(start, stop):
        bits[i] = keys[i] ^ _MAGNITUDE if keys[i] < 0 else keys[i]


def float_to_key(values: Floats, threads: int | None = None) -> Integers:
    """Return int64 keys in the order of canonical values: -inf lowest, -0.0 equal to 0.0, every NaN highest.

    >>> float_to_key(np.array([-np.inf, -1.0, -0.0, 0.0, 5e-324, np.inf])).argsort().tolist()
    [0, 1, 2, 3, 4, 5]
    """
    given = np.ascontiguousarray(values)
    bits, keys = given.view(np.int64), empty(len(given), np.int64)
    run_ranges(lambda start, stop: _to_keys(given, bits, keys, start, stop), len(keys), threads)
    return keys


def key_to_float(keys: Integers, threads: int | None = None) -> Floats:
    """Return the canonical float64 of every key: the inverse of `float_to_key`."""
    bits = empty(len(keys), np.int64)
    run_ranges(lambda start, stop: _to_bits(keys, bits, start, stop), len(keys), threads)
    return bits.view(np.float64)
