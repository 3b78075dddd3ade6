"""DuckDB's errors in zipline's words, and what a run leaves behind: nothing."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import duckdb
from zipline.engines.duckdb.database import Database, NotATime, translate, translated
from zipline.errors import DataError
from zipline.settings import DuckDBSettings


def test_a_marked_error_is_a_time() -> None:
    error = translate(duckdb.Error("Invalid Input Error: zipline:time:a b:1:30 in\nthe morning"))
    assert isinstance(error, NotATime)
    assert (error.column, error.where) == ("a b", "column 'a b'")
    assert error.message == "'1:30 in\\nthe morning' is not a time"


def test_other_errors_keep_their_first_line() -> None:
    error = translate(duckdb.Error("Invalid Input Error: broken\n\nLINE 1: SELECT generated"))
    assert str(error) == "Invalid Input Error: broken\nHint: the table could not be read as it is declared"


def test_a_file_that_is_not_there() -> None:
    error = translate(duckdb.IOException('IO Error: No files found that match the pattern "a/*.parquet"'))
    assert str(error) == "no file matches 'a/*.parquet'\nHint: check the path of the table"


def test_errors_of_batches_are_translated_too() -> None:
    query = duckdb.sql("SELECT (i + 9223372036854775807)::BIGINT FROM range(5) t(i)")
    assert query is not None
    with pytest.raises(DataError, match="Overflow"), translated():
        query.to_arrow_reader()


def test_an_interrupt_stays_one() -> None:
    with pytest.raises(KeyboardInterrupt), translated():
        raise RuntimeError("Query interrupted")
    with pytest.raises(RuntimeError, match="something else"), translated():
        raise RuntimeError("something else")


def test_a_run_leaves_no_folder(tmp_path: Path) -> None:
    with Database(DuckDBSettings(temp_directory=str(tmp_path)), tmp_path) as database:
        (database.folder / "spilled").write_bytes(b"x")
        assert len(list(tmp_path.iterdir())) == 1
    assert not list(tmp_path.iterdir())


def test_a_run_uses_its_settings(tmp_path: Path) -> None:
    settings = DuckDBSettings(memory_limit=2**30, threads=3, temp_directory=str(tmp_path))
    with Database(settings, tmp_path) as database:
        row = database.table(
            "SELECT current_setting('threads') AS threads, current_setting('memory_limit') AS memory, "
            "current_setting('TimeZone') AS zone, current_setting('temp_directory') AS folder"
        ).to_pylist()[0]
    assert (row["threads"], row["zone"]) == (3, "UTC")
    assert row["memory"] == "512.0 MiB"
    assert Path(row["folder"]).parent == database.folder


def test_batches_come_in_order_beside_other_queries(tmp_path: Path) -> None:
    pq.write_table(pa.table({"i": range(300_000)}), tmp_path / "a.parquet", row_group_size=20_000)
    query = f"SELECT i FROM read_parquet('{tmp_path}/a.parquet')"
    with Database(DuckDBSettings(), tmp_path) as database:
        seen = 0
        for batch in database.side_batches(query, 100_000):
            assert batch["i"][0].as_py() == seen
            seen += batch.num_rows
            assert database.table(f"SELECT count(*) AS n FROM ({query})")["n"][0].as_py() == 300_000
    assert seen == 300_000
