"""Files as SQL: which ones a path means, pinned for one run, and what stands after FROM to read them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from zipline.dsl.table import Csv, Json, Parquet
from zipline.engines.duckdb.database import Database
from zipline.engines.duckdb.readers.base import Reader
from zipline.engines.duckdb.reading import Reading
from zipline.engines.duckdb.sql import literal
from zipline.errors import DataError

FILE = "zl_file"
_WILD = frozenset("*?[")


@dataclass(frozen=True)
class Scan:
    """A table that DuckDB can read.

    Attributes:
        sql: what stands after FROM.
        located: the same, with a column FILE that names the file of a row, where there are files.
        frame: its rows, where they are in memory.
        reader: what reads it, where DuckDB does not.
        texts: the columns that are read as text, to be parsed as the types that are declared.
        is_long: whether `sql` had better stand behind a name, so that queries do not repeat it.
        malformed: how many lines were left out because they cannot be read.
        blame: finds out which file or line it was, when reading fails.
        parts: cuts it into parts of about so many bytes, as what stands after FROM; none where it cannot.
    """

    sql: str
    located: str | None = None
    frame: pa.Table | None = None
    reader: Reader | None = None
    texts: frozenset[str] = frozenset()
    is_long: bool = False
    malformed: int = 0
    blame: Callable[[], DataError | None] = lambda: None
    parts: Callable[[int], list[str]] = lambda _: []


def scan_files(database: Database, table: Parquet | Csv | Json, reading: Reading) -> Scan:
    """Return the files of a table, as they are now: the list of files is the same all through a run.

    Raises:
        DataError: no file matches, or a line cannot be read.
        SchemaError: a file has other columns than the others.
    """
    if isinstance(table, Parquet):
        from zipline.engines.duckdb.parquet_files import scan_parquet

        return scan_parquet(database, table, matching(database, table, "parquet"))
    if isinstance(table, Csv):
        from zipline.engines.duckdb.csv_files import scan_csv

        return scan_csv(database, table, matching(database, table, "csv"), reading)
    from zipline.engines.duckdb.json_files import scan_json

    return scan_json(database, table, matching(database, table, "json"), reading)


def matching(database: Database, table: Parquet | Csv | Json, suffix: str) -> list[str]:
    """Return the files that a path means: one, those of a glob, or those of a directory; URLs through fsspec.

    Raises:
        DataError: there are none.
    """
    where = f"{type(table).__name__}({table.path!r})"
    place = located(database, database.variables.located(table.path, where=where), suffix)
    if not _WILD & set(place):
        return [place]
    found = database.table(f"SELECT file FROM glob({literal(place)}) ORDER BY file")["file"].to_pylist()
    if not found:
        raise DataError(f"no file matches {place!r}", hint="check the path of the table")
    return [str(each) for each in found]


def located(database: Database, path: str, suffix: str) -> str:
    """Return where a path lies: URLs through fsspec, others relative to the repository, a directory as a glob."""
    protocol, separator, _ = path.partition("://")
    if separator:
        database.mount(protocol)
        last = path.rpartition("/")[2]
        return path if "." in last or _WILD & set(last) else f"{path.rstrip('/')}/**/*.{suffix}*"
    place = database.root / Path(path).expanduser()
    return str(place / "**" / f"*.{suffix}*") if place.is_dir() else str(place)


def listed(files: Iterable[str]) -> str:
    """Return files as an argument of DuckDB's readers.

    >>> listed(["a.csv"]), listed(["a.csv", "b.csv"])
    ("'a.csv'", "['a.csv', 'b.csv']")
    """
    quoted = [literal(each) for each in files]
    return quoted[0] if len(quoted) == 1 else f"[{', '.join(quoted)}]"
