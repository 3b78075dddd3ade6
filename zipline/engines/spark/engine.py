"""The engine: lowers a plan to DataFrames and to sweeps inside Spark's tasks."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

import pyarrow as pa
from pyspark.sql import DataFrame, Observation, SparkSession
from pyspark.sql.functions import expr

from zipline.dsl.source import EventSource
from zipline.dsl.table import Frame, Table
from zipline.engines.base import Events, Rows
from zipline.engines.duckdb.assemble import assemble
from zipline.engines.duckdb.database import Database
from zipline.engines.duckdb.engine import DuckDBEngine, check_rows, output_schema
from zipline.engines.duckdb.entities import key_schema
from zipline.engines.duckdb.observations import Chunk, chunks
from zipline.engines.duckdb.tables import relation
from zipline.engines.kernels.values import one_chunk
from zipline.engines.spark.entities import observed_entities, seen_entities
from zipline.engines.spark.explain import explained
from zipline.engines.spark.failures import translated
from zipline.engines.spark.left_out import count_left_out
from zipline.engines.spark.lowering import (
    Lowered,
    arrow_schema,
    in_spark,
    lowered,
    native_of,
    swept_types,
    types_of,
)
from zipline.engines.spark.observations import of_chunk
from zipline.engines.spark.progress import watched
from zipline.engines.spark.session import open_session, reading
from zipline.engines.spark.sweeps import Tasks
from zipline.engines.spark.tables import source_table
from zipline.engines.spark.visible import visible_events
from zipline.engines.spark.walk import ROW
from zipline.engines.spark.wire import unpacked
from zipline.plan.nodes import Plan
from zipline.plan.schema import PlanTypes
from zipline.plan.sources import Schema
from zipline.progress import Progress
from zipline.settings import DuckDBSettings, SparkSettings
from zipline.variables import Variables


class SparkEngine:
    """Runs plans on Spark: on a laptop, or on a cluster.

    Args:
        settings: how a session is started, where none is running.
        local: how this process reads what it reads itself.
        root: what relative paths of tables are relative to.
        variables: what `${name}` in the locations of tables stands for.
        session: where plans run; the active session, or a new one, unless given.
    """

    def __init__(
        self,
        settings: SparkSettings,
        local: DuckDBSettings,
        root: Path,
        variables: Variables | None = None,
        session: SparkSession | None = None,
    ) -> None:
        self.settings = settings
        self.local = local
        self.root = root
        self.variables = variables or Variables()
        self._given = session

    @cached_property
    def session(self) -> SparkSession:
        """The session that plans run in; opened when first used."""
        return self._given or open_session(self.settings, self.variables)

    def types(self, plan: Plan, observations: Table) -> PlanTypes:
        """Return the types of a plan's columns, checked against the real schemas; no rows are read."""
        with self._database() as database:
            return self._lowered(database, plan, observations).types

    def schema(self, plan: Plan, observations: Table) -> pa.Schema:
        """Return the schema of the output; no rows are read."""
        with self._database() as database:
            types = self._lowered(database, plan, observations).types
            native = native_of(self.session, observations)
            given = relation(database, observations).given if native is None else arrow_schema(native)
            return output_schema(types, given)

    def run(
        self, plan: Plan, observations: Table, rows: Rows, progress: Progress
    ) -> Iterator[pa.RecordBatch]:
        """Compute the output in batches, in the observations' order: which of Spark's tables have none."""
        check_rows(plan)
        with self._database() as database:
            if native_of(self.session, observations) is None:
                yield from self._run_local(database, plan, observations, rows, progress)
                return
            frame = self._output(database, plan, observations, rows, looking=True)
            with watched(self.session, progress, _sources(plan)):
                table = frame.toArrow()
            yield from table.cast(self.schema(plan, observations)).to_batches()

    def frame(self, plan: Plan, observations: Table) -> DataFrame:
        """Return the output as a DataFrame, in no order; it is computed where and when Spark is asked for it.

        Raises:
            RequestError: a source has no table.
        """
        check_rows(plan)
        with self._database() as database:
            return self._output(database, plan, observations, Rows(), looking=True)

    def write(self, plan: Plan, observations: Table, path: str) -> int:
        """Compute the output into a new folder of Parquet files, written by Spark's tasks; return how many rows."""
        place = path if "://" in path else str(Path(path).expanduser().absolute())
        counted = Observation()
        frame = self.frame(plan, observations).observe(counted, expr("count(*) AS rows"))
        with translated(_sources(plan)):
            frame.write.parquet(place)
            return int(counted.get["rows"])

    def write_table(self, plan: Plan, observations: Table, name: str, format: str | None, mode: str) -> None:
        """Compute the output into a table of Spark's catalogs, written by Spark's tasks."""
        writer = self.frame(plan, observations).write.mode(mode)
        with translated(_sources(plan)):
            (writer.format(format) if format else writer).saveAsTable(name)

    def tables(self, sources: Iterable[EventSource]) -> Mapping[EventSource, Schema]:
        """Return the types of the columns of each source's table; no rows are read."""
        with self._database() as database:
            return {source: source_table(self.session, database, source).types() for source in sources}

    def read(self, table: Table, rows: Rows) -> pa.Table:
        """Return the rows of a table as they are; in order, where they have one."""
        native = native_of(self.session, table)
        if native is None:
            return DuckDBEngine(self.local, self.root, self.variables).read(table, rows)
        return (native.frame if rows.limit is None else native.frame.limit(rows.limit)).toArrow()

    def keys(self, plan: Plan) -> pa.Schema:
        """Return the key columns that a plan's observations have, typed as in the sources; no rows are read."""
        with self._database() as database:
            return key_schema(plan, swept_types(self.session, database, plan)[0])

    def entities(self, plan: Plan, at: int, rows: Rows) -> pa.Table:
        """Return, in order, the distinct keys of the events that can be seen at a time (microseconds)."""
        with self._building(plan) as database:
            return seen_entities(plan, *swept_types(self.session, database, plan), at, rows.limit)

    def seen(self, plan: Plan, at: int) -> DataFrame:
        """Return the observations of every entity that can be seen at a time (microseconds), in no order."""
        with self._building(plan) as database:
            return observed_entities(plan, *swept_types(self.session, database, plan), at)

    def events(self, plan: Plan, observations: Table) -> Generator[Events, None, None]:
        """Return, sweep by sweep, the events of the observations' entities that windows may see."""
        with self._database() as database:
            for chunk, low in self._chunks(database, plan, observations, Rows()):
                with reading(self.session), translated(_sources(plan)):
                    found = list(visible_events(self.session, plan, low.types, low.relations, chunk))
                yield from found

    def left_out(self, plan: Plan, observations: Table) -> Mapping[str, Mapping[str, int]]:
        """Return source -> column -> how many of its rows a null in that column leaves out."""
        with self._building(plan) as database:
            low = self._lowered(database, plan, observations)
            return count_left_out(plan, low.types, low.relations)

    def explain(self, plan: Plan, observations: Table) -> str:
        """Return the plan, Spark's own plan of it, what is read and the kernel's steps; no rows are read."""
        with self._database() as database:
            low = self._lowered(database, plan, observations)
            frame = self._output(database, plan, observations, Rows(), looking=False)
            native = native_of(self.session, observations)
            title = relation(database, observations).title if native is None else native.title
            return self.variables.masked(explained(plan, low.types, low.relations, title, frame))

    def _run_local(
        self, database: Database, plan: Plan, observations: Table, rows: Rows, progress: Progress
    ) -> Iterator[pa.RecordBatch]:
        """Compute the output of observations that this process reads, a chunk at a time."""
        for chunk, low in self._chunks(database, plan, observations, rows):
            with reading(self.session), watched(self.session, progress, _sources(plan)):
                asked = low.swept(plan, of_chunk(self.session, chunk), self._tasks(looking=True))
                dropped = set(asked.frame.columns) - {ROW, *asked.features}
                found = asked.frame.drop(*dropped).toArrow().sort_by(ROW)
            columns = {name: one_chunk(unpacked(found[name], kind)) for name, kind in asked.features.items()}
            yield from assemble(
                plan, low.types, chunk, [columns], output_schema(low.types, chunk.table.schema)
            )

    def _chunks(
        self, database: Database, plan: Plan, observations: Table, rows: Rows
    ) -> Iterator[tuple[Chunk, Lowered]]:
        check_rows(plan)
        native = native_of(self.session, observations)
        given = relation(database, observations if native is None else Frame(native.frame.toArrow()))
        low = lowered(self.session, database, plan, given.types())
        for chunk in chunks(database, plan, low.types, given, rows):
            yield chunk, low

    def _output(
        self, database: Database, plan: Plan, observations: Table, rows: Rows, *, looking: bool
    ) -> DataFrame:
        given = in_spark(self.session, database, observations)
        low = lowered(self.session, database, plan, given.types())
        with reading(self.session), translated(_sources(plan)):
            return low.output(plan, given, rows, self._tasks(looking=looking))

    def _lowered(self, database: Database, plan: Plan, observations: Table) -> Lowered:
        return lowered(self.session, database, plan, types_of(self.session, database, observations))

    def _tasks(self, *, looking: bool) -> Tasks:
        return Tasks(self.settings.task_memory, self.settings.task_events, looking)

    @contextmanager
    def _database(self) -> Iterator[Database]:
        with Database(self.local, self.root, self.variables) as database:
            yield database

    @contextmanager
    def _building(self, plan: Plan) -> Iterator[Database]:
        """Open what a run of Spark's needs that reads rows."""
        check_rows(plan)
        with self._database() as database, reading(self.session), translated(_sources(plan)):
            yield database


def _sources(plan: Plan) -> list[str]:
    return [source.name for sweep in plan.sweeps for source in sweep.sources]
