"""Plain values as Arrow has them and as Python has them: both say the same of every type."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from zipline.online.state.fold_values import to_array, to_python
from zipline.types import (
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
    map_of,
    struct_of,
)

DAY = date(1969, 12, 31)
MOMENT = datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("kind", "plain", "shown"),
    [
        (BOOL, True, True),
        (FLOAT64, 0.5, 0.5),
        (decimal(38, 2), Decimal("1.50"), Decimal("1.50")),
        (DATE, -1, DAY),
        (TIMESTAMP, 1_000_000, MOMENT),
        (TIMESTAMP, MOMENT, MOMENT),
        (list_of(DATE), [-1, None], [DAY, None]),
        (DataType("vector", element=FLOAT32, size=2), [0.5, 1.0], [0.5, 1.0]),
        (struct_of(("a", INT64), ("t", TIMESTAMP)), {"a": 1, "t": None}, {"a": 1, "t": None}),
        (list_of(struct_of(("t", TIMESTAMP))), [{"t": 1_000_000}], [{"t": MOMENT}]),
        (map_of(DATE, list_of(INT64)), {-1: [1]}, {DAY: [1]}),
        (map_of(STRING, map_of(DATE, INT64)), {"a": {-1: 2}}, {"a": {DAY: 2}}),
        (map_of(STRING, INT64), {}, {}),
    ],
    ids=lambda each: str(each) if isinstance(each, DataType) else "",
)
def test_a_value_is_the_same_in_arrow_and_python(kind: DataType, plain: Any, shown: Any) -> None:
    convert = to_python(kind)
    assert (plain if convert is None else convert(plain)) == shown
    assert convert is None or convert(None) is None
    array = to_array([plain, None], kind)
    assert [each.as_py(maps_as_pydicts="strict") for each in array] == [shown, None]
