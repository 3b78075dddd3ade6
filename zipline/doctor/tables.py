"""The tables: can they be reached, can their schemas be read, and do the definitions fit them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from zipline.display.written import places
from zipline.doctor.definitions import Opened, texts_of
from zipline.doctor.finding import Finding, TookTooLong, fault, within
from zipline.dsl.feature_service import FeatureService
from zipline.dsl.feature_view import FeatureView, Selection
from zipline.dsl.source import EventSource
from zipline.dsl.streams import Kafka
from zipline.dsl.table import Table
from zipline.engines.base import Engine
from zipline.errors import ConfigError

if TYPE_CHECKING:
    from zipline.engines.duckdb.engine import DuckDBEngine

_EXTRAS = {"Delta": "delta", "Iceberg": "iceberg", "Sql": "sql"}
_S3 = ("s3://", "s3a://")


def extras_of(opened: Opened) -> set[str]:
    """Return the extras without which the repository's tables, streams, or its registry, cannot be read."""
    texts = [text for source in opened.sources for text in texts_of(source.table)]
    texts.append(opened.settings.registry.path)
    found = {"s3" for text in texts if _located(opened, text).startswith(_S3)}
    for source in opened.sources:
        found |= {_EXTRAS[each] for each in _kinds(source.table) if each in _EXTRAS}
        if isinstance(source.stream, Kafka):
            found |= {"avro"} if source.stream.format == "avro" else set()
            found |= {"confluent"} if opened.settings.kafka.client == "confluent" else set()
    return found


def check_tables(opened: Opened, seconds: float) -> Iterator[Finding]:
    """Read the schema of each table, and then fit the views and services to them; no rows are read.

    Args:
        opened: the repository.
        seconds: how long a table may take to answer.
    """
    repository = opened.repository
    if repository is None:
        return
    from zipline.engines.duckdb.engine import DuckDBEngine

    engine = DuckDBEngine(opened.settings.duckdb, repository.root, opened.settings.variables)
    broken: set[str] = set()
    for source in opened.sources:
        found = _check_table(source, engine, seconds)
        if found.status == "fault":
            broken.add(source.name)
        yield found
    for view in repository.views.values():
        yield _check_fit(f"view {view.name!r}", view, [view], engine, broken, seconds)
    for service in repository.services.values():
        views = [item.view for item in service.features if isinstance(item, Selection)]
        yield _check_fit(f"service {service.name!r}", service, views, engine, broken, seconds)


def _check_table(source: EventSource, engine: DuckDBEngine, seconds: float) -> Finding:
    name = f"source {source.name!r}"
    return _answered(name, lambda: Finding(name, "ok", _schema(source, engine)), seconds)


def _schema(source: EventSource, engine: DuckDBEngine) -> str:
    """Return in a few words which columns a source's table has."""
    from zipline.engines.duckdb.database import Database
    from zipline.engines.duckdb.tables import source_relation, title_of

    with Database(engine.settings, engine.root, engine.variables) as database:
        found = source_relation(database, source)
        columns, taken = found.arrow.names, found.types()
    others = [column for column in columns if column not in taken]
    rest = f", {len(others)} of types that zipline does not read: {', '.join(others)}" if others else ""
    title = title_of(source.table) if source.has_table else places(source)
    return f"{title}: {len(columns)} columns{rest}"


def _check_fit(
    name: str,
    wanted: FeatureView | FeatureService,
    views: list[FeatureView],
    engine: Engine,
    broken: set[str],
    seconds: float,
) -> Finding:
    unread = sorted({each.name for view in views for each in view.source.members} & broken)
    if unread:
        message = f"not checked: {', '.join(f'source {each!r}' for each in unread)} cannot be read"
        return Finding(name, "warning", message, "mend the source first")
    return _answered(name, lambda: Finding(name, "ok", f"{_fitting(wanted, engine)} features"), seconds)


def _fitting(wanted: FeatureView | FeatureService, engine: Engine) -> int:
    """Return how many features there are, all of which fit their tables."""
    from zipline.arguments import visible
    from zipline.entity_snapshot import no_observations
    from zipline.plan.build import build

    time = None if isinstance(wanted, FeatureService) and wanted.time else "time"
    plan = build(wanted, time=time, keys=None, visibility=visible(None))
    return len(engine.types(plan, no_observations(plan, engine)).outputs)


def _answered(name: str, call: Callable[[], Finding], seconds: float) -> Finding:
    """Return what a call finds, or that it finds nothing."""
    try:
        return within(seconds, call)
    except TookTooLong as error:
        hint = f"see whether what it reads can be reached, or wait longer: --timeout {seconds * 10:g}"
        return fault(name, error, hint)
    except Exception as error:  # whatever a driver or a file system raises
        return fault(name, error, "the table could not be read as it is declared")


def _kinds(table: Table) -> Iterator[str]:
    yield type(table).__name__
    for name in type(table).model_fields:
        if isinstance(inner := getattr(table, name), Table):
            yield from _kinds(inner)


def _located(opened: Opened, text: str) -> str:
    try:
        return opened.settings.located(text)
    except ConfigError:
        return text
