"""Equal bits, type by type."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from zipline.online.bits import same_bits

OTHER_NAN = -math.nan


@pytest.mark.parametrize(
    ("kind", "first", "second", "same"),
    [
        (pa.int64(), [1, 2, None, None], [1, 3, None, 0], [True, False, True, False]),
        (pa.float64(), [0.0, math.nan, 0.1, math.inf], [-0.0, OTHER_NAN, 0.1, None], [False, True, True, False]),
        (pa.float64(), [0.1 + 0.2], [0.3], [False]),
        (pa.string(), ["", "a", None], [None, "a", None], [False, True, True]),
        (pa.decimal128(10, 2), [Decimal("1.50")], [Decimal("1.50")], [True]),
        (pa.timestamp("us", "UTC"), [1, 2], [1, 3], [True, False]),
        (pa.list_(pa.float64()), [[0.0], [math.nan], [], None], [[-0.0], [math.nan], None, None],
         [False, True, False, True]),
        (pa.map_(pa.string(), pa.int64()), [[("a", 1)], []], [[("a", 2)], []], [False, True]),
        (pa.struct([("a", pa.float64())]), [{"a": 0.0}, {"a": None}], [{"a": -0.0}, {"a": None}], [False, True]),
        (pa.list_(pa.float32(), 2), [[0.0, 1.0], None], [[0.0, 1.5], None], [False, True]),
        (pa.bool_(), [True, False], [True, True], [True, False]),
    ],
)  # fmt: skip
def test_same_bits(kind: pa.DataType, first: list[Any], second: list[Any], same: list[bool]) -> None:
    assert same_bits(pa.array(first, kind), pa.array(second, kind)).tolist() == same
