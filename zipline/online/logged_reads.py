"""The reads that a feature log holds, as they are verified."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pyarrow as pa

from zipline.errors import RequestError, nearest
from zipline.time import to_micros


@dataclass(frozen=True)
class Position:
    """How far the logs of a view had been applied where an entity's state lies.

    Attributes:
        cut: microseconds; up to it the history was loaded; None where none was.
        logs: log -> the next offset that was to be applied; None stands for all that there is by now.
    """

    cut: int | None
    logs: tuple[tuple[str, int], ...] | None


@dataclass(frozen=True)
class LoggedReads:
    """The reads of one service version.

    Attributes:
        service: `delay_model@3`.
        table: as `logged.log_schema` says.
    """

    service: str
    table: pa.Table

    def __len__(self) -> int:
        return int(self.table.num_rows)

    @cached_property
    def requests(self) -> pa.Table:
        """The fields of the requests, a column each."""
        return _fields(self.table["request"])

    @cached_property
    def values(self) -> pa.Table:
        """The values that were answered, a column for each output."""
        return _fields(self.table["values"])

    @cached_property
    def time(self) -> str:
        """The column of times of the reads as observations, a name that no other column has."""
        name = "at"
        while name in self.requests.column_names or name in self.values.column_names:
            name += "_"
        return name

    @cached_property
    def observations(self) -> pa.Table:
        """The reads as observations: their requests and times."""
        return self.requests.append_column(self.time, self.table["at"])

    @cached_property
    def errors(self) -> list[dict[str, str]]:
        """Of each read, output -> why it had no value."""
        return [dict(each) for each in self.table["errors"].to_pylist()]

    def positions(self, row: int) -> dict[str, Position]:
        """Return view, by its prefix -> how far its logs had been applied; a view with a null key is not there."""
        return {
            each["view"]: Position(
                None if each["cut"] is None else to_micros(each["cut"]),
                tuple(sorted((log["log"], log["offset"]) for log in each["logs"])),
            )
            for each in self.table["positions"][row].as_py()
        }

    def take(self, rows: list[int]) -> LoggedReads:
        """Return some of the reads."""
        return LoggedReads(self.service, self.table.take(pa.array(rows, pa.int64())))


def _fields(column: pa.ChunkedArray) -> pa.Table:
    whole = column.combine_chunks()
    return pa.table(whole.flatten(), [field.name for field in whole.type])


def read_log(place: str, service: str, *, newest: int | None = None) -> Iterator[LoggedReads]:
    """Yield the reads of a service, version by version, oldest version first.

    Args:
        place: the log's folder or fsspec URL.
        service: `name`, all logged versions of it, or `name@version`.
        newest: of each version only so many reads, the newest ones.

    Raises:
        RequestError: the log holds no read of the service.
    """
    import fsspec

    files, folder = fsspec.core.url_to_fs(place)
    titles = _titles(files, folder)
    wanted = [title for title in titles if service in (title, title.partition("@")[0])]
    if not wanted:
        known = {name for title in titles for name in (title, title.partition("@")[0])}
        raise RequestError(
            f"the log holds no read of {service!r}", where=place,
            hint=nearest(service, known) if known else "serve with it: zipline serve --log FOLDER",
        )  # fmt: skip
    for title in wanted:
        for alike in _tables(files, f"{folder}/{title}"):
            table = alike.sort_by("logged_at")
            rows = len(table) if newest is None else min(newest, len(table))
            yield LoggedReads(title, table.slice(len(table) - rows))


def _titles(files: Any, folder: str) -> list[str]:
    """Return the service versions that have a folder, in order."""
    if not files.isdir(folder):
        return []
    names = [each.rstrip("/").rpartition("/")[2] for each in files.ls(folder, detail=False)]
    versions = [name.partition("@") for name in names]
    return ["".join(each) for each in sorted(versions, key=lambda each: (each[0], int(each[2] or 0)))]


def _tables(files: Any, folder: str) -> list[pa.Table]:
    """Return the rows of a folder's files; those of a view that was read under two names apart from each other."""
    import pyarrow.parquet as pq

    parts: dict[pa.Schema, list[pa.Table]] = {}
    for path in sorted(files.glob(f"{folder}/*.parquet")):
        with files.open(path, "rb") as file:
            table = pq.read_table(file)
        parts.setdefault(table.schema, []).append(table)
    return [pa.concat_tables(alike) for alike in parts.values()]
