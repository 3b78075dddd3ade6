"""Parquet files as one table: the same columns in all of them, or, where it is asked for, those of any."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, groupby

from zipline.dsl.table import Parquet
from zipline.engines.duckdb.casts import widen
from zipline.engines.duckdb.database import Database, Unread
from zipline.engines.duckdb.files import FILE, Scan, listed
from zipline.engines.duckdb.sql import duckdb_type, literal, quote
from zipline.errors import DataError, DefinitionError, SchemaError
from zipline.expressions.widening import common
from zipline.types import DataType, from_arrow


@dataclass(frozen=True)
class Group:
    """Files with exactly the same columns.

    Attributes:
        files: in order.
        stored: column -> DuckDB type.
        types: column -> widened type, None where zipline does not take it.
        form: how they are read, beyond what DuckDB finds out when it sees all of them.
    """

    files: list[str]
    stored: Mapping[str, str]
    types: Mapping[str, DataType | None]
    form: str = ""

    def read(self, *more: str) -> str:
        """Return SQL that reads them, with a column named by `more` for the file."""
        name = f", filename = {literal(more[0])}" if more else ""
        return f"read_parquet({listed(self.files)}{self.form}{name})"


def scan_parquet(database: Database, table: Parquet, files: list[str]) -> Scan:
    """Return Parquet files as one table.

    Raises:
        SchemaError: a file lacks a column, or has it in a type that does not fit the others'.
    """

    def blame() -> DataError | None:
        return _unreadable(database, files)

    groups = _groups(database, files) if len(files) > 1 else [Group(files, {}, {})]
    merged = _merged(groups, by_name=table.union_by_name) if len(groups) > 1 else None

    def parts(size: int) -> list[str]:
        cut = _parts(database, groups, size) if len(files) > 1 else []
        return [_read([each], merged) for each in cut]

    return Scan(
        _read(groups, merged), _read(groups, merged, FILE), is_long=len(files) > 1, blame=blame, parts=parts
    )


def _read(groups: Sequence[Group], merged: Mapping[str, DataType | None] | None, *more: str) -> str:
    """Return SQL that reads groups of files, in the types that they were merged to where they were."""
    return groups[0].read(*more) if merged is None else _union(groups, merged, *more)


def _parts(database: Database, groups: Sequence[Group], size: int) -> list[Group]:
    """Return the files in groups of about as many bytes, each read as with all others; none where that cannot be."""
    every = [file for group in groups for file in group.files]
    footers = f"SELECT file_name, sum(total_compressed_size) AS size FROM parquet_metadata({listed(every)}) GROUP BY 1"
    sizes = {row["file_name"]: int(row["size"]) for row in database.table(footers).to_pylist()}
    parts: list[Group] = []
    for group in groups:
        form = _partitioned(database, group)
        if form is None:
            return []
        ends = list(accumulate(sizes.get(file, 0) for file in group.files))
        shares = groupby(zip(group.files, ends, strict=True), key=lambda each: each[1] // size)
        parts += [replace(group, files=[file for file, _ in share], form=form) for _, share in shares]
    return parts


def _partitioned(database: Database, group: Group) -> str | None:
    """Return how some of the files are read, so that hive partitions are what they are in all of them.

    None where a file has a column of its own that is called like a partition.
    """
    _, stored = database.describe(f"SELECT * FROM {group.read()}")
    _, own = database.describe(
        f"SELECT * FROM read_parquet({listed(group.files)}, hive_partitioning = false)"
    )
    if any(f"/{name}=" in file for name in own for file in group.files):
        return None
    kinds = [f"{quote(name)}: {literal(kind)}" for name, kind in stored.items() if name not in own]
    types = f", hive_types = {{{', '.join(kinds)}}}" if kinds else ""
    return f", hive_partitioning = {'true' if kinds else 'false'}{types}"


def _groups(database: Database, files: list[str]) -> list[Group]:
    """Return the files by the columns that their footers tell, in order of their first file."""
    footers = f"SELECT *, row_number() OVER () AS zl_at FROM parquet_schema({listed(files)})"
    shape = "list((name, type, duckdb_type, logical_type, num_children) ORDER BY zl_at)"
    shapes = f"SELECT file_name, min(zl_at) AS zl_first, {shape} AS shape FROM ({footers}) GROUP BY file_name"
    found = database.table(
        f"SELECT list(file_name ORDER BY zl_first) AS files FROM ({shapes}) GROUP BY shape ORDER BY min(zl_first)"
    )["files"].to_pylist()
    return [_group(database, each) for each in found] if len(found) > 1 else [Group(files, {}, {})]


def _group(database: Database, files: list[str]) -> Group:
    arrow, stored = database.describe(f"SELECT * FROM read_parquet({listed(files)})")
    return Group(files, stored, {field.name: _taken(field.type) for field in arrow})


def _taken(kind: object) -> DataType | None:
    try:
        return from_arrow(kind)
    except DefinitionError:
        return None


def _merged(groups: list[Group], *, by_name: bool) -> Mapping[str, DataType | None]:
    """Return the type in which each column of some file is read: None for one that zipline does not take."""
    first, *others = groups
    merged = dict(first.types)
    for group in others:
        _check_columns(first, group, by_name=by_name)
        for column, kind in group.types.items():
            if column not in merged:
                merged[column] = kind
            elif kind is None or merged[column] is None:
                merged[column] = None
            else:
                merged[column] = _met(first, group, column, merged[column], kind, by_name=by_name)
    return merged


def _check_columns(first: Group, group: Group, *, by_name: bool) -> None:
    for one, other in ((first, group), (group, first)):
        lacking = [column for column in one.types if column not in other.types]
        if lacking and not by_name:
            raise SchemaError(
                f"there is no column {lacking[0]!r}, which {one.files[0]} has", where=other.files[0],
                hint="where columns were added in the course of time, say union_by_name=True: they are null in the "
                "other files",
            )  # fmt: skip


def _met(
    first: Group, group: Group, column: str, have: DataType | None, kind: DataType, *, by_name: bool
) -> DataType:
    assert have is not None
    met = common([have, kind]) if by_name else (have if have == kind else _null_or(have, kind))
    if met is None:
        raise SchemaError(
            f"column {column!r} is {kind}; it is {have} in {first.files[0]}", where=group.files[0],
            hint="write the file anew with that type" + (
                "" if by_name or common([have, kind]) is None
                else ", or say union_by_name=True, which reads both as the wider one"
            ),
        )  # fmt: skip
    return met


def _null_or(have: DataType, kind: DataType) -> DataType | None:
    """Return the type of the other, where one of two columns holds nothing but nulls."""
    return kind if have.kind == "null" else have if kind.kind == "null" else None


def _union(groups: Sequence[Group], merged: Mapping[str, DataType | None], *more: str) -> str:
    """Return SQL that reads groups of files one after the other, every column in its type; nothing else is kept."""
    parts = []
    for group in groups:
        columns = [
            f"{_column(name, group, kind)} AS {quote(name)}"
            for name, kind in merged.items()
            if kind is not None
        ]
        parts.append(f"SELECT {', '.join([*columns, *more])} FROM {group.read(*more)}")
    return f"({' UNION ALL '.join(parts)})"


def _column(name: str, group: Group, kind: DataType) -> str:
    if name not in group.types:
        return f"NULL::{duckdb_type(kind)}"
    have = group.types[name]
    if have is None or group.stored[name] == duckdb_type(kind) or have.kind == "null":
        return f"{quote(name)}::{duckdb_type(kind)}" if have and have.kind == "null" else quote(name)
    if kind.kind == "timestamp":
        return quote(name) if group.stored[name] == "TIMESTAMP" else f"{quote(name)}::TIMESTAMP"
    return f"{quote(name)}::{duckdb_type(kind)}" if have == kind else widen(quote(name), have, kind)


def _unreadable(database: Database, files: list[str]) -> DataError | None:
    """Return an error that names the first file whose rows cannot be read."""
    for file in files:
        try:
            database.table(f"SELECT max(hash(COLUMNS(*))) FROM read_parquet({literal(file)})")
        except Unread as error:
            said = "".join(each if each.isprintable() else "?" for each in error.message)
            if said.endswith("Permission denied"):
                return DataError(
                    "you have no right to read it", where=f"file {file!r}", hint="ask its owner for it"
                )
            return DataError(
                f"is torn, or no Parquet file: {said}",
                where=f"file {file!r}",
                hint="write the file anew, or leave it out",
            )
    return None
