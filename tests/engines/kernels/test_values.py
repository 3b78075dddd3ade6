"""Columns as codes: the one order of values, whatever the type."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from zipline.engines.kernels.values import coded
from zipline.order import canonical, order_key

INNER = pa.struct([("x", pa.float64()), ("y", pa.list_(pa.int64()))])
STRUCT = pa.struct([("a", pa.string()), ("b", INNER), ("c", pa.bool_())])
ROWS = st.none() | st.fixed_dictionaries(
    {
        "a": st.none() | st.sampled_from(["", "Z", "a", "é"]),
        "b": st.none()
        | st.fixed_dictionaries(
            {
                "x": st.none() | st.sampled_from([0.0, -0.0, 1.5, float("nan"), float("-inf")]),
                "y": st.none() | st.lists(st.none() | st.integers(0, 2), max_size=2),
            }
        ),
        "c": st.none() | st.booleans(),
    }
)


@given(st.lists(ROWS, max_size=12), st.integers(0, 3))
def test_structs_are_numbered_in_their_order(rows: list[Any], start: int) -> None:
    column = pa.array(rows, STRUCT).slice(start)
    found = coded(column)
    keys = [order_key(row) for row in column.to_pylist()]
    distinct = sorted(set(keys))
    assert found.codes.tolist() == [distinct.index(key) for key in keys]
    assert [order_key(canonical(value)) for value in found.values.to_pylist()] == distinct


def test_a_field_of_a_struct_that_is_not_there_does_not_count() -> None:
    fields = [pa.array([2, 1, 1])]
    column = pa.StructArray.from_arrays(fields, ["a"], mask=pa.array([True, True, False]))
    assert coded(column).codes.tolist() == [0, 0, 1]
    assert coded(column).values.to_pylist() == [None, {"a": 1}]
