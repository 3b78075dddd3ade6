"""Which values are the same."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from zipline.testing.equality import plain, same


@pytest.mark.parametrize(
    ("expected", "got"),
    [
        (1, 1.0),
        (2.5, Decimal("2.5")),
        (math.nan, math.nan),
        (math.inf, math.inf),
        (None, None),
        (True, True),
        ((1, None), [1, None]),
        ({"a": math.nan}, {"a": math.nan}),
        ("2024-05-01", datetime(2024, 5, 1, tzinfo=UTC)),
        (datetime(2024, 5, 1), datetime(2024, 5, 1, tzinfo=UTC)),
        ("2024-05-01", date(2024, 5, 1)),
        (np.float64(1.5), 1.5),
        (np.array([1.0, 2.0]), [1.0, 2.0]),
        (pytest.approx(0.3), 0.1 + 0.2),
    ],
)
def test_the_same(expected: Any, got: Any) -> None:
    assert same(expected, got)


@pytest.mark.parametrize(
    ("expected", "got"),
    [
        (1, True),
        (True, 1),
        (1, 1.5),
        (0, None),
        (None, 0),
        ("1", 1),
        (math.nan, 1.0),
        (math.inf, -math.inf),
        ([1], [1, 2]),
        ({"a": 1}, {"b": 1}),
        ([1], {"a": 1}),
        ("2024-05-02", date(2024, 5, 1)),
        ("soon", datetime(2024, 5, 1, tzinfo=UTC)),
        (5, date(2024, 5, 1)),
    ],
)
def test_not_the_same(expected: Any, got: Any) -> None:
    assert not same(expected, got)


def test_approx_reaches_into_lists_and_is_absolute_below_one() -> None:
    assert same({"a": [100.0]}, {"a": [100.5]}, 0.01)
    assert not same(100.0, 101.5, 0.01)
    assert same(0.0, 0.005, 0.01)
    assert not same(math.inf, 1e308, 0.5)


def test_plain_values() -> None:
    kind = pa.map_(pa.string(), pa.list_(pa.struct([("t", pa.timestamp("us", tz="UTC"))])))
    moment = datetime(2024, 5, 1, tzinfo=UTC)
    table = pa.table({"m": pa.array([[("a", [{"t": moment}, None])], None], kind)})
    assert [plain(each, kind) for each in table["m"].to_pylist()] == [{"a": [{"t": moment}, None]}, None]
