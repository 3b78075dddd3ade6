"""Facts about a source's rows, for who judges definitions: one aggregate query over the columns that matter."""

from __future__ import annotations

import time as clock
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from zipline.dsl.source import EventSource
from zipline.engines.duckdb.database import Database
from zipline.engines.duckdb.expressions import to_sql
from zipline.engines.duckdb.sql import quote
from zipline.engines.duckdb.tables import Relation, source_relation
from zipline.engines.duckdb.times import micros_sql
from zipline.engines.duckdb.unread import of_source
from zipline.expressions import parse
from zipline.types import DataType

TIME, KNOWN, KEPT = "__zl_time", "__zl_known", "__zl_kept"
YEAR_US = 365 * 86_400_000_000


@dataclass(frozen=True)
class Asked:
    """What is asked of a source's rows.

    Attributes:
        keys: the key columns of each entity, the table's own.
        columns: columns that aggregations see, the table's or `select`'s.
        counted: those of them whose different values are counted.
        conditions: texts over the columns that aggregations see.
        lags: durations in microseconds: how many rows become known so long after their event, or longer?
    """

    keys: tuple[tuple[str, ...], ...] = ()
    columns: tuple[str, ...] = ()
    counted: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    lags: tuple[int, ...] = ()


@dataclass(frozen=True)
class TimeFacts:
    """A time's nulls, and its least and greatest value in microseconds (None where all are null)."""

    nulls: int
    first: int | None
    last: int | None


@dataclass(frozen=True)
class KeyFacts:
    """In how many rows a part of a key is null, and about how many different keys there are."""

    nulls: int
    distinct: int


@dataclass(frozen=True)
class ColumnFacts:
    """A column's type and nulls, whether its values are all equal, and about how many differ (None: not asked)."""

    kind: DataType
    nulls: int
    constant: bool
    distinct: int | None


@dataclass(frozen=True)
class Facts:
    """What a source's rows are like. Versions are counted each: nothing is resolved.

    Attributes:
        rows: of the table.
        kept: those that are no deletions and that the source's `where` keeps: all that follows is of them.
        event: of the event times.
        known: of the knowledge times, where a column holds them.
        early: rows that are known before they happen.
        same: rows that are known when they happen, to the microsecond.
        future: rows whose event time is after the clock's.
        nineteen_seventy: rows whose event time lies in 1970.
        types: of the table's columns.
        unreadable: rows that cannot be read, and that on_error="skip" leaves out: they are not among `rows`.
        late: lag -> rows that become known so long after their event, or longer.
        conditions: text -> rows for which it is true.
    """

    rows: int
    kept: int
    event: TimeFacts
    known: TimeFacts | None
    early: int
    same: int
    future: int
    nineteen_seventy: int
    types: Mapping[str, DataType] = field(default_factory=dict)
    unreadable: int = 0
    keys: Mapping[tuple[str, ...], KeyFacts] = field(default_factory=dict)
    columns: Mapping[str, ColumnFacts] = field(default_factory=dict)
    conditions: Mapping[str, int] = field(default_factory=dict)
    late: Mapping[int, int] = field(default_factory=dict)


def look_at(database: Database, source: EventSource, asked: Asked) -> Facts:
    """Return the facts of a source, in one scan of the columns that are needed.

    Raises:
        DataError: a file or a value cannot be read.
        SchemaError: a column is missing, or an expression does not fit.
    """
    table = source_relation(database, source)
    query = _Query(source, asked, table)
    with of_source(database, source, table):
        (row,) = database.table(query.sql).to_pylist()
        facts = query.facts([row[f"f{at}"] for at in range(len(row))])
        if table.left_out is None:
            return facts
        values = database.table(table.left_out.query)["rows"][0].as_py()
    return replace(facts, unreadable=table.left_out.lines + values)


class _Query:
    """The query, and where in its one row the answers stand."""

    def __init__(self, source: EventSource, asked: Asked, table: Relation) -> None:
        self.source, self.asked, self.table = source, asked, table
        self.types = table.types()
        selected = {name: parse(text) for name, text in source.select if name in self._seen()}
        self.selected = selected
        self.events = {**self.types, **{name: each.type_of(self.types) for name, each in selected.items()}}
        self.parts: list[str] = []

    def _seen(self) -> set[str]:
        """Return the columns that aggregations see of which something is asked."""
        return {*self.asked.columns, *(c for text in self.asked.conditions for c in parse(text).columns)}

    @property
    def sql(self) -> str:
        """Three steps: the table's columns and times; `select` and `where`; the aggregates."""
        self._aggregates()
        aggregates = ", ".join(f"{part} AS f{at}" for at, part in enumerate(self.parts))
        return f"SELECT {aggregates} FROM ({self._selected()})"

    def _scanned(self) -> str:
        source = self.source
        names = {column for key in self.asked.keys for column in key}
        names |= {column for column in self._seen() if column not in self.selected}
        names |= {column for each in self.selected.values() for column in each.columns}
        names |= set(parse(source.where).columns) if source.where else set()
        names |= {source.deleted} if source.deleted else set()
        parts = [f"{self.table.widened(c, self.types[c])} AS {quote(c)}" for c in sorted(names)]
        event = micros_sql(source.event_time, self.table.stored[source.event_time.column])
        parts.append(f"{event} AS {TIME}")
        if source.knowledge_time is not None:
            known = micros_sql(source.knowledge_time, self.table.stored[source.knowledge_time.column])
            parts.append(f"{known} AS {KNOWN}")
        return f"SELECT {', '.join(parts)} FROM {self.table.sql}"

    def _selected(self) -> str:
        source = self.source
        kept = [f"coalesce({to_sql(parse(source.where), self.types)}, false)"] if source.where else []
        kept += [f"NOT coalesce({quote(source.deleted)}, false)"] if source.deleted else []
        parts = [f"{' AND '.join(kept) or 'true'} AS {KEPT}", TIME]
        parts += [KNOWN] if source.knowledge_time is not None else []
        parts += [f"{quote(c)} AS {_own(c)}" for c in sorted({c for key in self.asked.keys for c in key})]
        for column in sorted(self._seen()):
            chosen = self.selected.get(column)
            value = to_sql(chosen, self.types) if chosen else quote(column)
            parts.append(f"{value} AS {quote(column)}")
        return f"SELECT {', '.join(parts)} FROM ({self._scanned()})"

    def _aggregates(self) -> None:
        """Fill in the aggregates, in the order in which `facts` takes their values."""
        now = clock.time_ns() // 1000
        self.parts = ["count(*)", self._count()]
        self._time(TIME)
        self.parts += [self._count(f"{TIME} > {now}"), self._count(f"{TIME} >= 0 AND {TIME} < {YEAR_US}")]
        if self.source.knowledge_time is not None:
            self._time(KNOWN)
            self.parts += [self._count(f"{KNOWN} < {TIME}"), self._count(f"{KNOWN} = {TIME}")]
            self.parts += [self._count(f"{KNOWN} - {TIME} >= {lag}") for lag in self.asked.lags]
        for key in self.asked.keys:
            missing = " OR ".join(f"{_own(column)} IS NULL" for column in key)
            of = ", ".join(map(_own, key))
            self.parts += [
                self._count(missing),
                f"approx_count_distinct(hash({of})) FILTER (WHERE {KEPT} AND NOT ({missing}))",
            ]
        for column in self.asked.columns:
            self._column(quote(column), self.events[column], counted=column in self.asked.counted)
        self.parts += [self._count(to_sql(parse(text), self.events)) for text in self.asked.conditions]

    def _count(self, condition: str = "true") -> str:
        return f"count(*) FILTER (WHERE {KEPT} AND ({condition}))"

    def _time(self, name: str) -> None:
        self.parts.append(self._count(f"{name} IS NULL"))
        self.parts += [f"{least}({name}) FILTER (WHERE {KEPT})" for least in ("min", "max")]

    def _column(self, name: str, kind: DataType, *, counted: bool) -> None:
        self.parts.append(self._count(f"{name} IS NULL"))
        comparable = kind.is_orderable
        equal = f"min({name}) FILTER (WHERE {KEPT}) = max({name}) FILTER (WHERE {KEPT})"
        self.parts.append(f"coalesce({equal}, false)" if comparable else "false")
        self.parts.append(
            f"approx_count_distinct({name}) FILTER (WHERE {KEPT})" if counted else "NULL::BIGINT"
        )

    def facts(self, values: Sequence[Any]) -> Facts:
        """Return the answers, taken in the order of the aggregates."""
        take: Callable[[], Any] = iter(values).__next__
        asked, has_known = self.asked, self.source.knowledge_time is not None
        rows, kept, event = take(), take(), TimeFacts(take(), take(), take())
        future, nineteen_seventy = take(), take()
        known = TimeFacts(take(), take(), take()) if has_known else None
        early, same = (take(), take()) if has_known else (0, 0)
        return Facts(
            rows, kept, event, known, early, same, future, nineteen_seventy, self.types,
            late={lag: take() for lag in asked.lags} if has_known else {},
            keys={key: KeyFacts(take(), take()) for key in asked.keys},
            columns={c: ColumnFacts(self.events[c], take(), take(), take()) for c in asked.columns},
            conditions={text: take() for text in asked.conditions},
        )  # fmt: skip


def _own(column: str) -> str:
    """Return the name under which a column of the table is carried beside one that `select` puts in its place."""
    return quote(f"__zl_own_{column}")
