"""Parquet files that were not all written alike: refused by name, or read by the rules that `union_by_name` says."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import zipline as zl
from tests.engines.duckdb.corruption import corrupt
from tests.engines.duckdb.small import ask, sums
from tests.refusals import refusal

MOMENTS = pa.timestamp("us")
ASKED = pa.table({"user": ["a"], "t": pa.array([10], MOMENTS)})


def put(folder: Path, name: str, column: pa.Array | None, **more: Any) -> Path:
    """Write a file with one event of user a, whose time is the number that the file's name begins with."""
    rows: dict[str, Any] = {"user": ["a"], "ts": pa.array([int(name[0])], MOMENTS)}
    if column is not None:
        rows["x"] = column
    path = folder / f"{name}.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(rows | more), path)
    return path


def values(folder: Path, **options: Any) -> tuple[list[Any], str]:
    """Return the values of x in the order of the files' times, and their type."""
    answer = ask(zl.Parquet(str(folder), **options), [zl.FirstK("x", 9, nulls=True)], asked=ASKED).to_arrow()
    (column,) = [answer.column(i) for i, name in enumerate(answer.column_names) if name.startswith("v__")]
    return column[0].as_py(), str(column.type.value_type)


def test_a_column_that_a_file_lacks_is_named(tmp_path: Path) -> None:
    first, second = put(tmp_path, "1", None), put(tmp_path, "2", pa.array([2]))
    table = zl.Parquet(str(tmp_path))
    message = refusal(lambda: sums(table), zl.SchemaError)
    assert f"{first}: there is no column 'x', which {second} has\nHint: where columns were added" in message
    assert message.startswith(f"source 'events', Parquet({str(tmp_path)!r}), ")
    assert values(tmp_path, union_by_name=True) == ([None, 2], "int64")
    put(tmp_path, "3", None, y=pa.array([7]))
    assert values(tmp_path, union_by_name=True) == ([None, 2, None], "int64")
    answer = ask(zl.Parquet(str(tmp_path), union_by_name=True), [zl.Sum("y")], asked=ASKED).to_arrow()
    assert answer["v__y_sum"].to_pylist() == [7]


def test_files_of_the_same_widened_types_are_one_table(tmp_path: Path) -> None:
    put(tmp_path, "1", pa.array([1], pa.int8()))
    put(tmp_path, "2", pa.array([2], pa.int64()))
    put(tmp_path, "3", pa.array([3], pa.uint16()))
    put(tmp_path, "4", pa.nulls(1))
    for by_name in (False, True):
        assert values(tmp_path, union_by_name=by_name) == ([1, 2, 3, None], "int64")


WIDENED: dict[str, tuple[pa.Array, pa.Array, list[Any], str]] = {
    "int and float": (pa.array([2**24 + 1]), pa.array([1.5], pa.float32()), [2.0**24 + 1, 1.5], "double"),
    "int and decimal": (pa.array([1]), pa.array([Decimal("1.5")]), [Decimal(1), Decimal("1.5")], "decimal128(20, 1)"),
    "decimals": (
        pa.array([Decimal("10.5")]), pa.array([Decimal("1.25")]),
        [Decimal("10.5"), Decimal("1.25")], "decimal128(4, 2)",
    ),
    "date and timestamp": (
        pa.array([date(2024, 1, 1)]), pa.array([datetime(2024, 1, 1, 12)]),
        [datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 1, 1, 12, tzinfo=UTC)], "timestamp[us, tz=UTC]",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kinds", WIDENED)
def test_types_that_widen_are_read_as_the_wider_one_when_asked(kinds: str, tmp_path: Path) -> None:
    one, other, expected, kind = WIDENED[kinds]
    put(tmp_path, "1", one)
    second = put(tmp_path, "2", other)
    message = refusal(lambda: values(tmp_path), zl.SchemaError)
    assert f"{second}: column 'x' is " in message
    assert "or say union_by_name=True, which reads both as the wider one" in message
    assert values(tmp_path, union_by_name=True) == (expected, kind)


def test_floats_are_never_rounded_to_the_first_files_integers(tmp_path: Path) -> None:
    put(tmp_path, "1", pa.array([1]))
    put(tmp_path, "2", pa.array([1.5]))
    table = zl.Parquet(str(tmp_path), union_by_name=True)
    assert ask(table, [zl.Sum("x")], asked=ASKED).to_arrow()["v__x_sum"].to_pylist() == [2.5]


@pytest.mark.parametrize(
    "other", [pa.array(["x"]), pa.array([datetime(2024, 1, 1)]), pa.array([[1]]), pa.array([{"p": 1}])]
)
def test_types_that_do_not_meet_name_the_file(other: pa.Array, tmp_path: Path) -> None:
    first = put(tmp_path, "1", pa.array([1]))
    second = put(tmp_path, "2", other)
    for by_name in (False, True):
        table = zl.Parquet(str(tmp_path), union_by_name=by_name)
        message = refusal(lambda table=table: sums(table), zl.SchemaError)  # type: ignore[misc]
        assert f"{second}: column 'x' is " in message
        assert f"; it is int64 in {first}\nHint: write the file anew with that type" in message
        assert "or say" not in message


def test_times_of_every_unit_and_zone_are_one_column(tmp_path: Path) -> None:
    for name, kind in (("1", "us"), ("2", "ms"), ("3", "ns")):
        put(tmp_path, name, pa.array([int(name)]))
        rows = pa.table(
            {
                "user": ["a"],
                "ts": pa.array([0], pa.timestamp(kind, "UTC" if kind == "ms" else None)),
                "x": [1],
            }
        )
        pq.write_table(rows, tmp_path / f"{name}.parquet")
    assert sums(zl.Parquet(str(tmp_path)), asked=ASKED) == [3]


def test_hive_partitions_of_differing_files(tmp_path: Path) -> None:
    put(tmp_path / "day=2024-01-01", "1", None)
    put(tmp_path / "day=2024-01-02", "2", pa.array([2]))
    table = zl.Parquet(str(tmp_path), union_by_name=True)
    answer = ask(table, [zl.Last("day"), zl.Sum("x")], asked=ASKED).to_arrow()
    assert answer.select(["v__day_last", "v__x_sum"]).to_pylist() == [
        {"v__day_last": date(2024, 1, 2), "v__x_sum": 2}
    ]


def test_files_that_need_not_be_read_are_not_read(tmp_path: Path) -> None:
    put(tmp_path, "1", None)
    second = put(tmp_path, "2", pa.array([2]))
    late = put(tmp_path, "9", pa.array([9.5]))
    corrupt(late)
    corrupt(second, columns=["user"])
    table = zl.Parquet(str(tmp_path), union_by_name=True)
    early = pa.table({"user": ["a"], "t": pa.array([1], MOMENTS)})
    assert ask(table, [zl.Count().over("1us")], asked=early).to_arrow()["v__count_1us"].to_pylist() == [0]
    message = refusal(ask(table, [zl.Count()], asked=ASKED).to_arrow, zl.DataError)
    assert f"file {str(second)!r}: is torn" in message


def test_files_that_come_during_a_run_are_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from zipline.engines.duckdb.database import Database

    put(tmp_path, "1", pa.array([1]))
    put(tmp_path, "2", pa.array([2]))
    original = Database.describe

    def describe(self: Database, sql: str) -> Any:
        described = original(self, sql)
        put(tmp_path, "3", pa.array([100]))
        return described

    monkeypatch.setattr(Database, "describe", describe)
    assert sums(zl.Parquet(str(tmp_path)), asked=ASKED) == [3]
    assert sums(zl.Parquet(str(tmp_path)), asked=ASKED) == [103]
