"""The rows of a history on Spark: the same ones that the query of a single process gives."""

from __future__ import annotations

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.functions import expr

from zipline.engines.duckdb.database import Database
from zipline.engines.spark.bounds import bounds_sql
from zipline.engines.spark.native import Native
from zipline.engines.spark.scanning import Bound
from zipline.engines.spark.session import reading
from zipline.engines.spark.sql import quote
from zipline.engines.spark.tables import source_table
from zipline.online.executors.making import MakeFacts, ReadFacts
from zipline.online.executors.messages import SCHEMA
from zipline.online.history_facts import HistoryFacts
from zipline.time import MIN_TIME


def facts_frame(session: SparkSession, database: Database, making: MakeFacts) -> DataFrame:
    """Return the facts of a source's table as messages; no rows are read.

    Raises:
        DataError, SchemaError, DefinitionError: the table cannot be read.
    """
    lanes = making.lanes
    wanted = HistoryFacts(lanes.state, lanes.number, lanes.fill)
    with reading(session):
        table = source_table(session, database, wanted.source)
        if isinstance(table, Native):
            return history_rows(table, wanted).mapInArrow(making, SCHEMA)
        read = ReadFacts(making, database.root, database.variables)
        return session.range(1, numPartitions=1).mapInArrow(read, SCHEMA)


def history_rows(table: Native, wanted: HistoryFacts) -> DataFrame:
    """Return the columns that are read, of the rows that `HistoryFacts.sql` asks for."""
    source, rows = wanted.source, table.rows()
    for condition in _before_cut(table, wanted):
        rows = rows.where(f"{condition} OR {quote(_column(wanted))} IS NULL")
    within = Bound(source.event_time, wanted.span.first, wanted.span.last)
    reached = " AND ".join(bounds_sql((within,), table.stored))
    if reached and source.id:
        ids = [f"{quote(column)} AS zl_id_{i}" for i, column in enumerate(source.id)]
        chosen = table.rows().where(reached).selectExpr(*ids)
        same = " AND ".join(f"{quote(column)} = zl_id_{i}" for i, column in enumerate(source.id))
        rows = rows.join(chosen, expr(same), "left_semi")
    elif reached:
        rows = rows.where(reached)
    return rows.selectExpr(
        *(f"{table.plain(name)} AS {quote(name)}" for name in wanted.columns(table.types()))
    )


def _before_cut(table: Native, wanted: HistoryFacts) -> list[str]:
    """Return conditions by which rows are skipped that were known after the cut; facts have the last word."""
    time = wanted.source.knowledge_time
    if time is None or wanted.last is None:
        return []
    return list(bounds_sql((Bound(time, MIN_TIME, wanted.last),), table.stored))


def _column(wanted: HistoryFacts) -> str:
    assert wanted.source.knowledge_time is not None
    return wanted.source.knowledge_time.column
