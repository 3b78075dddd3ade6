"""Partials of many records as bytes, of all aggregations of one-word columns in one pass over the records."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Final

import numpy as np

from zipline.aggregations import Count, First, Last, Max, Mean, Min, Sum, TimeSinceFirst, TimeSinceLast
from zipline.dsl.aggregation import Aggregation
from zipline.engines.kernels import online_partials as kernels
from zipline.engines.kernels.arrays import Words, frozen
from zipline.engines.kernels.online_sums import LIMBS
from zipline.online.state.layout import Layout, Slot
from zipline.online.state.partial_numbers import ONE_WORD, WHOLE, limb_bytes
from zipline.online.state.records import Records

_ANY: Final = {
    Count: kernels.COUNT, First: kernels.FIRST, Last: kernels.LAST, TimeSinceFirst: kernels.FIRST_TIME,
    TimeSinceLast: kernels.LAST_TIME,
}  # fmt: skip
_FLOATS: Final = {
    Sum: kernels.SUM_FLOATS, Mean: kernels.SUM_FLOATS, Min: kernels.LEAST_FLOAT, Max: kernels.GREATEST_FLOAT
}  # fmt: skip
_WHOLE: Final = {Sum: kernels.SUM_WHOLE, Mean: kernels.SUM_WHOLE}
_ORDERED: Final = {Min: kernels.LEAST, Max: kernels.GREATEST}


class PartialWords:
    """Makes the partials of a view's aggregations.

    Args:
        layout: of the records.
        aggregations: of the view; those that are of other columns, of groups or of some events only are left out.
    """

    def __init__(self, layout: Layout, aggregations: Sequence[Aggregation]) -> None:
        slots = {slot.name: slot for slot in layout.slots}
        found = [(at, _operation(each, slots)) for at, each in enumerate(aggregations)]
        known = [(at, each) for at, each in found if each is not None]
        self._count = len(aggregations)
        self._places = [at for at, _ in known]
        self._kinds, self._columns, self._bits = (
            np.array([each[part] for _, each in known], np.int64) for part in range(3)
        )

    def made(self, records: Records) -> list[bytes | None]:
        """Return the bytes of each aggregation's partial; None where it is to be made otherwise.

        Args:
            records: all of them events.
        """
        made: list[bytes | None] = [None] * self._count
        size = len(self._places)
        counts, parts = np.empty(size, np.int64), np.empty((size, 4), np.int64)
        totals = np.zeros((size, LIMBS), np.uint64)
        words = frozen(np.ascontiguousarray(records.words))
        kernels.make_partials(words, self._kinds, self._columns, self._bits, counts, parts, totals)
        rows = zip(self._places, self._kinds.tolist(), counts.tolist(), parts.tolist(), totals, strict=True)
        for at, kind, count, part, total in rows:
            if count != kernels.TIED:
                made[at] = _bytes(kind, count, part, total) if count else b""
        return made


def _operation(aggregation: Aggregation, slots: dict[str, Slot]) -> tuple[int, int, int] | None:
    """Return the kind of a partial, the word that it is of, and the bit that says that it is null."""
    if aggregation.where is not None or aggregation.by is not None or isinstance(aggregation.column, tuple):
        return None
    of = type(aggregation)
    if aggregation.column is None:
        return (_ANY[of], 0, -1) if of in (Count, TimeSinceFirst, TimeSinceLast) else None
    slot = slots[aggregation.column]
    if aggregation.keeps_nulls or slot.kind.kind not in ONE_WORD:
        return None
    own = _FLOATS if slot.kind.kind == "float64" else _ORDERED | (_WHOLE if slot.kind.kind in WHOLE else {})
    kind = (_ANY | own).get(of)
    return None if kind is None else (kind, slot.word, slot.bit)


def _bytes(kind: int, count: int, part: Sequence[int], total: Words) -> bytes:
    match kind:
        case kernels.COUNT:
            return struct.pack("<q", count)
        case kernels.SUM_FLOATS:
            units = int.from_bytes(total.tobytes(), "little", signed=True)
            return struct.pack("<4q", count, *part[:3]) + limb_bytes(units)
        case kernels.SUM_WHOLE:
            return struct.pack("<q", count) + ((part[0] << 32) + part[1]).to_bytes(16, "little", signed=True)
        case kernels.FIRST | kernels.LAST:
            return struct.pack("<4q", *part)
    return struct.pack("<q", part[0])
