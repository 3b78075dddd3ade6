"""Take a value apart: sign, mantissa and exponent, for floats and integers alike."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numba import types
from numba.extending import overload

from zipline.engines.kernels.wide import FRACTION, HIDDEN_BIT, ONE, ZERO, float_to_bits


def parts(value: Any) -> tuple[bool, np.uint64, int]:
    """Return (negative, mantissa, exponent): ``abs(value) == mantissa * 2**exponent``. In kernels only.

    The value is finite. An int64 is its own mantissa; a float64 has a mantissa below 2**53.
    """
    raise NotImplementedError("parts() has a meaning inside kernels only")


@overload(parts)
def _parts(value: Any) -> Callable[[Any], Any]:
    return _float_parts if isinstance(value, types.Float) else _integer_parts


def _float_parts(value: Any) -> Any:
    bits = float_to_bits(value)
    field = np.int64((bits >> np.uint64(52)) & np.uint64(0x7FF))
    mantissa = bits & FRACTION
    negative = bits >> np.uint64(63) == ONE
    if field == 0:
        return negative, mantissa, np.int64(-1074)
    return negative, mantissa | HIDDEN_BIT, field - np.int64(1075)


def _integer_parts(value: Any) -> Any:
    word = np.uint64(value)
    if value < 0:
        return True, ZERO - word, np.int64(0)
    return False, word, np.int64(0)
