"""Map float64 to int64 in the same order, so that one kernel ranks both."""

from __future__ import annotations

import numpy as np

from zipline.engines.kernels.arrays import Floats, Integers

# All bits but the sign: of a negative float they count downwards.
_MAGNITUDE = np.int64(np.iinfo(np.int64).max)


def float_to_key(values: Floats) -> Integers:
    """Return int64 keys in the order of canonical values: -inf lowest, -0.0 equal to 0.0, every NaN highest.

    >>> float_to_key(np.array([-np.inf, -1.0, -0.0, 0.0, 5e-324, np.inf])).argsort().tolist()
    [0, 1, 2, 3, 4, 5]
    """
    with np.errstate(invalid="ignore"):  # a signaling NaN
        canonical = values + 0.0
    canonical[np.isnan(canonical)] = np.nan
    keys = canonical.view(np.int64)
    np.bitwise_xor(keys, _MAGNITUDE, out=keys, where=keys < 0)
    return keys


def key_to_float(keys: Integers) -> Floats:
    """Return the canonical float64 of every key: the inverse of `float_to_key`."""
    return np.where(keys < 0, keys ^ _MAGNITUDE, keys).view(np.float64)
