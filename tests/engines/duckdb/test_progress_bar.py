"""DuckDB draws a bar of its own where output is a terminal; ours is enough, and goes to standard error."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.cli.terminal import on_terminal

CODE = """
from pathlib import Path
from zipline.engines.duckdb.database import Database
from zipline.settings import DuckDBSettings

query = "SELECT value FROM duckdb_settings() WHERE name = 'enable_progress_bar'"
with Database(DuckDBSettings(), Path(".")) as database:
    print(database.table(query)["value"][0], next(database.side_batches(query))["value"][0])
"""


def test_no_bar_of_the_engine_stands_amid_the_output(tmp_path: Path) -> None:
    seen = on_terminal(tmp_path, command=(sys.executable, "-c", CODE))
    assert (seen.code, seen.text) == (0, "false false\n")
