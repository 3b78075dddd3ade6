"""Exact totals of long runs of floats, as a number of 2**-1074."""

from __future__ import annotations

import numpy as np

from zipline.engines.kernels.arrays import Words
from zipline.engines.kernels.jit import kernel
from zipline.engines.kernels.online_sums import add_word


@kernel
def add_finite(words: Words, total: Words) -> None:
    """Add floats, given by their bits and all finite, to a signed number of `LIMBS` words, the lowest first."""
    fraction = np.empty(1, np.uint64)
    for word in words:
        add_word(word, fraction, total)
