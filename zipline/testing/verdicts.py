"""Why an event counts for a feature at some time, or why it does not: by the rules of the reference."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from zipline.dsl.aggregation import Feature
from zipline.dsl.feature_view import FeatureView
from zipline.dsl.snapshot import Snapshot
from zipline.dsl.source import EventSource
from zipline.expressions import parse
from zipline.plan.nodes import Visibility
from zipline.reference.copies import Row
from zipline.reference.evaluate import evaluate
from zipline.reference.events import History, Version, histories
from zipline.reference.times import aligned
from zipline.reference.values import order, same_key
from zipline.testing.shown import moment
from zipline.time import to_micros
from zipline.types import DataType, from_arrow

SEEN = ""


@dataclass(frozen=True)
class Observer:
    """Who looks, when, and what is known then.

    Attributes:
        t: microseconds.
        keys: the source's key columns -> the entity's value.
        types: of these values.
    """

    t: int
    keys: Mapping[str, Any]
    types: Mapping[str, DataType]
    visibility: Visibility


def verdicts(
    view: FeatureView, source: EventSource, feature: Feature, table: Any, observer: Observer
) -> list[str]:
    """Return for each event why it does not count for a feature: SEEN where it does.

    Args:
        view: whose feature it is.
        source: the view's source, or a member of it.
        table: the events of that source, as an Arrow table.
        observer: the entity and the time.
    """
    rows = [{name: counted(value) for name, value in row.items()} for row in table.to_pylist()]
    schema = {field.name: from_arrow(field.type) for field in table.schema}
    number = {_name(source, row): i for i, row in enumerate(rows)}
    at = replace(observer, t=aligned(feature.window, observer.t))
    judge = _Judge(view, source, feature, schema, at, number)
    found: dict[int, str] = {}
    for history in histories(source, view.key_columns, rows, schema):
        for version in history.versions:
            if version.row:
                found[number[_name(source, version.row)]] = judge.of(version, history)
    return [found[i] if i in found else _nobodys(source, rows, i) for i in range(len(rows))]


def _name(source: EventSource, row: Row) -> Any:
    """Return what tells a row from all others: itself; of a snapshot, which is read through copies, date and id."""
    if not isinstance(source.table, Snapshot):
        return id(row)
    return tuple(order(row[column]) for column in (source.table.date.column, *source.table.id))


@dataclass(frozen=True)
class _Judge:
    view: FeatureView
    source: EventSource
    feature: Feature
    schema: Mapping[str, DataType]
    observer: Observer
    number: Mapping[Any, int]

    def of(self, version: Version, history: History) -> str:
        """Return the first rule that keeps a version from counting."""
        return (
            self._entity(version)
            or self._known(version, history)
            or self._latest(version, history)
            or self._window(version)
            or self._inputs(version)
        )

    def _entity(self, version: Version) -> str:
        for column, key in zip(self.view.key_columns, version.keys, strict=True):
            wanted = self.observer.keys[column]
            if wanted is None:
                return "the observation's key is null"
            if key is not None and not same_key(
                key, self.schema[column], wanted, self.observer.types[column]
            ):
                return "of another entity"
        return SEEN

    def _known(self, version: Version, history: History) -> str:
        visibility, t = self.observer.visibility, self.observer.t
        known = version.knowledge_time
        if not history.declared:
            late = version.event_time is not None and version.event_time > visibility.as_of
            return f"after as_of, {moment(visibility.as_of)}" if late else SEEN
        assert known is not None
        if known > visibility.as_of:
            return f"not yet known: known at {moment(known)}, after as_of"
        if known >= t and not visibility.hindsight:
            return f"not yet known: known at {moment(known)}, not before {moment(t)}"
        return SEEN

    def _latest(self, version: Version, history: History) -> str:
        known = [each for each in history.versions if not self._known(each, history)]
        latest = known[-1]
        if latest is not version:
            since = "" if latest.knowledge_time is None else f", known at {moment(latest.knowledge_time)}"
            if not latest.row:
                assert latest.event_time is not None
                return f"gone: not in the copy of {moment(latest.event_time)}{since}"
            verb = "withdrawn" if latest.deleted else "corrected"
            return f"{verb} by event {self.number[_name(self.source, latest.row)]}{since}"
        if version.deleted:
            return f"a deletion: {self.source.deleted} is true"
        if not version.wanted:
            return f"the source's where is not true: {self.source.where}"
        names = {self.source.event_time.column: version.event_time}
        names |= dict(zip(self.view.key_columns, version.keys, strict=True))
        missing = [name for name, value in names.items() if value is None]
        return f"belongs to nobody: {missing[0]} is null" if missing else SEEN

    def _window(self, version: Version) -> str:
        assert version.event_time is not None
        if version.event_time >= self.observer.t:
            return f"too new: not before {moment(self.observer.t)}"
        lower, upper = self.feature.window.bounds(self.observer.t)
        if version.event_time >= upper:
            return f"too new: the window ends at {moment(upper)}"
        if lower is not None and version.event_time < lower:
            return f"too old: the window begins at {moment(lower)}"
        return SEEN

    def _inputs(self, version: Version) -> str:
        aggregation = self.feature.aggregation
        columns = version.columns()
        if aggregation.where is not None:
            types = dict(self.schema)
            for name, text in self.source.select:
                types[name] = parse(text).type_of(self.schema)
            if evaluate(aggregation.where, columns, types) is not True:
                return f"where is not true: {aggregation.where}"
        if aggregation.by is not None and columns[aggregation.by] is None:
            return f"{aggregation.by} is null"
        if isinstance(aggregation.column, str) and not aggregation.keeps_nulls:
            value = columns[aggregation.column]
            if value is None:
                return f"{aggregation.column} is null"
        return SEEN


def _nobodys(source: EventSource, rows: Sequence[Row], i: int) -> str:
    """Return why a row is no version of any event."""
    if isinstance(source.table, Snapshot) and all(rows[i][name] is not None for name in source.id):
        return "as in the copy before"
    for name in (*source.id, *([source.knowledge_time.column] if source.knowledge_time else [])):
        if rows[i][name] is None:
            return f"belongs to nobody: {name} is null"
    if rows[i][source.event_time.column] is None:
        return f"belongs to nobody: {source.event_time.column} is null"
    return "a repeat of another event"


def counted(value: Any) -> Any:
    """Return a value as the reference holds it: times in microseconds, dates in days."""
    if isinstance(value, datetime):
        return to_micros(value)
    if isinstance(value, date):
        return (value - date(1970, 1, 1)) // timedelta(days=1)
    if isinstance(value, list):
        return [counted(each) for each in value]
    if isinstance(value, dict):
        return {name: counted(each) for name, each in value.items()}
    return value
