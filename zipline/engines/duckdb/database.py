"""One run's DuckDB: its settings, the frames it can see, and its errors in zipline's words."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import duckdb
import pyarrow as pa

from zipline.errors import DataError, ZiplineError
from zipline.settings import DuckDBSettings
from zipline.variables import Variables

# Where it is installed, pyarrow's first conversion to numpy imports it, and swallows a Ctrl-C that comes meanwhile.
with suppress(ImportError):
    import pandas as pd  # noqa: F401


class Database:
    """An in-memory DuckDB that lives as long as one run; also the owner of the run's spill folder.

    Errors that leave it show no value that a `${name}` of the environment stands for.
    """

    def __init__(self, settings: DuckDBSettings, root: Path, variables: Variables | None = None) -> None:
        self.settings = settings
        self.root = root
        self.variables = variables or Variables()
        self._folder = tempfile.TemporaryDirectory(prefix="zipline-", dir=settings.temp_directory)
        self.folder = Path(self._folder.name)
        self._frames = 0
        self._seen: dict[str, Any] = {}
        self._opened: dict[Any, Any] = {}
        self.mounted: set[str] = set()
        self.closing = ExitStack()
        self.connection = duckdb.connect(
            config={
                "threads": settings.threads,
                "memory_limit": f"{settings.memory_limit // 2}B",
                "temp_directory": str(self.folder / "duckdb"),
                "TimeZone": "UTC",
                "autoinstall_known_extensions": False,
            }
        )
        self.do("SET enable_progress_bar = false")  # on a terminal it would stand amid a program's output

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.connection.close()
        self.closing.close()
        self._folder.cleanup()
        if isinstance(error, Exception) and (hidden := self.variables.hidden(error)) is not None:
            raise hidden from None

    def register(self, data: Any) -> str:
        """Make Arrow data visible to SQL and return the name it got."""
        self._frames += 1
        name = f"zl_frame_{self._frames}"
        self.connection.register(name, data)
        self._seen[name] = data
        return name

    def opened(self, key: Any, open: Callable[[], Any]) -> Any:
        """Return what a run opens once: one state of a table, one session with a database."""
        if key not in self._opened:
            self._opened[key] = open()
        return self._opened[key]

    def view(self, sql: str) -> str:
        """Give what stands after FROM a name, which it returns."""
        self._frames += 1
        name = f"zl_table_{self._frames}"
        self.do(f"CREATE VIEW {name} AS SELECT * FROM {sql}")
        return name

    def do(self, sql: str) -> None:
        """Run a statement that gives no rows."""
        with translated():
            self.connection.execute(sql)

    def mount(self, protocol: str) -> None:
        """Let DuckDB read URLs of a protocol through fsspec."""
        self.mounted.add(protocol)
        if not self.connection.filesystem_is_registered(protocol):
            import fsspec

            try:
                files = fsspec.filesystem(protocol)
                files.invalidate_cache()  # what another run of this process has listed may have changed since
                self.connection.register_filesystem(files)
            except (ValueError, ImportError) as error:  # a protocol unknown, or its package not installed
                extra = "pip install 'zipline-features[s3]'" if protocol in ("s3", "s3a") else None
                raise Unread(f"cannot read URLs of {protocol!r}", hint=extra or str(error)) from None

    def describe(self, sql: str) -> tuple[pa.Schema, dict[str, str]]:
        """Return the Arrow schema of a query and the DuckDB type of each column; reads no rows."""
        with translated():
            relation = self.connection.sql(sql)
            stored = {name: str(kind) for name, kind in zip(relation.columns, relation.types, strict=True)}
            return self.connection.sql(f"SELECT * FROM ({sql}) LIMIT 0").to_arrow_table().schema, stored

    def table(self, sql: str) -> pa.Table:
        """Run a query and return all its rows."""
        with translated():
            return self.connection.sql(sql).to_arrow_table()

    def keep(self, name: str, sql: str) -> None:
        """Keep the rows of a query in a table of the database."""
        self.do(f"CREATE OR REPLACE TEMP TABLE {name} AS {sql}")

    def any(self, sql: str) -> bool:
        """Return whether a query has rows."""
        return bool(self.table(f"{sql} LIMIT 1").num_rows)

    def side_batches(self, sql: str, rows: int = 131_072) -> Iterator[pa.RecordBatch]:
        """Run a query beside others and return its rows in order, in batches, never all in memory at once."""
        with translated():
            cursor = self.connection.cursor()
            for name, data in self._seen.items():
                if name in sql:
                    cursor.register(name, data)
            yield from cursor.sql(sql).to_arrow_reader(rows)

    def unordered_batches(self, sql: str, rows: int = 1_048_576) -> Iterator[pa.RecordBatch]:
        """Run a query and return its rows in batches, in whatever order is fastest: sweeps sort for themselves."""
        with translated():
            self.connection.execute("SET preserve_insertion_order = false")
            try:
                yield from self.connection.sql(sql).to_arrow_reader(rows)
            finally:
                with suppress(duckdb.ConnectionException):  # closed before, when a run is given up
                    self.connection.execute("SET preserve_insertion_order = true")


_RAISED: dict[int, ZiplineError] = {}


def raised(error: ZiplineError) -> RuntimeError:
    """Return what to raise under DuckDB, so that `translate` finds the error again."""
    _RAISED[id(error)] = error
    return RuntimeError(f"zipline:raised:{id(error)}:")


class Unread(DataError):
    """Something that DuckDB could not read; who knows the table adds where it lies."""


class NotATime(Unread):
    """A value of a time column that is no time; who knows the table adds the row that it is in."""

    column = ""


class TwoRows(Unread):
    """Two different rows of one id in one copy of a snapshot; who knows the table adds which."""


@contextmanager
def translated() -> Iterator[None]:
    """Raise DuckDB's errors as zipline's, without the text of a generated query."""
    try:
        yield
    except (duckdb.Error, OSError) as error:  # a result that is read in batches fails as an OSError
        raise translate(error) from error
    except RuntimeError as error:
        if str(error) == "Query interrupted":  # how DuckDB hands on Ctrl-C
            raise KeyboardInterrupt from error
        raise


def translate(error: Exception) -> ZiplineError:
    """Return zipline's error for one of DuckDB's."""
    text = str(error)
    marked = re.search(r"zipline:(\w+):([^:]*):(.*)", text, re.DOTALL)
    if marked and marked[1] == "time":
        failure = NotATime(
            f"{marked[3].strip()!r} is not a time", where=f"column {marked[2]!r}",
            hint="write YYYY-MM-DD[THH:MM[:SS[.digits]]][Z|+HH:MM], in the years 1 to 9999",
        )  # fmt: skip
        failure.column = marked[2]
        return failure
    if marked and marked[1] == "copy":
        return TwoRows("two different rows have one id in one copy")
    if marked and marked[1] == "raised" and int(marked[2]) in _RAISED:
        return _RAISED.pop(int(marked[2]))
    wide = re.search(r"Type UINT64 with value (\d+) .*from source column (.*)", text)
    if wide:
        return Unread(
            f"{wide[1]} is more than an int64 can hold", where=f"column {wide[2]!r}",
            hint="integers are at most 2^63-1: cast the column in the table",
        )  # fmt: skip
    if "No files found" in text:
        path = re.search(r'"([^"]*)"', text)
        return DataError(f"no file matches {path[1] if path else text!r}", hint="check the path of the table")
    differing = re.search(r"Main file schema: (.*)\nCurrent file: (.*)\n(.*)", text)
    if differing:
        return Unread(
            f"differs from {differing[1]}: {differing[3].strip()}", where=differing[2],
            hint="every file of a table has the same columns",
        )  # fmt: skip
    return Unread(text.partition("\n")[0].strip(), hint="the table could not be read as it is declared")
