"""The engine: lowers a plan to queries and sweeps, and streams the observations through."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Mapping
from pathlib import Path

import pyarrow as pa

from zipline.dsl.source import EventSource
from zipline.dsl.table import Table
from zipline.engines.base import Events, Rows
from zipline.engines.duckdb.assemble import assemble
from zipline.engines.duckdb.database import Database
from zipline.engines.duckdb.entities import key_schema, seen_entities
from zipline.engines.duckdb.explain import explained
from zipline.engines.duckdb.left_out import count_left_out
from zipline.engines.duckdb.observations import chunks
from zipline.engines.duckdb.sweeps import run_sweep
from zipline.engines.duckdb.tables import Relation, relation, source_relation
from zipline.engines.duckdb.unread import of_sources
from zipline.engines.duckdb.visible import visible_events
from zipline.errors import RequestError
from zipline.plan.nodes import Plan, Sweep
from zipline.plan.schema import PlanTypes, SweepTypes, check_plan, check_sweep
from zipline.plan.sources import Schema
from zipline.progress import Progress
from zipline.settings import DuckDBSettings
from zipline.types import to_arrow
from zipline.variables import Variables


class DuckDBEngine:
    """Runs plans on this machine, in this process.

    Args:
        settings: memory, threads, where to spill.
        root: what relative paths of tables are relative to.
        variables: what `${name}` in the locations of tables stands for.
    """

    def __init__(self, settings: DuckDBSettings, root: Path, variables: Variables | None = None) -> None:
        self.settings = settings
        self.root = root
        self.variables = variables or Variables()

    def types(self, plan: Plan, observations: Table) -> PlanTypes:
        """Return the types of a plan's columns, checked against the real schemas; no rows are read."""
        with Database(self.settings, self.root, self.variables) as database:
            return self._check(database, plan, observations)[0]

    def schema(self, plan: Plan, observations: Table) -> pa.Schema:
        """Return the schema of the output; no rows are read."""
        with Database(self.settings, self.root, self.variables) as database:
            types, _, given = self._check(database, plan, observations)
            return output_schema(types, given.given)

    def run(
        self, plan: Plan, observations: Table, rows: Rows, progress: Progress
    ) -> Iterator[pa.RecordBatch]:
        """Compute the output, observation by observation in their order, in batches.

        Raises:
            RequestError: a source has no table.
        """
        check_rows(plan)
        with Database(self.settings, self.root, self.variables) as database:
            types, relations, given = self._check(database, plan, observations)
            schema = output_schema(types, given.given)
            for chunk in chunks(database, plan, types, given, rows):
                columns = []
                for sweep, swept, tables in zip(plan.sweeps, types.sweeps, relations, strict=True):
                    with of_sources(database, sweep.sources, tables):
                        columns.append(run_sweep(database, plan, sweep, swept, tables, chunk, progress))
                yield from assemble(plan, types, chunk, columns, schema)

    def tables(self, sources: Iterable[EventSource]) -> Mapping[EventSource, Schema]:
        """Return the types of the columns of each source's table; no rows are read."""
        with Database(self.settings, self.root, self.variables) as database:
            return {source: source_relation(database, source).types() for source in sources}

    def read(self, table: Table, rows: Rows) -> pa.Table:
        """Return the rows of a table, in order, as they are."""
        with Database(self.settings, self.root, self.variables) as database:
            given = relation(database, table)
            if given.frame is not None:
                return given.frame.slice(0, rows.limit)
            bound = "" if rows.limit is None else f" LIMIT {rows.limit}"
            return database.table(f"SELECT * FROM {given.sql}{bound}")

    def keys(self, plan: Plan) -> pa.Schema:
        """Return the key columns that a plan's observations have, typed as in the sources; no rows are read."""
        with Database(self.settings, self.root, self.variables) as database:
            return key_schema(plan, self._swept(database, plan)[0])

    def entities(self, plan: Plan, at: int, rows: Rows) -> pa.Table:
        """Return, in order, the distinct keys of the events that can be seen at a time (microseconds)."""
        check_rows(plan)
        with Database(self.settings, self.root, self.variables) as database:
            return seen_entities(database, plan, *self._swept(database, plan), at, rows.limit)

    def events(self, plan: Plan, observations: Table) -> Generator[Events, None, None]:
        """Return, sweep by sweep and in batches, the events of the observations' entities that windows may see."""
        check_rows(plan)
        with Database(self.settings, self.root, self.variables) as database:
            types, relations, given = self._check(database, plan, observations)
            for chunk in chunks(database, plan, types, given, Rows()):
                for sweep, swept, tables in zip(plan.sweeps, types.sweeps, relations, strict=True):
                    with of_sources(database, sweep.sources, tables):
                        yield from visible_events(database, plan, sweep, swept, tables, chunk)

    def explain(self, plan: Plan, observations: Table) -> str:
        """Return the plan, the queries, what is read and the kernel's steps as text; no rows are read."""
        with Database(self.settings, self.root, self.variables) as database:
            return self.variables.masked(explained(plan, *self._check(database, plan, observations)))

    def _swept(self, database: Database, plan: Plan) -> tuple[list[SweepTypes], list[list[Relation]]]:
        relations = [_relations(database, sweep) for sweep in plan.sweeps]
        types = [
            check_sweep(sweep, [each.types() for each in tables])
            for sweep, tables in zip(plan.sweeps, relations, strict=True)
        ]
        return types, relations

    def left_out(self, plan: Plan, observations: Table) -> Mapping[str, Mapping[str, int]]:
        """Return source -> column -> how many of its rows a null in that column leaves out."""
        check_rows(plan)
        with Database(self.settings, self.root, self.variables) as database:
            _, relations, _ = self._check(database, plan, observations)
            return count_left_out(database, plan, relations)

    def _check(
        self, database: Database, plan: Plan, observations: Table
    ) -> tuple[PlanTypes, list[list[Relation]], Relation]:
        relations = [_relations(database, sweep) for sweep in plan.sweeps]
        given = relation(database, observations)
        tables = {
            source: each.types()
            for sweep, found in zip(plan.sweeps, relations, strict=True)
            for source, each in zip(sweep.sources, found, strict=True)
        }
        return check_plan(plan, tables, given.types()), relations, given


def check_rows(plan: Plan) -> None:
    """Refuse to read the past of a source that only streams: no events would be taken for none that happened."""
    for sweep in plan.sweeps:
        for source in sweep.sources:
            if not source.has_table:
                raise RequestError(
                    "has a stream and no table, so that its past lies nowhere",
                    where=f"source {source.name!r}",
                    hint="name the table where the stream's events are kept: table=zl.Parquet(...)",
                )


def _relations(database: Database, sweep: Sweep) -> list[Relation]:
    """Return the table of each of a sweep's sources."""
    return [source_relation(database, source) for source in sweep.sources]


def output_schema(types: PlanTypes, observations: pa.Schema) -> pa.Schema:
    """Return the observations' columns, then the features."""
    features = [pa.field(name, to_arrow(kind)) for name, kind in types.outputs.items()]
    return pa.schema([*observations, *features])
