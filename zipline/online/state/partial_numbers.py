"""Partials that compiled code reads as they lie: words of fixed meaning, for aggregations of one-word columns.

```
Count                         n
Sum, Mean of int64, bool      n, the total's low word, its high word (two's complement)
Sum, Mean of float64          n, how many were NaN, +inf, -inf, then the number p of its lowest limb, then limbs: the
                              finite values' total is the two's complement number of the limbs times 2**(64 * p - 1074);
                              no limb is needless, and 0 has none
Min, Max                      the value as in a record
First, Last of one column     event time, knowledge time, 1 where the value is null else 0, the value
TimeSinceFirst, TimeSinceLast event time
```
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any, NamedTuple

from zipline.aggregations import Count, First, Last, Max, Mean, Min, Sum, TimeSinceFirst, TimeSinceLast
from zipline.aggregations.mean import Average
from zipline.aggregations.ordered import Ranked
from zipline.aggregations.sum import Total
from zipline.dsl.aggregation import Aggregation
from zipline.exact import ExactSum
from zipline.order import order_key
from zipline.types import DataType

UNIT = 1074
"""Floats are whole multiples of 2**-1074."""
ONE_WORD = ("bool", "int64", "float64", "date", "timestamp")
WHOLE = ("bool", "int64")


class Form(NamedTuple):
    """How a partial that is not that of no events becomes bytes, and is made of them again."""

    encode: Callable[[Any], bytes]
    decode: Callable[[bytes], Any]


def number_form(aggregation: Aggregation, columns: Mapping[str, DataType]) -> Form | None:
    """Return the form of an aggregation's partials as words; None where they have none."""
    if aggregation.by is not None or isinstance(aggregation.column, tuple):
        return None
    kind = columns[aggregation.column] if aggregation.column is not None else DataType("null")
    match aggregation:
        case Count():
            return Form(_words, lambda data: _read(data)[0])
        case TimeSinceFirst() | TimeSinceLast():
            return Form(_words, lambda data: _read(data)[0])
        case Sum() | Mean() if kind.kind in WHOLE or kind.kind == "float64":
            return _sum_form(aggregation, kind)
        case Min() | Max() if kind.kind in ONE_WORD:
            return Form(lambda value: word_bytes(value, kind), lambda data: word_value(data, kind))
        case First() | Last() if kind.kind in ONE_WORD:
            return Form(lambda ranked: _encode_pick(ranked, kind), lambda data: _decode_pick(data, kind))
    return None


def word_bytes(value: Any, kind: DataType) -> bytes:
    """Return a value of one word as bytes; null is zeros."""
    if kind.kind == "float64":
        return struct.pack("<d", 0.0 if value is None else value)
    return struct.pack("<q", value or 0)


def word_value(data: bytes, kind: DataType) -> Any:
    """Return the value of a word."""
    if kind.kind == "float64":
        return struct.unpack("<d", data)[0]
    (value,) = _read(data)
    return bool(value) if kind.kind == "bool" else value


def limb_bytes(total: int) -> bytes:
    """Return a total of floats, in units of 2**-1074, as the number of its lowest limb and limbs."""
    if not total:
        return _words(0)
    lowest = ((total & -total).bit_length() - 1) // 64
    total >>= 64 * lowest
    return _words(lowest) + total.to_bytes(8 * (total.bit_length() // 64 + 1), "little", signed=True)


def limb_total(data: bytes) -> int:
    """Return the total whose `limb_bytes` these are."""
    (lowest,) = _read(data[:8])
    return int.from_bytes(data[8:], "little", signed=True) << 64 * lowest


def _sum_form(aggregation: Aggregation, kind: DataType) -> Form:
    encode, decode = (
        (_encode_whole, _decode_whole) if kind.kind in WHOLE else (_encode_floats, _decode_floats)
    )
    if isinstance(aggregation, Mean):
        return Form(lambda average: encode(*average), lambda data: Average(*decode(data)))
    form = int if kind.kind in WHOLE else float
    return Form(lambda total: encode(total.n, total.exact), lambda data: Total(*decode(data), form))


def _encode_whole(n: int, exact: ExactSum) -> bytes:
    return _words(n) + int(exact.total).to_bytes(16, "little", signed=True)


def _decode_whole(data: bytes) -> tuple[int, ExactSum]:
    return _read(data[:8])[0], ExactSum(Fraction(int.from_bytes(data[8:], "little", signed=True)))


def _encode_floats(n: int, exact: ExactSum) -> bytes:
    total = exact.total.numerator * ((1 << UNIT) // exact.total.denominator)
    return _words(n, exact.nans, exact.positives, exact.negatives) + limb_bytes(total)


def _decode_floats(data: bytes) -> tuple[int, ExactSum]:
    n, *specials = _read(data[:32])
    return n, ExactSum(Fraction(limb_total(data[32:]), 1 << UNIT), *specials)


def _encode_pick(ranked: Ranked, kind: DataType) -> bytes:
    time, known, _ = ranked.place
    return _words(time, known, int(ranked.value is None)) + word_bytes(ranked.value, kind)


def _decode_pick(data: bytes, kind: DataType) -> Ranked:
    time, known, is_null = _read(data[:24])
    value = None if is_null else word_value(data[24:], kind)
    return Ranked((time, known, order_key(value)), value)


def _words(*values: int) -> bytes:
    return struct.pack(f"<{len(values)}q", *values)


def _read(data: bytes) -> tuple[int, ...]:
    return struct.unpack(f"<{len(data) // 8}q", data)
