"""Partials of many records at once: what adding them to the partial of no events one by one gives, only faster."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from decimal import Decimal
from fractions import Fraction
from functools import cache, reduce
from types import MappingProxyType
from typing import Any, TypeVar

import numpy as np

from zipline.aggregations import (
    ApproxCountDistinct,
    Count,
    CountDistinct,
    First,
    Last,
    Max,
    Mean,
    Min,
    Quantile,
    Sum,
    TimeSinceFirst,
    TimeSinceLast,
)  # fmt: skip
from zipline.aggregations.counted import Counted
from zipline.aggregations.decayed import Decayed
from zipline.aggregations.extremes import Extremes
from zipline.aggregations.mean import Average
from zipline.aggregations.moments import Moments, PowerSums
from zipline.aggregations.ordered_k import OrderedK
from zipline.aggregations.sum import Total
from zipline.aggregations.vectors import VectorAggregation, VectorTotal
from zipline.dsl.aggregation import Aggregation, Input
from zipline.engines.kernels.approximate import hash_slots
from zipline.engines.kernels.arrays import Floats, frozen
from zipline.engines.kernels.decay import place
from zipline.engines.kernels.float_totals import add_finite
from zipline.engines.kernels.online_sums import LIMBS
from zipline.engines.kernels.xxh64 import hash_bytes
from zipline.exact import ExactSum, as_float64
from zipline.online.state.layout import Slot
from zipline.online.state.partial_numbers import ONE_WORD, UNIT
from zipline.online.state.records import Records
from zipline.order import order_key
from zipline.sketches.canonical_bytes import canonical_bytes
from zipline.sketches.ddsketch import Buckets

K = TypeVar("K")
RANK_BITS = 6


def gathered(aggregation: Aggregation, records: Records) -> Any:
    """Return the partial of records that are all events; with `by`, that of each group that has any.

    Args:
        aggregation: whose; its `where`, `by` and nulls are seen to here.
        records: of one entity.
    """
    conditions = []
    if aggregation.where is not None:
        conditions.append(records.mask(aggregation.where))
    if aggregation.by is not None:
        conditions.append(records.present(records.slot(aggregation.by)))
    if isinstance(aggregation.column, str) and not aggregation.keeps_nulls:
        conditions.append(records.present(records.slot(aggregation.column)))
    if not all(each.all() for each in conditions):
        records = records.take(np.logical_and.reduce(conditions))
    if aggregation.by is None:
        return _partial(aggregation, records)
    groups: dict[Any, list[int]] = {}
    for row, group in enumerate(records.values(records.slot(aggregation.by))):
        groups.setdefault(group, []).append(row)
    partials = {group: _partial(aggregation, records.take(np.array(rows))) for group, rows in groups.items()}
    zero = aggregation.zero()
    return {group: partial for group, partial in partials.items() if partial != zero}


def _partial(aggregation: Aggregation, records: Records) -> Any:
    """Return the partial of records that are all inputs."""
    if not len(records):
        return aggregation.zero()
    match aggregation:
        case Count():
            return len(records)
        case TimeSinceFirst():
            return int(records.times.min())
        case TimeSinceLast():
            return int(records.times.max())
        case Sum() | Mean():
            return _total(aggregation, records)
        case Decayed():
            return _decayed(aggregation, records)
        case Min() | Max():
            return _extreme(aggregation, records)
        case First() | Last() | OrderedK():
            return _picked(aggregation, records)
    values = _values(aggregation, records)
    match aggregation:
        case Extremes():
            return aggregation.merge((), tuple(values))
        case Counted():
            return Counter(values)
        case CountDistinct():
            return frozenset(map(order_key, _distinct(values)))
        case ApproxCountDistinct():
            return _registers(_distinct(values))
        case Quantile():
            return _counted(map(as_float64, values), _buckets(aggregation.accuracy).key)
        case Moments():
            return _powers(values)
        case VectorAggregation():
            return _vectors(aggregation, records, values)
    raise TypeError(f"{aggregation.title()} has no partial that can be stored")


def _extreme(aggregation: Min | Max, records: Records) -> Any:
    assert aggregation.columns
    slot = records.slot(aggregation.columns[0])
    if slot.kind.kind in ONE_WORD:
        # NaN is above every number: fmin leaves it out while it can, max does not.
        numbers = records.numbers(slot)
        return (np.fmin.reduce(numbers) if isinstance(aggregation, Min) else numbers.max()).item()
    return (min if isinstance(aggregation, Min) else max)(records.values(slot), key=order_key)


def _picked(aggregation: First | Last | OrderedK, records: Records) -> Any:
    """Return the partial of a pick; without `distinct` only the k outermost event times are looked at."""
    k = aggregation.k if isinstance(aggregation, OrderedK) else 1
    if k < len(records) and not (isinstance(aggregation, OrderedK) and aggregation.distinct):
        newest = (
            aggregation.descending if isinstance(aggregation, OrderedK) else isinstance(aggregation, Last)
        )
        outward = -records.times if newest else records.times
        records = records.take(outward <= (outward.min() if k == 1 else np.partition(outward, k - 1)[k - 1]))
    rows = zip(records.times.tolist(), records.known.tolist(), _values(aggregation, records), strict=True)
    ranked = [aggregation.ranked(Input(*row)) for row in rows]
    if isinstance(aggregation, OrderedK):
        return aggregation.merge((), tuple(ranked))
    return reduce(aggregation.merge, ranked, aggregation.zero())


def _values(aggregation: Aggregation, records: Records) -> list[Any]:
    """Return what an aggregation sees of each record: a value, or those of several columns."""
    if isinstance(aggregation.column, str):
        return records.values(records.slot(aggregation.column))
    columns = [
        records.times.tolist() if name == "event_time" else records.values(records.slot(name))
        for name in aggregation.columns
    ]
    return list(zip(*columns, strict=True))


def _distinct(values: Sequence[Any]) -> Sequence[Any]:
    """Return values, those that can be hashed once each, which is much less to look at where they repeat."""
    return values if isinstance(values[0], (list, dict)) else list(dict.fromkeys(values))


def _counted(values: Any, key: Callable[[Any], int]) -> Counter[int]:
    """Return how often each key occurs; the key of a value that occurs often is found once."""
    counts: Counter[int] = Counter()
    for value, n in Counter(values).items():
        counts[key(value)] += n
    return counts


def _total(aggregation: Aggregation, records: Records) -> Any:
    assert isinstance(aggregation.column, str)
    slot = records.slot(aggregation.column)
    n, scale = len(records), 0
    form: type = int
    match slot.kind.kind:
        case "float64":
            form, exact = float, _float_sum(records, slot)
        case "decimal":
            form, scale = Decimal, slot.kind.scale
            exact = ExactSum(sum(map(Fraction, records.values(slot)), Fraction(0)))
        case _:
            exact = ExactSum(Fraction(sum(records.numbers(slot).astype(np.int64).tolist())))
    return Average(n, exact) if isinstance(aggregation, Mean) else Total(n, exact, form, scale)


def _float_sum(records: Records, slot: Slot) -> ExactSum:
    """Return the exact sum of a column, found once for all that are made of it."""
    if slot.name not in records.sums:
        records.sums[slot.name] = exact_sum(records.numbers(slot))
    return records.sums[slot.name]


def exact_sum(values: Floats) -> ExactSum:
    """Return the exact sum of some floats.

    >>> exact_sum(np.array([1e300, 1.0, -1e300, np.inf]))
    ExactSum(total=Fraction(1, 1), nans=0, positives=1, negatives=0)
    """
    finite = np.isfinite(values)
    nans, positives, negatives = 0, 0, 0
    if not finite.all():
        nans, positives = int(np.isnan(values).sum()), int((values == np.inf).sum())
        negatives = len(values) - int(finite.sum()) - nans - positives
        values = values[finite]
    total = np.zeros(LIMBS, np.uint64)
    add_finite(frozen(np.ascontiguousarray(values).view(np.uint64)), total)
    units = int.from_bytes(total.tobytes(), "little", signed=True)
    # Without the zeros at its end, as reducing a fraction of a thousand bits takes longer than the sum.
    zeros = min((units & -units).bit_length() - 1, UNIT) if units else UNIT
    return ExactSum(Fraction(units >> zeros, 1 << UNIT - zeros), nans, positives, negatives)


def _registers(values: Sequence[Any]) -> Any:
    parts = [canonical_bytes(value) for value in values]
    ends = np.cumsum([0, *map(len, parts)])
    slots = hash_slots(hash_bytes(np.frombuffer(b"".join(parts), np.uint8), ends, threads=1))
    registers: dict[int, int] = {}
    for slot in np.unique(slots).tolist():  # ascending, so that a register's greatest rank comes last
        registers[slot >> RANK_BITS] = slot & (1 << RANK_BITS) - 1
    return MappingProxyType(registers)


def _powers(values: Sequence[Any]) -> PowerSums:
    finite = [value for value in values if not isinstance(value, float) or math.isfinite(value)]
    ratios = [value.as_integer_ratio() for value in finite]
    below = math.lcm(*{denominator for _, denominator in ratios})
    whole = [numerator * (below // denominator) for numerator, denominator in ratios]
    sums = tuple(Fraction(sum(each**power for each in whole), below**power) for power in range(1, 5))
    return PowerSums(len(values), len(values) - len(finite), sums)


def _decayed(aggregation: Decayed, records: Records) -> Any:
    whole, weights = place(records.times, aggregation.half_life_us, 1)
    if aggregation.column is None:
        amounts = np.ones(len(records))
    else:
        amounts = np.array([as_float64(value) for value in _values(aggregation, records)])
    with np.errstate(over="ignore"):
        terms = amounts * weights
    order = np.argsort(whole, kind="stable")
    whole, terms = whole[order], terms[order]
    starts = np.flatnonzero(np.diff(whole, prepend=whole[0] - 1))
    parts = np.split(terms, starts[1:])
    return MappingProxyType(
        {at: exact_sum(part) for at, part in zip(whole[starts].tolist(), parts, strict=True)}
    )


def _vectors(aggregation: VectorAggregation, records: Records, values: Sequence[Any]) -> VectorTotal:
    whole = [value for value in values if None not in value]
    if not whole:
        return VectorTotal()
    rows = np.array(whole, np.float64)
    kind = records.slot(aggregation.columns[0]).kind
    single = kind.element is not None and kind.element.kind == "float32"
    return VectorTotal(len(whole), tuple(exact_sum(np.ascontiguousarray(each)) for each in rows.T), single)


_buckets = cache(Buckets)
