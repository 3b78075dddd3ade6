"""Apache Iceberg through pyiceberg: one snapshot for a whole run."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from zipline.dsl.tables.iceberg import Iceberg
from zipline.engines.duckdb.database import Database, Unread
from zipline.engines.duckdb.readers.base import missing
from zipline.engines.duckdb.readers.bounds import Bound, fitting, without_floats
from zipline.errors import DataError, ZiplineError
from zipline.time import from_micros

if TYPE_CHECKING:
    from pyiceberg.expressions import BooleanExpression
    from pyiceberg.table import DataScan
    from pyiceberg.table import Table as Opened


class IcebergReader:
    """One snapshot of a table; files are left out by their partitions and statistics, deleted rows by pyiceberg."""

    def __init__(self, table: Opened, snapshot: int | None, title: str) -> None:
        from pyiceberg.io.pyarrow import schema_to_pyarrow

        self._table = table
        self._snapshot = snapshot
        self._title = title
        found = table.scan(snapshot_id=snapshot).projection()
        self.schema: pa.Schema = schema_to_pyarrow(found, include_field_ids=False)
        self.texts: frozenset[str] = frozenset()
        self.untaken: Mapping[str, str] = {}

    def batches(self, columns: Sequence[str], bounds: Sequence[Bound]) -> Iterator[pa.RecordBatch]:
        """Read columns of the rows within the bounds."""
        wanted = pa.schema([self.schema.field(name) for name in columns])
        with told(self._title):
            from pyiceberg.expressions import AlwaysTrue, And

            met = [_expression(each) for each in without_floats(fitting(tuple(bounds), self.schema))]
            row_filter = reduce(And, met) if met else AlwaysTrue()
            scan = self._table.scan(
                row_filter=row_filter, selected_fields=tuple(columns), snapshot_id=self._snapshot
            )
            try:
                for batch in scan.to_arrow_batch_reader():
                    arrays = [batch.column(each.name).cast(each.type) for each in wanted]
                    yield pa.RecordBatch.from_arrays(arrays, schema=wanted)
            except (OSError, pa.ArrowException) as error:
                raise _torn(scan) or error from None


def _torn(scan: DataScan) -> Exception | None:
    """Return an error that names the first file that cannot be read."""
    from pyiceberg.io.pyarrow import ArrowScan

    files = ArrowScan(scan.table_metadata, scan.io, scan.projection(), scan.row_filter, scan.case_sensitive)
    for task in scan.plan_files():
        try:
            for _ in files.to_record_batches([task]):
                pass
        except (OSError, pa.ArrowException) as error:
            return ValueError(f"file {task.file.file_path!r} cannot be read: {error}")
    return None


def _expression(bound: Bound) -> BooleanExpression:
    from pyiceberg import expressions as ex

    makers: Mapping[str, Any] = {
        "=": ex.EqualTo, "<": ex.LessThan, "<=": ex.LessThanOrEqual, ">": ex.GreaterThan,
        ">=": ex.GreaterThanOrEqual, "in": ex.In,
    }  # fmt: skip
    value = set(bound.values) if bound.op == "in" else bound.values[0]
    made: BooleanExpression = makers[bound.op](bound.column, value)
    return made


@contextmanager
def told(title: str) -> Iterator[None]:
    """Raise the errors of pyiceberg, of its catalogs and of its files, which have no class in common, as zipline's."""
    try:
        yield
    except ZiplineError:
        raise
    except ImportError as error:
        raise missing("iceberg", error) from None
    except Exception as error:
        (line, *_) = [each.strip() for each in str(error).splitlines() if each.strip()] or [repr(error)]
        raise Unread(line, where=title, hint="check the catalog, the table's name and its files") from None


def iceberg_reader(database: Database, table: Iceberg) -> IcebergReader:
    """Return a snapshot of a table: the same one all through a run."""
    title = repr(table)
    located = database.variables.located
    name = located(table.table, where=title)
    properties = {key: located(value, where=title) for key, value in table.properties}
    if "AWS_ENDPOINT_URL" in os.environ:
        properties.setdefault("s3.endpoint", os.environ["AWS_ENDPOINT_URL"])

    def open_snapshot() -> IcebergReader:
        with told(title):
            opened = _opened(database, table, name, properties)
            return IcebergReader(opened, _snapshot(table, opened, title), title)

    key = ("iceberg", name, table.catalog, tuple(properties.items()), table.snapshot, table.at_us)
    reader: IcebergReader = database.opened(key, open_snapshot)
    return reader


def _opened(database: Database, table: Iceberg, name: str, properties: Mapping[str, str]) -> Opened:
    if table.catalog is not None:
        from pyiceberg.catalog import load_catalog

        return load_catalog(table.catalog, **properties).load_table(name)
    from pyiceberg.table import StaticTable

    place = name if "://" in name else str(database.root / Path(name).expanduser())
    if (
        "://" not in place
        and Path(place).is_dir()
        and not (Path(place) / "metadata" / "version-hint.text").exists()
    ):
        raise DataError(
            "has no version-hint.text, which tells its newest metadata", where=repr(table),
            hint="give the path of its newest metadata.json, or a catalog",
        )  # fmt: skip
    return StaticTable.from_metadata(place, dict(properties))


def _snapshot(table: Iceberg, opened: Opened, title: str) -> int | None:
    """Return the id of the snapshot that is meant: None where the table has none, being empty."""
    if table.snapshot is not None:
        if opened.snapshot_by_id(table.snapshot) is None:
            raise DataError(f"has no snapshot {table.snapshot}", where=title, hint=_snapshots(opened))
        return table.snapshot
    if table.at_us is not None:
        found = opened.snapshot_as_of_timestamp(table.at_us // 1000)
        if found is None:
            moment = from_micros(table.at_us).isoformat()
            raise DataError(f"has no snapshot at {moment}", where=title, hint=_snapshots(opened))
        return int(found.snapshot_id)
    current = opened.current_snapshot()
    return None if current is None else int(current.snapshot_id)


def _snapshots(opened: Opened) -> str:
    said = [
        f"{each.snapshot_id} of {from_micros(each.timestamp_ms * 1000).isoformat()}"
        for each in opened.snapshots()
    ]
    return f"it has {', '.join(said[-5:])}" if said else "it has none"
