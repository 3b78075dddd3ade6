"""Compute the features of a test with the engine that computes training sets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zipline.dsl.derived import Derived
from zipline.dsl.feature_service import FeatureService
from zipline.dsl.feature_view import FeatureView, Selection
from zipline.dsl.snapshot import Snapshot
from zipline.dsl.source import EventSource
from zipline.dsl.table import Frame, Table
from zipline.dsl.union import Source, Union
from zipline.engines.duckdb.engine import DuckDBEngine
from zipline.errors import DefinitionError, RequestError, nearest
from zipline.plan.build import build
from zipline.plan.nodes import Plan, Visibility
from zipline.settings import DuckDBSettings
from zipline.testing.equality import plain
from zipline.testing.fitting import fitting_type
from zipline.testing.request import Asked, observation, sources_of
from zipline.testing.tables import arrow_type, event_table, typed, untyped
from zipline.time import MAX_TIME, from_micros
from zipline.training_set import TrainingSet
from zipline.types import from_arrow, to_arrow


@dataclass(frozen=True)
class Question:
    """What a test asks: `assert_features`' arguments in their normal form, times in microseconds."""

    features: FeatureView | FeatureService
    names: tuple[str, ...]
    times: tuple[int, ...]
    entity: Mapping[str, Any]
    request: Mapping[str, Any]
    as_of: int | None
    hindsight: bool

    @property
    def visibility(self) -> Visibility:
        """The knowledge axis; a test does not depend on the clock."""
        return Visibility(MAX_TIME if self.as_of is None else self.as_of, self.hindsight)


@dataclass(frozen=True)
class Answer:
    """What came out of it.

    Attributes:
        asked: the features and what they derive from.
        observation: the entity's key columns and the request fields.
        rows: for each time, feature -> value.
        tables: source name -> its events as an Arrow table, in the test's order.
    """

    question: Question
    asked: Asked
    observation: Mapping[str, Any]
    rows: Sequence[Mapping[str, Any]]
    tables: Mapping[str, Any]


def answer(question: Question, events: Any, schema: Mapping[str, Any]) -> Answer:
    """Compute the features of a test.

    Raises:
        ZiplineError: the definitions do not fit the events, or the test asks for what is not there.
    """
    asked = Asked(question.features, question.names)
    sources = sources_of(asked)
    rows = _by_source(events, sources, "events")
    for name, given in rows.items():
        if not isinstance(given, (list, tuple)) or not all(isinstance(row, Mapping) for row in given):
            raise RequestError(
                f"the events of {name!r} are no list of dicts",
                where="events=",
                hint="write [{'column': value, ...}, ...]; a frame has .to_dicts() or .to_dict('records')",
            )
    types = _by_source(schema, sources, "schema")
    needed = _needed(asked, question)
    keys = _key_types(asked, question.entity)
    tables = {
        name: _fitted(event_table(source, rows[name], needed[name], types[name], keys), source, asked)
        for name, source in sources.items()
    }
    values = observation(asked, tables, question.entity, question.request)
    return Answer(question, asked, values, _computed(asked, question, tables, values), tables)


def _by_source(given: Any, sources: Mapping[str, EventSource], what: str) -> dict[str, Any]:
    """Return what is given for each source: by its name, or as it is where there is but one."""
    named = isinstance(given, Mapping) and (
        what == "events" or any(isinstance(each, Mapping) for each in given.values())
    )
    if not named:
        if len(sources) == 1 or not given:
            return dict.fromkeys(sources, given or ())
        raise RequestError(
            f"the features read several sources: {', '.join(sources)}",
            where=f"{what}=",
            hint=f"name them: {what}={{{next(iter(sources))!r}: ...}}",
        )
    for name in given:
        if name not in sources:
            raise RequestError(
                f"the named features read no source {name!r}", where=f"{what}=", hint=nearest(name, sources)
            )
    return {name: given.get(name, ()) for name in sources}


def _plan(asked: Asked, question: Question, time: str) -> Plan:
    items = list(asked.items)
    service = asked.service
    known = {key for item in asked.selections for key in item.view.entity.keys}
    keys = {key: column for key, column in (service.keys if service else ()) if key in known}
    if service is None:
        return build(items, time=time, keys=keys, visibility=question.visibility)
    read = {column for item in items if isinstance(item, Derived) for column in item.columns}
    request = tuple(pair for pair in service.request if pair[0] in read)
    changes = {"features": tuple(items), "keys": tuple(keys.items()), "request": request}
    part = service.model_copy(update=changes)
    return build(part, time=time, keys=None, visibility=question.visibility)


def _needed(asked: Asked, question: Question) -> dict[str, list[str]]:
    """Return, for each source, the columns of its table that are read."""
    columns: dict[str, list[str]] = {}
    for sweep in _plan(asked, question, "at").sweeps:
        for select in sweep.inputs:
            columns.setdefault(select.source.name, []).extend(select.input.input.columns or ())
    return columns


def _key_types(asked: Asked, entity: Mapping[str, Any]) -> dict[str, Any]:
    """Return the types of the sources' key columns as far as the entity's values tell."""
    import pyarrow as pa

    return {
        column: pa.scalar(entity[name]).type
        for item in asked.selections
        for column, name in asked.keys(item).items()
        if entity.get(name) is not None
    }


def _fitted(table: Any, source: EventSource, asked: Asked) -> Any:
    """Return a table whose columns without a value have types that the features take."""
    kinds = {field.name: from_arrow(field.type) for field in table.schema}
    uses = [item for item in asked.selections if source in item.view.source.members]
    for name in untyped(table):
        kind = fitting_type(name, source, uses, kinds)
        if kind is not None:
            kinds[name] = kind
            index = table.column_names.index(name)
            table = table.set_column(index, name, table.column(index).cast(to_arrow(kind)))
    return table


def _computed(
    asked: Asked, question: Question, tables: Mapping[str, Any], values: Mapping[str, Any]
) -> list[dict[str, Any]]:
    import pyarrow as pa

    over = _with_tables(asked, tables)
    time = next(name for name in ("at", "asked_at", "observed_at", "t") if name not in values)
    moments = [from_micros(each) for each in question.times]
    columns = {time: pa.array(moments, pa.timestamp("us", tz="UTC"))}
    for name, value in values.items():
        columns[name] = _column(asked, tables, name, [value] * len(moments))
    service = asked.service
    if service and service.time and service.time.column in dict(service.request):
        columns.setdefault(service.time.column, _column(asked, tables, service.time.column, moments))
    plan = _plan(over, question, time)
    engine = DuckDBEngine(DuckDBSettings(threads=1), Path.cwd())
    try:
        table = TrainingSet(plan, Frame(pa.table(columns)), engine).to_arrow()
    except DefinitionError as error:
        unknown = {column: name for name, each in tables.items() for column in untyped(each)}
        if not unknown:
            raise
        hint = f"no event has a value of {', '.join(unknown)}: say the type, schema={{{next(iter(unknown))!r}: ...}}"
        raise type(error)(error.message, where=error.where, hint=hint) from None
    outputs = {
        name: [plain(cell, table.schema.field(column).type) for cell in table.column(column).to_pylist()]
        for name, column in asked.outputs.items()
    }
    return [{name: cells[i] for name, cells in outputs.items()} for i in range(len(moments))]


def _column(asked: Asked, tables: Mapping[str, Any], name: str, values: Sequence[Any]) -> Any:
    """Return a column of the observations, in its source's or its service's type if the value has that."""
    import pyarrow as pa

    request = dict(asked.service.request) if asked.service else {}
    if name in request:
        return typed(values, arrow_type(request[name]), "request", name)
    for source, column in asked.places(name):
        kind = tables[source].schema.field(column).type
        if not pa.types.is_null(kind):
            try:
                return typed(values, kind, "entity", name)
            except RequestError:
                continue
    return pa.array(values)


def _with_tables(asked: Asked, tables: Mapping[str, Any]) -> Asked:
    """Return the same request over the tables in place of the sources' own."""

    def placed(item: Selection) -> Selection:
        source = replaced(item.view.source, tables)
        return item.model_copy(update={"view": item.view.model_copy(update={"source": source})})

    result = copy(asked)
    result.items = [item if isinstance(item, Derived) else placed(item) for item in asked.items]
    return result


def replaced(source: Source, tables: Mapping[str, Any]) -> Source:
    """Return a source that reads the tables of its name, or of its members' names."""
    if isinstance(source, Union):
        members = tuple(_over(member, tables[member.name]) for member in source.members)
        return source.model_copy(update={"members": members})
    return _over(source, tables[source.name])


def _over(source: EventSource, rows: Any) -> EventSource:
    table: Table = Frame(rows)
    if isinstance(source.table, Snapshot):
        table = source.table.model_copy(update={"table": table})
    return source.model_copy(update={"table": table})
