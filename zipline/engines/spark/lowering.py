"""From a plan to DataFrames: its tables looked up, its types checked, its sweeps put one after the other."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.pandas.types import to_arrow_schema

from zipline.dsl.table import Table
from zipline.engines.base import Rows
from zipline.engines.duckdb.database import Database
from zipline.engines.duckdb.tables import relation, title_of
from zipline.engines.spark.assemble import assembled
from zipline.engines.spark.native import Native
from zipline.engines.spark.observations import Asked, of_frame
from zipline.engines.spark.sent import sent
from zipline.engines.spark.sweeps import Tasks, swept
from zipline.engines.spark.tables import Relation, frame_of, source_table
from zipline.plan.nodes import Plan
from zipline.plan.schema import PlanTypes, SweepTypes, check_plan, check_sweep
from zipline.plan.sources import Schema


@dataclass(frozen=True)
class Lowered:
    """A plan whose tables have been looked up.

    Attributes:
        types: of its columns.
        relations: of each sweep, the table of each source.
    """

    types: PlanTypes
    relations: list[list[Relation]]

    def swept(self, plan: Plan, asked: Asked, tasks: Tasks) -> Asked:
        """Return observations with the features of all sweeps."""
        for sweep, types, tables in zip(plan.sweeps, self.types.sweeps, self.relations, strict=True):
            asked = swept(plan, sweep, types, tables, asked, tasks)
        return asked

    def output(self, plan: Plan, given: Native, rows: Rows, tasks: Tasks) -> DataFrame:
        """Return the output of observations that lie in Spark."""
        if rows.limit is not None:
            given = replace(given, frame=given.frame.limit(rows.limit))
        return assembled(plan, self.types, self.swept(plan, of_frame(plan, given), tasks), given)


def lowered(session: SparkSession, database: Database, plan: Plan, observations: Schema) -> Lowered:
    """Return a plan with its tables, checked against their schemas; no rows are read."""
    relations = _relations(session, database, plan)
    tables = {
        source: each.types()
        for sweep, found in zip(plan.sweeps, relations, strict=True)
        for source, each in zip(sweep.sources, found, strict=True)
    }
    return Lowered(check_plan(plan, tables, observations), relations)


def swept_types(
    session: SparkSession, database: Database, plan: Plan
) -> tuple[list[SweepTypes], list[list[Relation]]]:
    """Return the types and tables of a plan's sweeps, of which no observations are known."""
    relations = _relations(session, database, plan)
    types = [
        check_sweep(sweep, [each.types() for each in tables])
        for sweep, tables in zip(plan.sweeps, relations, strict=True)
    ]
    return types, relations


def _relations(session: SparkSession, database: Database, plan: Plan) -> list[list[Relation]]:
    return [[source_table(session, database, source) for source in sweep.sources] for sweep in plan.sweeps]


def native_of(session: SparkSession, table: Table) -> Native | None:
    """Return a table that only Spark can read; None of others."""
    frame = frame_of(session, table)
    return None if frame is None else Native(frame, title_of(table), {})


def in_spark(session: SparkSession, database: Database, table: Table) -> Native:
    """Return any table as one of Spark's: what it cannot read is sent, or read in a task."""
    return native_of(session, table) or sent(session, database, table)


def types_of(session: SparkSession, database: Database, table: Table) -> Schema:
    """Return the types of a table's columns."""
    native = native_of(session, table)
    return relation(database, table).types() if native is None else native.types()


def arrow_schema(native: Native) -> pa.Schema:
    """Return the schema of a table of Spark's, its times in UTC."""
    return to_arrow_schema(native.frame.schema, timezone="UTC")
