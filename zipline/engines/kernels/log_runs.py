"""Cut rows of a log into runs that touch no part of a store in too many places."""

from __future__ import annotations

import numpy as np

from zipline.engines.kernels.arrays import Integers
from zipline.engines.kernels.jit import kernel


@kernel
def cut_runs(offsets: Integers, codes: Integers, parts: Integers, most: int, cuts: Integers) -> int:
    """Find where runs begin: a run ends before the offset that would take it to more places of a part than it may.

    Args:
        offsets: of each row, ascending; rows of one offset stay together, so that they alone may be too many.
        codes: int64[k, n], the k places that each row touches.
        parts: of each place the part that it is in.
        most: places of a part that a run may touch.
        cuts: int64[n], filled in with the first row of every run but the first.

    Returns:
        How many cuts there are.
    """
    seen = np.full(len(parts), -1, np.int64)  # the last run that has touched each place
    counts = np.zeros(parts.max() + 1 if len(parts) else 1, np.int64)
    run = same = begin = 0
    for at in range(len(offsets)):
        if offsets[at] != offsets[same]:
            same = at
        full = False
        for k in range(len(codes)):
            place = codes[k, at]
            if seen[place] != run:
                seen[place] = run
                counts[parts[place]] += 1
                full |= counts[parts[place]] > most
        if not full or same == begin:
            continue
        cuts[run] = begin = same
        run += 1
        counts[:] = 0
        for row in range(same, at + 1):
            for k in range(len(codes)):
                place = codes[k, row]
                if seen[place] != run:
                    seen[place] = run
                    counts[parts[place]] += 1
    return run
