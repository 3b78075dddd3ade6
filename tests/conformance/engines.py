"""The engines under test: each takes a case and gives columns, types and rows in one form."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

import zipline as zl
from tests.conformance.plain import rows_of, schema_of
from zipline.dsl import (
    BoundView,
    Derived,
    EventSource,
    FeatureService,
    FeatureView,
    Frame,
    Selection,
    Snapshot,
)
from zipline.reference import column_types, training_set
from zipline.time import from_micros
from zipline.types import to_arrow


@dataclass(frozen=True)
class Case:
    """A request: what is asked, of which observations; the events lie in the sources' frames.

    Attributes:
        as_of: microseconds.
    """

    features: Any
    observations: pa.Table
    time: Any = "t"
    keys: Mapping[str, str] | None = None
    as_of: int | None = None
    hindsight: bool = False


@dataclass(frozen=True)
class Answer:
    """Columns with their Arrow types as text, and rows of plain values."""

    types: dict[str, str]
    rows: list[dict[str, Any]]


def reference(case: Case) -> Answer:
    """Answer by brute force."""
    sources = {source.name: source for source in sources_of(case.features)}
    tables = {name: frame_of(source) for name, source in sources.items()}
    schemas = {name: schema_of(table) for name, table in tables.items()}
    types = column_types(case.features, schemas, schema_of(case.observations))
    rows = training_set(
        rows_of(case.observations),
        case.features,
        tables={name: rows_of(table) for name, table in tables.items()},
        schemas=schemas,
        observation_schema=schema_of(case.observations),
        time=case.time,
        keys=case.keys,
        as_of=case.as_of,
        hindsight=case.hindsight,
        now=int(time.time() * 1_000_000),
    )
    given = {each.name: str(each.type) for each in case.observations.schema}
    return Answer({name: given.get(name, str(to_arrow(kind))) for name, kind in types.items()}, rows)


def duckdb(case: Case) -> Answer:
    """Answer with the DuckDB engine, through the door that users take."""
    result = zl.FeatureStore().training_set(
        case.observations,
        case.features,
        time=case.time,
        keys=case.keys,
        as_of=None if case.as_of is None else from_micros(case.as_of),
        hindsight=case.hindsight,
    )
    return answer_of(result.to_arrow())


def spark(case: Case) -> Answer:
    """Answer with the Spark engine: of tables of Spark's own where Spark has their types, else of rows in memory."""
    from tests.conformance.spark_tables import in_spark
    from tests.services.spark import session

    result = zl.FeatureStore(spark=session()).training_set(
        case.observations,
        in_spark(case.features),
        time=case.time,
        keys=case.keys,
        as_of=None if case.as_of is None else from_micros(case.as_of),
        hindsight=case.hindsight,
        engine="spark",
    )
    return answer_of(result.to_arrow())


def answer_of(table: pa.Table) -> Answer:
    """Return an Arrow table as an answer."""
    return Answer({each.name: str(each.type) for each in table.schema}, rows_of(table))


def frame_of(source: EventSource) -> pa.Table:
    frame = source.table.table if isinstance(source.table, Snapshot) else source.table
    assert isinstance(frame, Frame)
    table = frame.data
    assert isinstance(table, pa.Table)
    return table


def sources_of(features: Any) -> list[EventSource]:
    """Return the sources that a request reads, of unions the members."""
    match features:
        case FeatureService():
            return sources_of(list(features.features))
        case Derived():
            return []
        case FeatureView():
            return [*features.source.members]
        case Selection() | BoundView():
            return [*features.view.source.members]
    assert isinstance(features, Sequence)
    return [source for each in features for source in sources_of(each)]


def online(case: Case) -> Answer:
    """Answer by online reads of documents that the rows were streamed to."""
    from tests.conformance.online_engine import replayed

    return replayed(case)


LEFT_OUT = os.environ.get("ZIPLINE_TEST_WITHOUT", "").split(",")
"""Engines that are not compared: what has changed elsewhere is told sooner without them (`make mutants`)."""
ENGINES: dict[str, Callable[[Case], Answer]] = {
    "reference": reference,
    "duckdb": duckdb,
    **({} if "spark" in LEFT_OUT else {"spark": spark}),
    "online": online,
}
TRAINING_SETS = tuple(name for name in ENGINES if name != "online")
"""The engines that make training sets: they alone refuse what is wrong with observations or tables. A read online has
one time, its client checks the keys, and of two rows with one id the arrival says which came later."""
