"""Delta Lake through deltalake: one version for a whole run."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pyarrow as pa

from zipline.dsl.tables.delta import Delta
from zipline.engines.duckdb.database import Database, Unread
from zipline.engines.duckdb.readers.base import missing
from zipline.engines.duckdb.readers.bounds import Bound, fitting, without_floats
from zipline.engines.duckdb.readers.queries import conditions, datafusion
from zipline.errors import DataError, ZiplineError
from zipline.time import from_micros

if TYPE_CHECKING:
    import pyarrow.dataset as ds
    from deltalake import DeltaTable

_NOTHING_SPECIAL: Final = {"timestampNtz"}


class DeltaReader:
    """One version of a table.

    Its files are read by Arrow, which knows their partitions and statistics; where the table marks rows as deleted, or
    maps its columns to others in the files, by deltalake's own engine, which honours that.
    """

    def __init__(self, table: DeltaTable) -> None:
        self._table = table
        self.schema: pa.Schema = pa.schema(table.schema().to_arrow())
        self.texts: frozenset[str] = frozenset()
        self.untaken: Mapping[str, str] = {}
        self.dataset: ds.Dataset | None = table.to_pyarrow_dataset() if _is_plain(table) else None

    def batches(self, columns: Sequence[str], bounds: Sequence[Bound]) -> Iterator[pa.RecordBatch]:
        """Read columns of the rows within the bounds."""
        wanted = pa.schema([self.schema.field(name) for name in columns])
        predicate = " AND ".join(conditions(without_floats(fitting(tuple(bounds), self.schema)), datafusion))
        with told(self._table.table_uri):
            rows = pa.RecordBatchReader.from_stream(self._table.scan(list(columns), predicate or None))
            for batch in rows:
                arrays = [batch.column(each.name).cast(each.type) for each in wanted]
                yield pa.RecordBatch.from_arrays(arrays, schema=wanted)


def _is_plain(table: DeltaTable) -> bool:
    """Return whether the files hold the table's rows and columns as they are."""
    protocol = table.protocol()
    features = {*(protocol.reader_features or ())}
    # Up to version 2 of readers, column mapping is told by the configuration alone: Arrow would read nulls.
    mapped = table.metadata().configuration.get("delta.columnMapping.mode", "none") != "none"
    return features <= _NOTHING_SPECIAL and not mapped


@contextmanager
def told(place: str) -> Iterator[None]:
    """Raise deltalake's errors as zipline's, with the table's place."""
    try:
        yield
    except ZiplineError:
        raise
    except Exception as error:
        from deltalake.exceptions import DeltaError

        if not isinstance(error, (DeltaError, OSError)):
            raise
        (line, *_) = [each.strip() for each in str(error).splitlines() if each.strip()] or [repr(error)]
        raise Unread(line, where=place, hint="check the table's files and its version") from None


def delta_reader(database: Database, table: Delta) -> DeltaReader:
    """Return a version of a table: the same one all through a run."""
    place = database.variables.located(table.path, where=repr(table))
    if "://" not in place:
        place = str(database.root / Path(place).expanduser())

    def open_version() -> DeltaReader:
        with told(place):
            return DeltaReader(_version(table, place))

    reader: DeltaReader = database.opened(("delta", place, table.version, table.at_us), open_version)
    return reader


def _version(table: Delta, place: str) -> DeltaTable:
    try:
        from deltalake import DeltaTable
    except ImportError as error:
        raise missing("delta", error) from None
    plain_http = os.environ.get("AWS_ENDPOINT_URL", "").startswith("http://")
    options = {"AWS_ALLOW_HTTP": "true"} if plain_http and place.startswith("s3") else None
    found = DeltaTable(place, version=table.version, storage_options=options)
    if table.at_us is not None:
        _check_begun(found, table.at_us, place)
        found.load_as_version(from_micros(table.at_us))
    return found


def _check_begun(table: DeltaTable, at_us: int, place: str) -> None:
    """Refuse a time before the oldest version: deltalake takes the oldest for it."""
    times = [int(each["timestamp"]) for each in table.history() if "timestamp" in each]
    if times and at_us < min(times) * 1000:
        oldest = from_micros(min(times) * 1000).isoformat()
        raise DataError(
            f"has no version at {from_micros(at_us).isoformat()}", where=f"Delta({place!r})",
            hint=f"its oldest one is of {oldest}",
        )  # fmt: skip
