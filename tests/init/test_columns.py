"""What is seen of a column."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import pyarrow as pa

from tests.init.looked import seen


def test_counts_and_bounds() -> None:
    (x,) = seen(x=[3, None, 1, 3])
    assert (x.type, x.rows, x.nulls, x.distinct, x.low, x.high) == ("int64", 4, 1, 2, 1, 3)
    assert (x.filled, x.is_unique, x.is_flag) == (3, False, False)


def test_times_are_microseconds_whatever_their_type() -> None:
    columns = seen(
        stamp=[datetime(1970, 1, 2), None],
        nanos=pa.array([1_500, 2_500], pa.timestamp("ns", "Europe/Paris")),
        day=[date(1970, 1, 2), date(1970, 1, 1)],
        text=["1970-01-01T00:00:01+00:00", "1970-01-01"],
        words=["1970-01-01", "soon"],
    )
    assert [column.micros for column in columns] == [
        [86_400_000_000, None], [1, 2], [86_400_000_000, 0], [1_000_000, 0], None,
    ]  # fmt: skip
    assert [column.zoned for column in columns] == [False, True, False, False, False]
    assert (columns[0].low, columns[2].high) == (86_400_000_000, 86_400_000_000)


def test_flags_are_booleans_or_zero_and_one() -> None:
    columns = seen(a=[True, None], b=[0, 1], c=[0, 2], d=["0", "1"], e=pa.array([None, None], pa.bool_()))
    assert [column.is_flag for column in columns] == [True, True, False, False, False]


def test_what_cannot_be_compared_or_read_is_only_counted() -> None:
    columns = seen(
        nested=[[1], None],
        mapped=pa.array([[("a", 1)], None], pa.map_(pa.string(), pa.int64())),
        empty=pa.nulls(2),
        price=pa.array([Decimal("1.50"), None]),
        bytes=[b"a", b"b"],
        clock=pa.array([1, 2], pa.time64("us")),
        coded=pa.array(["a", "b"]).dictionary_encode(),
    )
    assert [column.kind and column.kind.kind for column in columns] == [
        "list", None, "null", "decimal", "binary", None, "string",
    ]  # fmt: skip
    assert [(column.nulls, column.distinct) for column in columns] == [
        (1, 0), (1, 0), (2, 0), (1, 1), (0, 2), (0, 0), (0, 2),
    ]  # fmt: skip
