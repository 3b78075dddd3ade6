"""Partials as bytes, over every aggregation there is: exact, the same for the same partial, and merged as partials."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, seed, settings
from hypothesis import strategies as st

from tests.aggregations.cases import Case, events
from tests.aggregations.test_laws import ALL, folded, observe
from zipline.aggregations import Count, DecayedCount, DecayedSum, Mean, Sum
from zipline.dsl.aggregation import Aggregation, Input
from zipline.online.state.encoding import encoded
from zipline.online.state.facts import Facts
from zipline.online.state.gathering import gathered
from zipline.online.state.layout import make_layout
from zipline.online.state.partial_messages import message_of
from zipline.online.state.partials import PartialCodec
from zipline.online.state.records import Records
from zipline.online.state.values import decode_value, encode_value
from zipline.types import (
    BINARY,
    BOOL,
    DATE,
    FLOAT32,
    FLOAT64,
    INT64,
    STRING,
    TIMESTAMP,
    DataType,
    decimal,
    list_of,
    struct_of,
    to_arrow,
)  # fmt: skip

HOUR = 3_600_000_000
EPOCH = datetime(1970, 1, 1)


def kind_of(value: Any) -> DataType:
    match value:
        case bool():
            return BOOL
        case float():
            return FLOAT64
        case Decimal():
            return decimal(38, 2)
        case str():
            return STRING
        case bytes():
            return BINARY
        case datetime():
            return TIMESTAMP
        case date():
            return DATE
        case array():
            return DataType("vector", element=FLOAT32, size=3)
        case Mapping():
            return struct_of(("x", INT64), ("y", FLOAT64))
        case list():
            return list_of(FLOAT64)
    return INT64


def columns_of(aggregation: Aggregation, inputs: Sequence[Input]) -> dict[str, DataType]:
    if isinstance(aggregation.column, tuple):
        return {"x": INT64, "y": FLOAT64}
    kind = next((kind_of(each.value) for each in inputs if each.value is not None), INT64)
    if "Vector" in type(aggregation).__name__ and kind.kind != "vector":
        kind = DataType("vector", element=FLOAT64, size=2)
    return {"x": kind} if aggregation.column is not None else {}


def stored(value: Any) -> Any:
    """Return a value as the state has it."""
    if isinstance(value, datetime):
        return (value - EPOCH) // (datetime(1970, 1, 1, 0, 0, 0, 1) - EPOCH)
    return (value - EPOCH.date()).days if isinstance(value, date) else value


def records_of(columns: Mapping[str, DataType], inputs: Sequence[Input]) -> Records:
    rows = [each.value if isinstance(each.value, tuple) else (each.value,) for each in inputs]
    arrays = {
        name: pa.array(
            [list(row[at]) if isinstance(row[at], array) else row[at] for row in rows], to_arrow(kind)
        )
        for at, (name, kind) in enumerate(columns.items())
    }
    facts = Facts(
        [b"e"] * len(inputs),
        np.array([each.event_time for each in inputs], np.int64),
        np.array([each.knowledge_time for each in inputs], np.int64),
        arrays,
        {},
    )
    return encoded(make_layout(columns, (), has_ids=False), facts)


@pytest.mark.parametrize("case", ALL)
@seed(1)
@settings(max_examples=4, deadline=None)
@given(data=st.data())
def test_bytes_stand_for_partials(case: Case, data: st.DataObject) -> None:
    aggregation = case.aggregation
    inputs = data.draw(events(case.values))
    columns = columns_of(aggregation, inputs)
    inputs = [each._replace(value=stored(each.value)) for each in inputs]
    cut = data.draw(st.integers(0, len(inputs)))
    codec = PartialCodec(aggregation, columns)
    direct = folded(aggregation, inputs)
    parts = [codec.encode(folded(aggregation, part)) for part in (inputs[:cut], inputs[cut:])]
    assert observe(aggregation, codec.decode(codec.encode(direct))) == observe(aggregation, direct)
    assert (
        codec.merge(*parts) == codec.merge(*parts[::-1]) == codec.encode(codec.decode(codec.encode(direct)))
    )


@pytest.mark.parametrize("case", ALL)
@seed(2)
@settings(max_examples=4, deadline=None)
@given(data=st.data())
def test_many_records_are_gathered_as_they_are_added(case: Case, data: st.DataObject) -> None:
    aggregation = case.aggregation
    inputs = data.draw(events(case.values))
    columns = columns_of(aggregation, inputs)
    found = gathered(aggregation, records_of(columns, inputs))
    direct = folded(aggregation, [each._replace(value=stored(each.value)) for each in inputs])
    assert observe(aggregation, found) == observe(aggregation, direct)
    codec = PartialCodec(aggregation, columns)
    assert codec.encode(found) == codec.encode(direct)


@pytest.mark.parametrize(
    "aggregation",
    [Count(by="x"), Sum("x", by="x"), Mean("x", by="x"), DecayedCount(half_life="1s", by="x")],
    ids=lambda each: type(each).__name__,
)
def test_groups_are_kept_and_merged_one_by_one(aggregation: Aggregation) -> None:
    columns = {"x": INT64}
    inputs = [Input(at, 0, value) for at, value in enumerate([3, None, -1, 3, 7])]
    codec = PartialCodec(aggregation, columns)
    whole, left, right = (
        gathered(aggregation, records_of(columns, part)) for part in (inputs, inputs[:3], inputs[3:])
    )
    assert set(whole) == {3, -1, 7}
    assert codec.encode(whole) == codec.merge(codec.encode(left), codec.encode(right))
    assert {
        group: observe(aggregation, each) for group, each in codec.decode(codec.encode(whole)).items()
    } == {
        group: observe(aggregation, folded(aggregation, [each for each in inputs if each.value == group]))
        for group in whole
    }
    assert codec.decode(b"") == codec.zero == {}
    assert codec.encode({}) == b""


@pytest.mark.parametrize("by", [None, "x"])
def test_terms_that_have_decayed_to_nothing_are_trimmed(by: str | None) -> None:
    aggregation = DecayedSum("x", half_life="1h", by=by)
    columns = {"x": INT64}
    codec = PartialCodec(aggregation, columns)
    inputs = [Input(0, 0, 1), Input(100 * HOUR, 0, 2)]
    partial = codec.encode(gathered(aggregation, records_of(columns, inputs)))
    assert codec.trimmed(partial, 256 * HOUR) == partial
    later = codec.trimmed(partial, 257 * HOUR)
    assert later == codec.encode(gathered(aggregation, records_of(columns, inputs[1:])))
    assert codec.trimmed(later, 400 * HOUR) == b""
    count = PartialCodec(Count(), {})
    assert count.trimmed(count.encode(5), 400 * HOUR) == count.encode(5)


def test_what_has_no_stored_form_is_refused() -> None:
    strange = Aggregation(column="x")
    with pytest.raises(TypeError, match=r"Aggregation\('x'\) has no partial that can be stored"):
        message_of(strange, {"x": INT64})
    with pytest.raises(TypeError, match="has no partial that can be stored"):
        gathered(strange, records_of({"x": INT64}, [Input(0, 0, 1)]))


def test_partials_of_floats_stay_small_and_exact() -> None:
    columns = {"x": FLOAT64}
    codec = PartialCodec(Sum("x"), columns)
    values = [1e308, 1e308, 5e-324, -1e308, 0.1, float("inf"), float("nan"), -1e308]
    inputs = [Input(at, 0, value) for at, value in enumerate(values)]
    data = codec.encode(gathered(Sum("x"), records_of(columns, inputs)))
    assert len(data) <= 8 * (5 + 34)
    total = codec.decode(data)
    assert (total.n, total.exact.nans, total.exact.positives, total.exact.negatives) == (8, 1, 1, 0)
    assert total.exact.total == folded(Sum("x"), inputs).exact.total


def test_values_of_the_heap_come_back() -> None:
    kind = struct_of(("a", list_of(decimal(5, 1))), ("b", struct_of(("c", DATE))))
    value = {"a": [Decimal("-0.5"), None], "b": {"c": 3}}
    assert decode_value(encode_value(value, kind), kind) == value
    given = {"a": [Decimal("-0.5"), None], "b": {"c": date(1970, 1, 4)}}
    assert encode_value(given, kind) == encode_value(value, kind)
