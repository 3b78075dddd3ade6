"""Partials as MessagePack: those of the aggregations that have no form in words, exactly as the algebra has them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType
from typing import Any, NamedTuple

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
from zipline.aggregations.ordered import Ranked
from zipline.aggregations.ordered_k import OrderedK
from zipline.aggregations.sum import Total
from zipline.aggregations.vectors import VectorAggregation, VectorTotal
from zipline.dsl.aggregation import Aggregation
from zipline.exact import ExactSum
from zipline.online.state.values import plain, unplain
from zipline.order import OrderKey, order_key
from zipline.plan.schema import input_types
from zipline.sketches.hyperloglog import REGISTERS
from zipline.types import DataType, struct_of

_FORMS = (int, float, Decimal)


class Message(NamedTuple):
    """How a partial becomes what MessagePack knows, and is made of it again."""

    plain: Callable[[Any], Any]
    partial: Callable[[Any], Any]


def message_of(aggregation: Aggregation, columns: Mapping[str, DataType]) -> Message:
    """Return how partials of an aggregation, without regard to its `by`, are written."""
    match aggregation:
        case Count() | TimeSinceFirst() | TimeSinceLast():
            return Message(_same, _same)
        case Sum():
            return Message(_plain_total, _total)
        case Mean():
            return Message(
                lambda each: [each.n, _plain_sum(each.exact)], lambda each: Average(each[0], _sum(each[1]))
            )
        case Moments():
            return Message(_plain_powers, _powers)
        case Quantile():
            return Message(_plain_counts, lambda flat: Counter(dict(_pairs(flat))))
        case ApproxCountDistinct():
            return Message(_plain_registers, _registers)
        case Decayed():
            return Message(_plain_terms, _terms)
        case VectorAggregation():
            return Message(_plain_vectors, _vectors)
    return _of_values(aggregation, _value_kind(aggregation, columns))


def _of_values(aggregation: Aggregation, kind: DataType) -> Message:
    """Return how partials that hold values of the column are written."""
    several = isinstance(aggregation.column, tuple)
    match aggregation:
        case Counted():
            return Message(
                lambda counts: _plain_counted(counts, kind),
                lambda flat: Counter({unplain(value, kind): n for value, n in _pairs(flat)}),
            )
        case CountDistinct():
            return Message(
                lambda keys: [plain(_of_order_key(key, kind), kind) for key in sorted(keys)],
                lambda values: frozenset(order_key(unplain(value, kind)) for value in values),
            )
        case Extremes():
            return Message(
                lambda values: [plain(value, kind) for value in values],
                lambda values: tuple(unplain(value, kind) for value in values),
            )
        case Min() | Max():
            return Message(lambda value: plain(value, kind), lambda value: unplain(value, kind))
        case First() | Last():
            return Message(lambda each: _plain_ranked(each, kind), lambda each: _ranked(each, kind, several))
        case OrderedK():
            return Message(
                lambda all_of: [_plain_ranked(each, kind) for each in all_of],
                lambda all_of: tuple(_ranked(each, kind, several) for each in all_of),
            )
    raise TypeError(f"{aggregation.title()} has no partial that can be stored")


def _value_kind(aggregation: Aggregation, columns: Mapping[str, DataType]) -> DataType:
    inputs = input_types(aggregation, columns)
    if isinstance(aggregation.column, tuple):
        return struct_of(*zip(aggregation.columns, inputs, strict=True))
    return inputs[0]


def _same(partial: Any) -> Any:
    return partial


def _pairs(flat: Sequence[Any]) -> Iterable[tuple[Any, Any]]:
    return zip(flat[::2], flat[1::2], strict=True)


def _plain_integer(value: int) -> int | bytes:
    """Return an integer, in bytes where it is longer than MessagePack's: sums grow with the exponents of floats."""
    return (
        value
        if -(2**63) <= value < 2**63
        else value.to_bytes(value.bit_length() // 8 + 1, "little", signed=True)
    )


def _integer(value: int | bytes) -> int:
    return value if isinstance(value, int) else int.from_bytes(value, "little", signed=True)


def _plain_fraction(value: Fraction) -> list[Any]:
    """Return numerator and denominator, of a power of two its negated exponent (that of floats is at most 4 * 1074)."""
    exponent = value.denominator.bit_length() - 1
    below = -exponent if value.denominator == 1 << exponent else _plain_integer(value.denominator)
    return [_plain_integer(value.numerator), below]


def _fraction(stored: Sequence[Any]) -> Fraction:
    below = _integer(stored[1])
    return Fraction(_integer(stored[0]), below if below > 0 else 1 << -below)


def _plain_sum(exact: ExactSum) -> list[Any]:
    return [*_plain_fraction(exact.total), exact.nans, exact.positives, exact.negatives]


def _sum(stored: Sequence[Any]) -> ExactSum:
    return ExactSum(_fraction(stored), *stored[2:])


def _plain_total(total: Total) -> list[Any]:
    assert total.form is not None
    return [total.n, _FORMS.index(total.form), total.scale, _plain_sum(total.exact)]


def _total(stored: Sequence[Any]) -> Total:
    n, form, scale, exact = stored
    return Total(n, _sum(exact), _FORMS[form], scale)


def _plain_powers(powers: PowerSums) -> list[Any]:
    return [powers.n, powers.specials, [_plain_fraction(each) for each in powers.sums]]


def _powers(stored: Sequence[Any]) -> PowerSums:
    n, specials, sums = stored
    return PowerSums(n, specials, tuple(_fraction(each) for each in sums))


def _plain_counts(counts: Mapping[int, int]) -> list[int]:
    return [part for pair in sorted(counts.items()) for part in pair]


def _plain_counted(counts: Mapping[Any, int], kind: DataType) -> list[Any]:
    items = sorted(counts.items(), key=lambda item: order_key(item[0]))
    return [part for value, n in items for part in (plain(value, kind), n)]


def _plain_registers(registers: Mapping[int, int]) -> list[int] | bytes:
    """Return register and rank in turn, or where many are not empty the ranks of all."""
    if len(registers) * 4 < REGISTERS:
        return _plain_counts(registers)
    return bytes(registers.get(register, 0) for register in range(REGISTERS))


def _registers(stored: Sequence[int] | bytes) -> Mapping[int, int]:
    if isinstance(stored, bytes):
        return MappingProxyType({register: rank for register, rank in enumerate(stored) if rank})
    return MappingProxyType(dict(_pairs(stored)))


def _plain_terms(terms: Mapping[int, ExactSum]) -> list[Any]:
    return [part for whole in sorted(terms) for part in (whole, _plain_sum(terms[whole]))]


def _terms(stored: Sequence[Any]) -> Mapping[int, ExactSum]:
    return MappingProxyType({whole: _sum(terms) for whole, terms in _pairs(stored)})


def _plain_vectors(total: VectorTotal) -> list[Any]:
    return [total.n, total.single, [_plain_sum(each) for each in total.sums]]


def _vectors(stored: Sequence[Any]) -> VectorTotal:
    n, single, sums = stored
    return VectorTotal(n, tuple(_sum(each) for each in sums), single)


def _plain_ranked(ranked: Ranked, kind: DataType) -> list[Any]:
    return [*ranked.place[:2], plain(ranked.value, kind)]


def _ranked(stored: Sequence[Any], kind: DataType, several: bool) -> Ranked:
    time, known, value = stored
    value = unplain(value, kind)
    if several:
        value = tuple(value.values())
    return Ranked((time, known, order_key(value)), value)


def _of_order_key(key: OrderKey, kind: DataType) -> Any:
    """Return the value, of a type, whose order key this is; a struct as a list of its fields' values."""
    if len(key) == 1:
        return None
    match kind.kind:
        case "list" | "vector":
            assert kind.element is not None
            return [_of_order_key(each, kind.element) for each in key[1]]
        case "struct":
            return [_of_order_key(each, part) for each, (_, part) in zip(key[1], kind.fields, strict=True)]
    return float("nan") if key[1] else key[2]
