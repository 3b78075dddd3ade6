"""Declared columns and rows that cannot be read: named by default, left out and counted where that is asked for."""

from __future__ import annotations

import gzip
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import zipline as zl
from tests.engines.duckdb.small import ASKED, EVENTS, MOMENTS, ask, sums
from tests.refusals import refusal

HINT = "\nHint: correct it, declare another type, or leave such rows out and count them: on_error='skip'"


def csv(folder: Path, *lines: str, name: str = "a.csv", header: str = "user,ts,x") -> str:
    path = folder / name
    path.write_text("\n".join([header, *lines]) + "\n")
    return str(path)


def json(folder: Path, *lines: str, name: str = "a.json") -> str:
    path = folder / name
    path.write_text("\n".join(lines) + "\n")
    return str(path)


def last(table: Any, kind: str, **source: Any) -> Any:
    """Return the last value of `x` and its type, where x is declared so."""
    features = [zl.Last("x", nulls=True)]
    column = ask(table, features, schema={"x": kind}, **source).to_arrow()["v__x_last"]
    return column[0].as_py(), str(column.type)


@pytest.mark.parametrize(
    ("kind", "text", "value", "arrow"),
    [
        ("string", "007", "007", "string"),
        ("int", "7", 7, "int64"),
        ("double", "7", 7.0, "double"),
        ("decimal(5,2)", "7.5", Decimal("7.50"), "decimal128(5, 2)"),
        ("decimal(5,2)", "7.500", Decimal("7.50"), "decimal128(5, 2)"),
        ("bool", "TRUE", True, "bool"),
        ("date", "2024-02-29", date(2024, 2, 29), "date32[day]"),
        ("timestamp", "2024-02-29T12:00+02", datetime(2024, 2, 29, 10, tzinfo=UTC), "timestamp[us, tz=UTC]"),
        ("int", "", None, "int64"),
    ],
)
def test_texts_are_read_as_declared(kind: str, text: str, value: Any, arrow: str, tmp_path: Path) -> None:
    lines = csv(tmp_path, f"a,1970-01-01,{text}")
    assert last(zl.Csv(lines), kind) == (value, arrow)
    objects = json(tmp_path, f'{{"user": "a", "ts": "1970-01-01", "x": "{text}"}}')
    if text:
        assert last(zl.Json(objects), kind) == (value, arrow)


def test_json_values_are_read_as_declared(tmp_path: Path) -> None:
    start = '{"user": "a", "ts": "1970-01-01", '
    table = zl.Json(json(tmp_path, start + '"x": [1, null, "3"], "y": 2, "z": 1.5}'))
    assert last(table, "int[]") == ([1, None, 3], "list<item: int64>")
    answer = ask(
        table, [zl.Last("y"), zl.Count("absent")], schema={"y": "double", "absent": "int"}
    ).to_arrow()
    assert answer.select(["v__y_last", "v__absent_count"]).to_pylist()[0] == {
        "v__y_last": 2.0,
        "v__absent_count": 0,
    }
    assert "no list" not in refusal(
        lambda: last(zl.Json(json(tmp_path, start + '"x": 3}')), "int[]"), zl.DataError
    )


@pytest.mark.parametrize(
    ("kind", "text", "read_as"),
    [
        ("int", "1.5", "int64"),
        ("int", "9223372036854775808", "int64"),
        ("double", "1,5", "float64"),
        ("decimal(5,2)", "1.234", "decimal(5,2)"),
        ("decimal(5,2)", "1234", "decimal(5,2)"),
        ("bool", "yes", "bool"),
        ("date", "29.2.2024", "date"),
        ("timestamp", "2024-02-30", "timestamp"),
    ],
)
def test_values_of_another_type_name_file_row_and_value(
    kind: str, text: str, read_as: str, tmp_path: Path
) -> None:
    csv(tmp_path, "a,1970-01-01,", "b,1970-01-01,", name="1.csv")
    bad = csv(tmp_path, "a,1970-01-01,", f'b,1970-01-01,"{text}"', "c,1970-01-01,worse", name="2.csv")
    for path in (bad, str(tmp_path)):
        message = refusal(lambda path=path: last(zl.Csv(path), kind), zl.DataError)  # type: ignore[misc]
        where = f"source 'events', file {bad!r}, row 1, column 'x'"
        assert message == f"{where}: {text!r} is not of type {read_as}{HINT}"
        answer = ask(zl.Csv(path), schema={"x": kind}, on_error="skip", features=[zl.Count()])
        assert answer.left_out()["events"]["(unreadable)"] == 2
        assert sum(answer.to_arrow()["v__count"].to_pylist()) == (1 if path == bad else 3)


def test_types_that_are_not_read_from_text(tmp_path: Path) -> None:
    table = zl.Csv(csv(tmp_path, "a,1970-01-01,1"))
    for kind in ("binary", "int[]"):
        assert "is text, which is not read as" in refusal(lambda kind=kind: last(table, kind), zl.SchemaError)  # type: ignore[misc]
    message = refusal(lambda: sums(table, schema={"y": "int"}), zl.SchemaError)
    assert "there is no column 'y', which schema declares\nHint: allowed: 'user', 'ts', 'x'" in message
    assert message.startswith("source 'events', Csv(")


@pytest.mark.parametrize(
    ("column", "kind", "value"),
    [
        (pa.array([1, 2, 3], pa.int8()), "int", 2),
        (pa.array([1, 2, 3]), "double", 2.0),
        (pa.array([1, 2, 3]), "decimal(20,1)", Decimal("2.0")),
        (pa.array([date(2024, 1, 2)] * 3), "timestamp", datetime(2024, 1, 2, tzinfo=UTC)),
        (pa.array([Decimal("1.5")] * 3), "decimal(9,3)", Decimal("1.500")),
        (pa.nulls(3), "int[]", None),
    ],
)
def test_other_tables_have_types_that_hold(column: pa.Array, kind: str, value: Any, tmp_path: Path) -> None:
    table = EVENTS.drop_columns("x").append_column("x", column)
    pq.write_table(table, tmp_path / "a.parquet")
    for each in (zl.Frame(table), zl.Parquet(str(tmp_path))):
        assert last(each, kind)[0] == value


@pytest.mark.parametrize(
    ("column", "kind", "have"),
    [
        (pa.array([1.0, 2.0, 3.0]), "int", "float64"),
        (pa.array(["1", "2", "3"]), "int", "string"),
        (pa.array([1, 2, 3]), "string", "int64"),
        (pa.array([Decimal("1.5")] * 3), "decimal(5,0)", "decimal(2,1)"),
        (pa.array([Decimal("1.5")] * 3), "double", "decimal(2,1)"),
        (pa.array([True] * 3), "int", "bool"),
    ],
)
def test_other_tables_with_types_that_do_not_hold(column: pa.Array, kind: str, have: str) -> None:
    table = zl.Frame(EVENTS.drop_columns("x").append_column("x", column))
    message = refusal(lambda: last(table, kind), zl.SchemaError)
    assert message.startswith(
        f"source 'events', Frame(pyarrow.Table): column 'x' is {have}; schema declares "
    )


BAD_LINES = ["b,1970-01-01", "b,1970-01-01,2,3", 'b,1970-01-01,"2', 'b,1970-01-01,"2"3']


@pytest.mark.parametrize("bad", BAD_LINES)
def test_lines_that_cannot_be_read_are_named_or_counted(bad: str, tmp_path: Path) -> None:
    good = ["a,1970-01-01,1", "a,1970-01-01,2"]
    csv(tmp_path, "b,1970-01-01,4", name="1.csv")
    file = csv(tmp_path, *good, bad, name="2.csv")
    message = refusal(lambda: sums(zl.Csv(str(tmp_path))), zl.DataError)
    assert f"{file}, line 4: {bad!r} cannot be read: " in message
    assert message.endswith("on_error='skip'")
    asked = ask(zl.Csv(str(tmp_path)), on_error="skip")
    assert asked.left_out() == {"events": {"ts": 0, "user": 0, "(unreadable)": 1}}
    answer = asked.to_arrow()
    assert answer["v__x_sum"].to_pylist() == [3, 4, None]
    assert answer["v__x_sum"].type == pa.int64()


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    path = Path(csv(tmp_path, "a,1970-01-01,3", "b,1970-01-01,4"))
    path.write_bytes(path.read_bytes() + b"c\xff,1970-01-01,8\n")
    assert f"{path}, line 4: " in refusal(lambda: sums(zl.Csv(str(path))), zl.DataError)
    assert sums(zl.Csv(str(path)), on_error="skip") == [3, 4, None]


@pytest.mark.parametrize("bad", ['{"user": "b", ', "[1]", "3", "nonsense"])
def test_json_lines_that_are_no_objects_are_counted(bad: str, tmp_path: Path) -> None:
    lines = ['{"user": "a", "ts": "1970-01-01", "x": 3}', bad, '{"user": "b", "ts": "1970-01-01", "x": 4}']
    table = zl.Json(json(tmp_path, *lines))
    asked = ask(table, on_error="skip")
    assert asked.left_out()["events"]["(unreadable)"] == 1
    assert asked.to_arrow()["v__x_sum"].to_pylist() == [3, 4, None]
    assert sums(table, on_error="skip", schema={"x": "double"}) == [3, 4, None]


def test_texts_that_are_no_times_are_counted(tmp_path: Path) -> None:
    rows = pa.table({"user": ["a", "a", "b"], "ts": ["1970-01-01", "soon", "1970-01-01"], "x": [3, 100, 4],
                     "known": ["1970-01-01", "1970-01-01", None]})  # fmt: skip
    pq.write_table(rows, tmp_path / "a.parquet")
    asked = pa.table({"user": ["a", "b", "c"], "t": pa.array([10**9] * 3, MOMENTS)})
    for table in (zl.Frame(rows), zl.Parquet(str(tmp_path))):
        answer = ask(table, on_error="skip", asked=asked)
        assert answer.to_arrow()["v__x_sum"].to_pylist() == [3, 4, None]
        assert answer.left_out() == {"events": {"ts": 0, "user": 0, "(unreadable)": 1}}
        known = ask(table, on_error="skip", asked=asked, knowledge_time="known")
        assert known.left_out() == {"events": {"known": 1, "ts": 0, "user": 0, "(unreadable)": 1}}


def test_a_row_that_cannot_be_read_corrects_nothing(tmp_path: Path) -> None:
    path = csv(
        tmp_path, "1,a,1970-01-01,1970-01-01,3", "1,a,1970-01-01,1970-01-02,oops", header="id,user,ts,known,x"
    )
    asked = pa.table({"user": ["a"], "t": ["1970-01-05"]})
    options: dict[str, Any] = {"id": "id", "knowledge_time": "known", "schema": {"x": "int"}}
    assert sums(zl.Csv(path), asked=asked, on_error="skip", **options) == [3]


def test_skipping_changes_nothing_where_all_can_be_read(tmp_path: Path) -> None:
    table = zl.Csv(csv(tmp_path, "a,1970-01-01,1", "a,1970-01-01,2.5"))
    plain, skipping = ask(table).to_arrow(), ask(table, on_error="skip").to_arrow()
    assert plain == skipping
    assert ask(table, on_error="skip").left_out()["events"]["(unreadable)"] == 0


def test_a_cut_file_is_no_row_to_skip(tmp_path: Path) -> None:
    whole = gzip.compress(("user,ts,x\n" + "a,1970-01-01,1\n" * 100_000).encode())
    path = tmp_path / "cut.csv.gz"
    path.write_bytes(whole[: len(whole) // 2])
    for on_error in ("error", "skip"):
        message = refusal(lambda on_error=on_error: sums(zl.Csv(str(path)), on_error=on_error), zl.DataError)  # type: ignore[misc]
        assert str(path) in message
    objects = gzip.compress(b'{"user": "a", "ts": "1970-01-01", "x": 1}\n' * 100_000)
    path = tmp_path / "cut.json.gz"
    path.write_bytes(objects[: len(objects) // 2])
    for on_error in ("error", "skip"):
        message = refusal(lambda on_error=on_error: sums(zl.Json(str(path)), on_error=on_error), zl.DataError)  # type: ignore[misc]
        assert str(path) in message


def test_types_are_read_off_every_file(tmp_path: Path) -> None:
    for i in range(40):
        csv(tmp_path, f"a,1970-01-01,{1 if i < 39 else 1.5}", name=f"{i:02}.csv")
        json(
            tmp_path, f'{{"user": "a", "ts": "1970-01-01", "x": {1 if i < 39 else 1.5}}}', name=f"{i:02}.json"
        )
    asked = ASKED.slice(0, 1)
    for table in (zl.Csv(str(tmp_path / "*.csv")), zl.Json(str(tmp_path / "*.json"))):
        answer = ask(table, [zl.Sum("x")], asked=asked).to_arrow()
        assert answer["v__x_sum"].to_pylist() == [40.5]


def test_csv_files_of_other_columns_are_named(tmp_path: Path) -> None:
    csv(tmp_path, "a,1970-01-01,1", name="1.csv")
    other = csv(tmp_path, "a,1970-01-01,1", name="2.csv", header="user,ts,y")
    table = zl.Csv(str(tmp_path))
    for on_error in ("error", "skip"):
        message = refusal(lambda on_error=on_error: sums(table, on_error=on_error))  # type: ignore[misc]
        assert other in message
        assert '"x"' in message or "'x'" in message


def test_hive_partitions_and_byte_order_marks(tmp_path: Path) -> None:
    folder = tmp_path / "year=2024"
    folder.mkdir()
    (folder / "a.csv").write_bytes("\ufeffuser,ts,x\na,1970-01-01,1\na,1970-01-01,oops\n".encode())
    features = [zl.Count(), zl.Sum("x"), zl.Last("year")]
    for year, value in (("int", 2024), ("double", 2024.0)):
        schema = {"user": "string", "x": "int", "year": year}
        asked = ask(zl.Csv(str(tmp_path)), features, schema=schema, on_error="skip")
        assert asked.to_arrow().select([2, 3, 4]).to_pylist()[0] == {
            "v__count": 1, "v__x_sum": 1, "v__year_last": value,
        }  # fmt: skip
        assert asked.left_out()["events"]["(unreadable)"] == 1


def test_what_skipping_cannot_mend(tmp_path: Path) -> None:
    (tmp_path / "1.csv").write_bytes(b"")
    message = refusal(lambda: sums(zl.Csv(str(tmp_path)), on_error="skip"), zl.DataError)
    assert f"{tmp_path / '1.csv'}: is empty: there is not even a header line" in message
    first = csv(tmp_path, "a,1970-01-01,1", name="1.csv")
    second = csv(tmp_path, "1,1970-01-01,a", name="2.csv", header="x,ts,user")
    message = refusal(lambda: sums(zl.Csv(str(tmp_path)), on_error="skip"), zl.SchemaError)
    assert (
        f"{second}: has its columns in another order than {first}\nHint: with on_error='skip', all files"
        in message
    )
    array = json(tmp_path, '[{"user": "a", "ts": "1970-01-01", "x": 1},', '{"user": ')
    message = refusal(lambda: sums(zl.Json(array, format="array"), on_error="skip"), zl.DataError)
    assert array in message
