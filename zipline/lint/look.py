"""Looking at the data that views read: one query for each source, for all rules together."""

from __future__ import annotations

import time as clock
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from zipline.dsl.feature_view import FeatureView
from zipline.dsl.source import EventSource
from zipline.errors import ZiplineError
from zipline.lint.subject import Subject, aggregated, members, reach
from zipline.lint.uses import columns_of

if TYPE_CHECKING:
    from zipline.engines.duckdb.facts import Asked, Facts
    from zipline.repository import Repository

T = TypeVar("T")


def with_facts(repository: Repository, subject: Subject) -> Subject:
    """Look at each source once, for all the views that can be computed over it."""
    from zipline.engines.duckdb.database import Database
    from zipline.engines.duckdb.facts import look_at

    settings = repository.settings
    unread = _misfits(repository, subject.views)
    fit = [view for view in subject.views if view.name not in unread]
    facts: dict[EventSource, Facts] = {}
    for source in Subject(tuple(fit)).sources:
        if not source.has_table:
            continue
        readers = [view for view in fit if source in members(view.source)]
        try:
            with Database(settings.duckdb, repository.root, settings.variables) as database:
                facts[source] = look_at(database, source, asked_of(source, readers))
        except ZiplineError as error:
            unread |= {view.name: error for view in readers}
    return replace(subject, facts=facts, unread=unread)


def _misfits(repository: Repository, views: Iterable[FeatureView]) -> dict[str, ZiplineError]:
    """Return the views that do not fit their tables, and why; schemas are read for it, no rows."""
    from zipline.engines.duckdb.engine import DuckDBEngine
    from zipline.plan.build import build
    from zipline.plan.nodes import Visibility

    settings = repository.settings
    engine = DuckDBEngine(settings.duckdb, repository.root, settings.variables)
    errors: dict[str, ZiplineError] = {}
    for view in views:
        try:
            engine.keys(build(view, time="time", keys=None, visibility=Visibility(clock.time_ns() // 1000)))
        except ZiplineError as error:
            errors[view.name] = error
    return errors


def asked_of(source: EventSource, views: Sequence[FeatureView]) -> Asked:
    """Return what the rules need to know of a source's rows, which these views read."""
    from zipline.engines.duckdb.facts import Asked

    features = [feature for view in views for feature in aggregated(view)]
    lifetime = [each.aggregation for each in features if each.window.length_us is None]
    groups = [each.by for each in lifetime if each.by is not None]
    columns = [column for view in views for column in columns_of(view)]
    single = [each.column for each in lifetime if isinstance(each.column, str)]
    return Asked(
        keys=_once([*([source.id] if source.id else []), *(view.key_columns for view in views)]),
        columns=_once([*columns, *groups]),
        counted=_once([*groups, *single]),
        conditions=_once(each.aggregation.where for each in features if each.aggregation.where is not None),
        lags=_once(far for each in features if (far := reach(each)) is not None),
    )


def _once(values: Iterable[T]) -> tuple[T, ...]:
    return tuple(dict.fromkeys(values))
