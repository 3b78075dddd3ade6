"""The laws of the algebra, over every aggregation there is: why events may be split and joined in any way."""

from __future__ import annotations

import struct
from array import array
from collections.abc import Iterable, Mapping
from functools import reduce
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import zipline.aggregations
from tests.aggregations.cases import CASES, Case, events
from zipline.dsl.aggregation import Aggregation, Input
from zipline.errors import DataError

T = 100_000_000
ALL = [
    pytest.param(case, id=f"{kind.__name__}-{n}")
    for kind, cases in CASES.items()
    for n, case in enumerate(cases)
]


def found(base: type[Aggregation] = Aggregation) -> set[type[Aggregation]]:
    """Return every aggregation of zipline's that users can name: the classes that say which kind they are."""
    below = [each for each in base.__subclasses__() if each.__module__.startswith("zipline.")]
    return {each for each in below if "kind" in vars(each)}.union(*map(found, below))


def bits(value: Any) -> Any:
    """Return a value in which floats are their eight bytes, so that == is exact and tells 1 from 1.0."""
    if isinstance(value, float):
        return struct.pack("<d", value)
    if isinstance(value, Mapping):
        return [(bits(key), bits(each)) for key, each in value.items()]
    if isinstance(value, (list, tuple, array)):
        return [bits(each) for each in value]
    return type(value).__name__, value


def observe(aggregation: Aggregation, partial: Any) -> Any:
    """Return all that an observation sees of a partial: its result or its error, and whether it is empty."""
    try:
        result = bits(aggregation.finish(partial, T))
    except DataError as error:
        result = str(error)
    return result, aggregation.is_empty(partial, T)


def folded(aggregation: Aggregation, inputs: Iterable[Input]) -> Any:
    """Return the partial of events added one by one."""
    return reduce(aggregation.add, inputs, aggregation.zero())


def test_every_aggregation_has_cases_and_is_public() -> None:
    assert found() == set(CASES)
    assert {kind.__name__ for kind in found()} == set(zipline.aggregations.__all__)


@pytest.mark.parametrize("case", ALL)
@settings(max_examples=12)
@given(data=st.data())
def test_events_may_be_tiled_in_any_way(case: Case, data: st.DataObject) -> None:
    aggregation = case.aggregation
    inputs = data.draw(events(case.values))
    homes = data.draw(st.lists(st.integers(0, 3), min_size=len(inputs), max_size=len(inputs)))
    tiles = [
        folded(aggregation, [each for each, home in zip(inputs, homes, strict=True) if home == n])
        for n in range(4)
    ]
    while len(tiles) > 1:
        left = tiles.pop(data.draw(st.integers(0, len(tiles) - 1)))
        right = tiles.pop(data.draw(st.integers(0, len(tiles) - 1)))
        tiles.append(aggregation.merge(left, right))
    shuffled = data.draw(st.permutations(inputs))
    direct = observe(aggregation, folded(aggregation, inputs))
    assert observe(aggregation, tiles[0]) == direct
    assert observe(aggregation, folded(aggregation, shuffled)) == direct


@pytest.mark.parametrize("case", ALL)
@settings(max_examples=6)
@given(data=st.data())
def test_merge_is_a_commutative_monoid(case: Case, data: st.DataObject) -> None:
    aggregation = case.aggregation
    a, b, c = (folded(aggregation, data.draw(events(case.values))) for _ in range(3))
    merge, zero = aggregation.merge, aggregation.zero()
    before = [observe(aggregation, each) for each in (a, b, c)]
    assert observe(aggregation, merge(merge(a, b), c)) == observe(aggregation, merge(a, merge(b, c)))
    assert observe(aggregation, merge(a, b)) == observe(aggregation, merge(b, a))
    assert observe(aggregation, merge(a, zero)) == before[0] == observe(aggregation, merge(zero, a))
    assert [observe(aggregation, each) for each in (a, b, c)] == before, "merge changed what it was given"


@pytest.mark.parametrize("case", ALL)
@settings(max_examples=6)
@given(data=st.data())
def test_adding_is_merging_with_a_single_event(case: Case, data: st.DataObject) -> None:
    aggregation = case.aggregation
    *rest, last = data.draw(events(case.values).filter(bool))
    partial = folded(aggregation, rest)
    single = aggregation.add(aggregation.zero(), last)
    assert observe(aggregation, aggregation.add(partial, last)) == observe(
        aggregation, aggregation.merge(partial, single)
    )


@pytest.mark.parametrize("case", ALL)
def test_no_events_are_empty_at_any_time(case: Case) -> None:
    aggregation = case.aggregation
    assert aggregation.is_empty(aggregation.zero(), T)
    assert bits(aggregation.empty) == bits(aggregation.finish(aggregation.zero(), -T))
