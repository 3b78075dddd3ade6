"""The engine: lowers a plan to DataFrames and to sweeps inside Spark's tasks."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from zipline.dsl.source import EventSource
from zipline.dsl.table import Frame, Table
from zipline.engines.base import Events, Rows
from zipline.engines.duckdb.assemble import assemble
from zipline.engines.duckdb.database import Database
from zipline.engines.duckdb.engine import DuckDBEngine, check_rows, output_schema
from zipline.engines.duckdb.entities import key_schema
from zipline.engines.duckdb.observations import Chunk, chunks
from zipline.engines.duckdb.tables import relation, title_of
from zipline.engines.spark.session import open_session, reading
from zipline.plan.nodes import Plan
from zipline.plan.schema import PlanTypes, SweepTypes, check_plan, check_sweep
from zipline.plan.sources import Schema
from zipline.progress import Progress
from zipline.settings import DuckDBSettings, SparkSettings
from zipline.variables import Variables

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from zipline.engines.spark.native import Native
    from zipline.engines.spark.observations import Asked
    from zipline.engines.spark.tables import Relation


@dataclass(frozen=True)
class Lowered:
    """A plan whose tables have been looked up.

    Attributes:
        types: of its columns.
        relations: of each sweep, the table of each source.
    """

    types: PlanTypes
    relations: list[list[Relation]]


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
            return self._lowered(database, plan, self._given_types(database, observations)).types

    def schema(self, plan: Plan, observations: Table) -> pa.Schema:
        """Return the schema of the output; no rows are read."""
        with self._database() as database:
            native = self._native(observations)
            if native is None:
                given = relation(database, observations)
                return output_schema(self._lowered(database, plan, given.types()).types, given.given)
            return output_schema(self._lowered(database, plan, native.types()).types, _arrow_schema(native))

    def run(
        self, plan: Plan, observations: Table, rows: Rows, progress: Progress
    ) -> Iterator[pa.RecordBatch]:
        """Compute the output, in batches: in the observations' order, which only a table of Spark's has none of."""
        from zipline.engines.spark.progress import watched

        check_rows(plan)
        with self._database() as database:
            native = self._native(observations)
            if native is None:
                yield from self._run_local(database, plan, observations, rows, progress)
                return
            frame = self._frame(database, plan, native, rows, looking=True)
            with watched(self.session, progress, _sources(plan)):
                table = frame.toArrow()
            schema = self._output(database, plan, native)
            yield from table.cast(schema).to_batches()

    def frame(self, plan: Plan, observations: Table) -> DataFrame:
        """Return the output as a DataFrame, in no order; it is computed where and when Spark is asked for it.

        Raises:
            RequestError: a source has no table.
        """
        check_rows(plan)
        with self._database() as database:
            native = self._native(observations) or self._sent(database, observations)
            return self._frame(database, plan, native, Rows(), looking=True)

    def write(self, plan: Plan, observations: Table, path: str) -> None:
        """Compute the output into a new folder of Parquet files, written by Spark's tasks."""
        from zipline.engines.spark.failures import translated

        frame = self.frame(plan, observations)
        place = path if "://" in path else str(Path(path).expanduser().absolute())
        with translated(_sources(plan)):
            frame.write.parquet(place)

    def write_table(self, plan: Plan, observations: Table, name: str, format: str | None, mode: str) -> None:
        """Compute the output into a table of Spark's catalogs, written by Spark's tasks."""
        from zipline.engines.spark.failures import translated

        frame = self.frame(plan, observations)
        with translated(_sources(plan)):
            writer = frame.write.mode(mode)
            (writer.format(format) if format else writer).saveAsTable(name)

    def tables(self, sources: Iterable[EventSource]) -> Mapping[EventSource, Schema]:
        """Return the types of the columns of each source's table; no rows are read."""
        from zipline.engines.spark.tables import source_table

        with self._database() as database:
            return {source: source_table(self.session, database, source).types() for source in sources}

    def read(self, table: Table, rows: Rows) -> pa.Table:
        """Return the rows of a table as they are; in order, where they have one."""
        native = self._native(table)
        if native is None:
            return self._here().read(table, rows)
        return (native.frame if rows.limit is None else native.frame.limit(rows.limit)).toArrow()

    def keys(self, plan: Plan) -> pa.Schema:
        """Return the key columns that a plan's observations have, typed as in the sources; no rows are read."""
        with self._database() as database:
            return key_schema(plan, self._swept(database, plan)[0])

    def entities(self, plan: Plan, at: int, rows: Rows) -> pa.Table:
        """Return, in order, the distinct keys of the events that can be seen at a time (microseconds)."""
        from zipline.engines.spark.entities import seen_entities
        from zipline.engines.spark.failures import translated

        check_rows(plan)
        with self._database() as database, reading(self.session), translated(_sources(plan)):
            return seen_entities(plan, *self._swept(database, plan), at, rows.limit)

    def seen(self, plan: Plan, at: int) -> DataFrame:
        """Return the observations of every entity that can be seen at a time (microseconds), in no order."""
        from zipline.engines.spark.entities import entity_frame
        from zipline.engines.spark.failures import translated
        from zipline.engines.spark.sql import quote

        check_rows(plan)
        with self._database() as database, reading(self.session), translated(_sources(plan)):
            types, relations = self._swept(database, plan)
            kinds = key_schema(plan, types)
            keys = [
                f"timestamp_micros({quote(key.name)}) AS {quote(key.name)}"
                if pa.types.is_timestamp(key.type)
                else quote(key.name)
                for key in kinds
            ]
            time = f"timestamp_micros({at}L) AS {quote(plan.time.column)}"
            return entity_frame(plan, types, relations, at).selectExpr(*keys, time)

    def events(self, plan: Plan, observations: Table) -> Generator[Events, None, None]:
        """Return, sweep by sweep, the events of the observations' entities that windows may see."""
        from zipline.engines.spark.failures import translated
        from zipline.engines.spark.visible import visible_events

        check_rows(plan)
        with self._database() as database:
            for chunk, lowered in self._chunks(database, plan, observations, Rows()):
                with reading(self.session), translated(_sources(plan)):
                    found = list(visible_events(self.session, plan, lowered.types, lowered.relations, chunk))
                yield from found

    def left_out(self, plan: Plan, observations: Table) -> Mapping[str, Mapping[str, int]]:
        """Return source -> column -> how many of its rows a null in that column leaves out."""
        from zipline.engines.spark.failures import translated
        from zipline.engines.spark.left_out import count_left_out

        check_rows(plan)
        with self._database() as database, reading(self.session), translated(_sources(plan)):
            lowered = self._lowered(database, plan, self._given_types(database, observations))
            return count_left_out(plan, lowered.types, lowered.relations)

    def explain(self, plan: Plan, observations: Table) -> str:
        """Return the plan, Spark's own plan of it, what is read and the kernel's steps; no rows are read."""
        from zipline.engines.spark.explain import explained

        with self._database() as database:
            native = self._native(observations) or self._sent(database, observations)
            lowered = self._lowered(database, plan, native.types())
            frame = self._frame(database, plan, native, Rows(), looking=False)
            return self.variables.masked(
                explained(plan, lowered.types, lowered.relations, native.title, frame)
            )

    def _run_local(
        self, database: Database, plan: Plan, observations: Table, rows: Rows, progress: Progress
    ) -> Iterator[pa.RecordBatch]:
        """Compute the output of observations that this process reads, a chunk at a time."""
        from zipline.engines.spark.observations import of_chunk
        from zipline.engines.spark.progress import watched
        from zipline.engines.spark.walk import ROW
        from zipline.engines.spark.wire import unpacked

        for chunk, lowered in self._chunks(database, plan, observations, rows):
            types = lowered.types
            with reading(self.session), watched(self.session, progress, _sources(plan)):
                asked = self._swept_over(plan, lowered, of_chunk(self.session, chunk), looking=True)
                kept = {ROW, *asked.features}
                found = asked.frame.drop(
                    *(name for name in asked.frame.columns if name not in kept)
                ).toArrow()
            ordered = found.sort_by(ROW)
            columns = {name: unpacked(ordered[name], kind) for name, kind in asked.features.items()}
            whole = [{name: pa.chunked_array(each).combine_chunks() for name, each in columns.items()}]
            yield from assemble(plan, types, chunk, whole, output_schema(types, chunk.table.schema))

    def _chunks(
        self, database: Database, plan: Plan, observations: Table, rows: Rows
    ) -> Iterator[tuple[Chunk, Lowered]]:
        native = self._native(observations)
        table = observations if native is None else Frame(native.frame.toArrow())
        given = relation(database, table)
        lowered = self._lowered(database, plan, given.types())
        for chunk in chunks(database, plan, lowered.types, given, rows):
            yield chunk, lowered

    def _frame(
        self, database: Database, plan: Plan, native: Native, rows: Rows, *, looking: bool
    ) -> DataFrame:
        from dataclasses import replace

        from zipline.engines.spark.assemble import assembled
        from zipline.engines.spark.failures import translated
        from zipline.engines.spark.observations import of_frame

        if rows.limit is not None:
            native = replace(native, frame=native.frame.limit(rows.limit))
        lowered = self._lowered(database, plan, native.types())
        with reading(self.session), translated(_sources(plan)):
            asked = self._swept_over(plan, lowered, of_frame(plan, native), looking=looking)
            return assembled(plan, lowered.types, asked, native)

    def _swept_over(self, plan: Plan, lowered: Lowered, asked: Asked, *, looking: bool) -> Asked:
        from zipline.engines.spark.sweeps import Tasks, swept

        tasks = Tasks(self.settings.task_memory, self.settings.task_events, looking)
        for sweep, types, tables in zip(plan.sweeps, lowered.types.sweeps, lowered.relations, strict=True):
            asked = swept(plan, sweep, types, tables, asked, tasks)
        return asked

    def _output(self, database: Database, plan: Plan, native: Native) -> pa.Schema:
        return output_schema(self._lowered(database, plan, native.types()).types, _arrow_schema(native))

    def _lowered(self, database: Database, plan: Plan, observations: Schema) -> Lowered:
        relations = self._relations(database, plan)
        tables = {
            source: each.types()
            for sweep, found in zip(plan.sweeps, relations, strict=True)
            for source, each in zip(sweep.sources, found, strict=True)
        }
        return Lowered(check_plan(plan, tables, observations), relations)

    def _swept(self, database: Database, plan: Plan) -> tuple[list[SweepTypes], list[list[Relation]]]:
        relations = self._relations(database, plan)
        types = [
            check_sweep(sweep, [each.types() for each in tables])
            for sweep, tables in zip(plan.sweeps, relations, strict=True)
        ]
        return types, relations

    def _relations(self, database: Database, plan: Plan) -> list[list[Relation]]:
        from zipline.engines.spark.tables import source_table

        return [
            [source_table(self.session, database, source) for source in sweep.sources]
            for sweep in plan.sweeps
        ]

    def _native(self, table: Table) -> Native | None:
        """Return a table that only Spark can read."""
        from zipline.engines.spark.native import Native
        from zipline.engines.spark.tables import frame_of

        frame = frame_of(self.session, table)
        return None if frame is None else Native(frame, title_of(table), {})

    def _sent(self, database: Database, table: Table) -> Native:
        """Return observations of this process, or of files, as a table of Spark's."""
        from zipline.engines.spark.sent import sent

        return sent(self.session, database, table)

    def _given_types(self, database: Database, observations: Table) -> Schema:
        native = self._native(observations)
        return relation(database, observations).types() if native is None else native.types()

    def _here(self) -> DuckDBEngine:
        return DuckDBEngine(self.local, self.root, self.variables)

    @contextmanager
    def _database(self) -> Iterator[Database]:
        with Database(self.local, self.root, self.variables) as database:
            yield database


def _sources(plan: Plan) -> list[str]:
    return [source.name for sweep in plan.sweeps for source in sweep.sources]


def _arrow_schema(native: Native) -> pa.Schema:
    from pyspark.sql.pandas.types import to_arrow_schema

    return to_arrow_schema(native.frame.schema, timezone="UTC")
