"""Sql on files of SQLite: values have types there, columns do not; and one transaction for a run."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import zipline as zl
from tests.engines.duckdb.small import ask, sums
from tests.refusals import refusal
from zipline.engines.duckdb.readers import sqlite as reading

QUERY = "SELECT * FROM events"
ROWS = [("a", "1970-01-01", 1), ("a", "1970-01-01", 2), ("b", "1970-01-01", 4)]


def database(folder: Path, rows: list[Any] = ROWS, columns: str = '"user", ts, x') -> str:
    """Make a file with a table of events, and return its URL."""
    path = folder / "a #1.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(f"CREATE TABLE events ({columns})")
        connection.executemany(f"INSERT INTO events VALUES ({', '.join('?' * len(rows[0]))})", rows)
    return f"sqlite:///{path}"


def last(folder: Path, values: list[Any], **source: Any) -> tuple[Any, str]:
    """Return the last of some values and its type."""
    rows = [("a", f"1970-01-01T00:00:00.{i:06}", value) for i, value in enumerate(values)]
    asked = pa.table({"user": ["a"], "t": ["2024-01-01"]})
    column = ask(zl.Sql(database(folder, rows), QUERY), [zl.Last("x")], asked=asked, **source).to_arrow()[
        "v__x_last"
    ]
    return column[0].as_py(), str(column.type)


def test_a_query_is_read_as_a_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = database(tmp_path)
    table = zl.Sql(url, QUERY)
    assert sums(table) == [3, 4, None]
    assert sums(table, where="x > 1 AND \"user\" = 'a'") == [2, None, None]
    assert sums(table, id="x") == [3, 4, None]
    asked = zl.Sql(url, "SELECT DISTINCT \"user\", '2024-01-01' AS t FROM events ORDER BY 1")
    assert sums(table, asked=asked) == [3, 4]
    (tmp_path / "zipline.toml").write_text('[variables]\nname = "a #1"\n')
    monkeypatch.chdir(tmp_path)
    assert sums(zl.Sql("sqlite:///${name}.db", QUERY)) == [3, 4, None]


@pytest.mark.parametrize(
    ("values", "value", "kind"),
    [
        ([None] * 2000 + [7], 7, "int64"),
        ([1] * 2000 + [1.5], 1.5, "double"),
        ([0.1 + 0.2], 0.1 + 0.2, "double"),
        ([None] * 2000 + ["x"], "x", "string"),
        ([b"\x00\xff"], b"\x00\xff", "binary"),
        ([2**63 - 1], 2**63 - 1, "int64"),
        ([None], None, "null"),
    ],
)
def test_types_are_read_off_all_rows(values: list[Any], value: Any, kind: str, tmp_path: Path) -> None:
    assert last(tmp_path, values) == (value, kind)


@pytest.mark.parametrize(
    ("values", "declared", "value", "kind"),
    [
        ([1], "bool", True, "bool"),
        (["1.10"], "decimal(5,2)", Decimal("1.10"), "decimal128(5, 2)"),
        ([1.25, 3], "decimal(5,2)", Decimal("3.00"), "decimal128(5, 2)"),
        ([1, "2.5"], "double", 2.5, "double"),
        ([1, 2], "double", 2.0, "double"),
        ([1, "x"], "string", "x", "string"),
        (["0.30000000000000004", 0.1 + 0.2], "double", 0.1 + 0.2, "double"),
    ],
)
def test_values_of_several_types_are_read_as_declared(
    values: list[Any], declared: str, value: Any, kind: str, tmp_path: Path
) -> None:
    assert last(tmp_path, values, schema={"x": declared}) == (value, kind)


def test_values_of_several_types_are_no_guess(tmp_path: Path) -> None:
    message = refusal(lambda: last(tmp_path, [1, "x"]), zl.SchemaError)
    assert (
        "column 'x' cannot be read\nHint: 'x' has values of several types (integer, text): declare one"
        in message
    )
    table = zl.Sql(f"sqlite:///{tmp_path}/a #1.db", QUERY)
    bad = refusal(lambda: sums(table, schema={"x": "int"}), zl.DataError)
    assert bad.startswith("source 'events', row 1, column 'x': 'x' is not of type int64\n")
    asked = pa.table({"user": ["a"], "t": ["2024-01-01"]})
    assert sums(table, asked=asked, schema={"x": "int"}, on_error="skip") == [1]


def test_columns_and_conditions_are_pushed_down(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[str] = []
    original = reading.SqliteSession.running

    def running(self: reading.SqliteSession, sql: str) -> Any:
        sent.append(sql)
        return original(self, sql)

    monkeypatch.setattr(reading.SqliteSession, "running", running)
    rows = [(f"u{i % 10}", i, i, b"unread") for i in range(100)]
    table = zl.Sql(database(tmp_path, rows, '"user", ts, x, y'), QUERY)
    asked = pa.table({"user": ["u1"], "t": pa.array([50_000], pa.timestamp("us"))})
    features = [zl.Sum("x").over("25ms")]
    answer = ask(
        table, features, asked=asked, event_time=zl.Timestamp("ts", unit="ms"), where="x > 3"
    ).to_arrow()
    assert answer["v__x_sum_25ms"].to_pylist() == [31 + 41]
    assert sent[-1].endswith(' WHERE "ts" >= 25 AND "ts" <= 51 AND "user" IN (\'u1\') AND "x" > 3')
    assert '"y"' not in sent[-1]


def test_a_run_sees_one_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = database(tmp_path)
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"), check_same_thread=False)) as writer:
        writer.execute("PRAGMA journal_mode = wal")
        original = reading.SqliteReader.batches

        def batches(self: reading.SqliteReader, *wanted: Any) -> Any:
            writer.execute("INSERT INTO events VALUES ('a', '1970-01-01', 100)")
            writer.commit()
            return original(self, *wanted)

        monkeypatch.setattr(reading.SqliteReader, "batches", batches)
        assert sums(zl.Sql(url, QUERY), id="x") == [3, 4, None]
        assert writer.execute("SELECT count(*) FROM events").fetchone()[0] > len(ROWS)


def test_refusals(tmp_path: Path) -> None:
    absent = zl.Sql("sqlite:///absent.db", QUERY)
    assert f"there is no file {str(Path.cwd() / 'absent.db')!r}" in refusal(
        lambda: sums(absent), zl.DataError
    )
    assert not Path("absent.db").exists()
    url = database(tmp_path)
    assert "no such table: absent" in refusal(lambda: sums(zl.Sql(url, "SELECT * FROM absent")), zl.DataError)
    assert refusal(lambda: sums(zl.Sql(url, "DELETE FROM events")), zl.DataError).startswith(
        "Sql('sqlite:///"
    )
    torn = tmp_path / "torn.db"
    torn.write_bytes(b"SQLite format 3\x00" + b"\xff" * 500)
    assert "torn.db" in refusal(lambda: sums(zl.Sql(f"sqlite:///{torn}", QUERY)), zl.DataError)


def test_a_connection_that_a_variable_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP", database(tmp_path))
    assert sums(zl.Sql("${SHOP}", QUERY)) == [3, 4, None]
    monkeypatch.setenv("SHOP", "mysql://ann:Xyzzy@db/shop")
    message = refusal(lambda: sums(zl.Sql("${SHOP}", QUERY)), zl.ConfigError)
    assert message.startswith(
        "Sql('${SHOP}', 'SELECT * FROM events'): 'mysql' is not a database that zipline reads\n"
    )
    assert "Xyzzy" not in message
