"""The two sketches, from the events themselves: DDSketch quantiles and HyperLogLog counts. Section 5."""

from __future__ import annotations

import math
import struct
from collections import Counter
from collections.abc import Iterable, Sequence
from decimal import Decimal, localcontext
from functools import cache
from typing import Any

from zipline.reference.values import INFINITY, NAN
from zipline.types import DataType

_SMALLEST = 2.0**-1022
_LARGEST = math.ldexp(2.0 - 2.0**-52, 1023)


def quantile(values: Sequence[float], q: float, accuracy: str) -> float:
    """Return DDSketch's answer at rank `floor(q * (n - 1))`: the value of that event's bucket."""
    rank = math.floor(q * float(len(values) - 1))
    return sorted(_bucket(value, accuracy) for value in values)[rank][2]


def _bucket(value: float, accuracy: str) -> tuple[int, int, float]:
    """Return where a value's bucket stands among all, and the bucket's answer."""
    if math.isnan(value):
        return (5, 0, NAN)
    if math.isinf(value):
        return (4, 0, value) if value > 0 else (0, 0, value)
    if abs(value) < _SMALLEST:
        return (2, 0, 0.0)
    index = _index(abs(value), accuracy)
    answer = _inverse(index, accuracy)
    return (3, index, answer) if value > 0 else (1, -index, -answer)


def _index(size: float, accuracy: str) -> int:
    half, exponent = math.frexp(size)
    s, x = 2.0 * half, float(exponent - 1)
    return math.floor((x - (s - 5.0) * (s - 1.0) * (1.0 / 3.0)) * multiplier(accuracy))


def _inverse(index: int, accuracy: str) -> float:
    y = float(index) / multiplier(accuracy)
    x = math.floor(y)
    s = 3.0 - math.sqrt(4.0 - 3.0 * (y - float(x)))
    try:
        return min(math.ldexp(s, x) * (1.0 + float(accuracy)), _LARGEST)
    except OverflowError:
        return _LARGEST


@cache
def multiplier(accuracy: str) -> float:
    """Return `3 / (4 ln((1 + a) / (1 - a)))`, correctly rounded from the decimal text of the accuracy."""
    with localcontext() as context:
        context.prec = 60
        a = Decimal(accuracy)
        return float(3 / (4 * ((1 + a) / (1 - a)).ln()))


def approximate_count(values: Iterable[Any], kind: DataType) -> int:
    """Return HyperLogLog's estimate of the number of distinct values, with 4,096 registers."""
    registers = [0] * 4096
    for value in values:
        hashed = xxh64(hash_bytes(value, kind))
        rest = hashed & (2**52 - 1)
        register = hashed >> 52
        registers[register] = max(registers[register], 52 - rest.bit_length() + 1)
    return round(_estimate(registers))


def hash_bytes(value: Any, kind: DataType) -> bytes:
    """Return the canonical bytes that stand for a value."""
    match kind.kind:
        case "bool":
            return bytes([value])
        case "int64" | "date" | "timestamp":
            return struct.pack("<q", value)
        case "float64":
            return struct.pack("<d", value)
        case "decimal":
            return int(value.scaleb(kind.scale)).to_bytes(16, "little", signed=True)
        case "string":
            return bytes(value.encode())
        case "list" | "vector" if kind.element is not None:
            element = DataType("float64") if kind.element.kind == "float32" else kind.element
            return b"".join(_part(each, element) for each in value)
        case "struct":
            return b"".join(_part(value[name], each) for name, each in kind.fields)
        case _:
            return bytes(value)


def _part(value: Any, kind: DataType) -> bytes:
    """Return the bytes of an element: whether there is one, the length of its bytes, and they themselves."""
    if value is None:
        return b"\0"
    found = hash_bytes(value, kind)
    return b"\1" + struct.pack("<q", len(found)) + found


def _estimate(registers: Sequence[int]) -> float:
    """Ertl 2017, "New cardinality estimation algorithms for HyperLogLog sketches", algorithm 6."""
    m, q = float(len(registers)), 52
    counts = Counter(registers)
    z = m * _tau(1.0 - counts[q + 1] / m)
    for rank in range(q, 0, -1):
        z = 0.5 * (z + counts[rank])
    z += m * _sigma(counts[0] / m)
    return m * m / (2.0 * math.log(2.0)) / z


def _sigma(x: float) -> float:
    if x == 1.0:
        return INFINITY
    z, y, before = x, 1.0, -1.0
    while z != before:
        x *= x
        before = z
        z += x * y
        y += y
    return z


def _tau(x: float) -> float:
    if x in (0.0, 1.0):
        return 0.0
    z, y, before = 1.0 - x, 1.0, -1.0
    while z != before:
        x = math.sqrt(x)
        before = z
        y *= 0.5
        z -= (1.0 - x) ** 2 * y
    return z / 3.0


_PRIMES = (
    0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0x85EBCA77C2B2AE63, 0x27D4EB2F165667C5,
)  # fmt: skip
_MASK = 2**64 - 1


def xxh64(data: bytes) -> int:
    """Return XXH64 with seed 0 (Collet's specification).

    >>> hex(xxh64(b""))
    '0xef46db3751d8e999'
    """
    p1, p2, p3, p4, p5 = _PRIMES
    length, at = len(data), 0
    if length >= 32:
        lanes = [(p1 + p2) & _MASK, p2, 0, -p1 & _MASK]
        while at + 32 <= length:
            for lane, word in enumerate(struct.unpack_from("<4Q", data, at)):
                lanes[lane] = _round(lanes[lane], word)
            at += 32
        result = sum(_rotate(lane, by) for lane, by in zip(lanes, (1, 7, 12, 18), strict=True)) & _MASK
        for lane in lanes:
            result = ((result ^ _round(0, lane)) * p1 + p4) & _MASK
    else:
        result = p5
    result = (result + length) & _MASK
    while at + 8 <= length:
        result = (_rotate(result ^ _round(0, struct.unpack_from("<Q", data, at)[0]), 27) * p1 + p4) & _MASK
        at += 8
    if at + 4 <= length:
        result = (_rotate(result ^ struct.unpack_from("<I", data, at)[0] * p1 & _MASK, 23) * p2 + p3) & _MASK
        at += 4
    for byte in data[at:]:
        result = _rotate(result ^ byte * p5 & _MASK, 11) * p1 & _MASK
    result = (result ^ result >> 33) * p2 & _MASK
    result = (result ^ result >> 29) * p3 & _MASK
    return result ^ result >> 32


def _round(lane: int, word: int) -> int:
    return _rotate((lane + word * _PRIMES[1]) & _MASK, 31) * _PRIMES[0] & _MASK


def _rotate(value: int, by: int) -> int:
    return (value << by | value >> (64 - by)) & _MASK
