"""The query of a stream's rows: what `events` asks of a table, asked of a batch whose rows stay recognisable."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pyarrow as pa

from zipline.dsl.timestamp import Timestamp
from zipline.engines.duckdb.events import masked, named, scanned, selected
from zipline.engines.duckdb.expressions import to_sql
from zipline.engines.duckdb.members import Member
from zipline.engines.duckdb.sql import quote
from zipline.engines.duckdb.tables import Relation
from zipline.engines.duckdb.times import micros_sql
from zipline.engines.duckdb.versions import DELETED, KNOWN, TIME
from zipline.expressions import parse
from zipline.plan.nodes import Select
from zipline.plan.sources import SourceTypes

ROW, KEPT, MICROS, OWN = "__zl_row", "__zl_kept", "__zl_micros_", "__zl_own_"
_FAILS = "cannot be computed"


@dataclass(frozen=True)
class Wanted:
    """What is asked of a source's rows.

    Attributes:
        select: what is read of the source.
        types: of its columns.
        keys: its columns that hold the entity's keys.
        names: the columns that features read.
        masks: the texts of the features' `where`.
    """

    select: Select
    types: SourceTypes
    keys: tuple[str, ...]
    names: tuple[str, ...]
    masks: tuple[str, ...]


@dataclass(frozen=True)
class Step:
    """A part of the computation that shows which rows fail in it.

    Attributes:
        parts: name -> SQL that gives a struct with the value, `v`, or null where there can be none.
        titles: name -> what is said of a row that has none.
        carried: what else is selected beside ROW.
        where: which rows are gone on with.
    """

    parts: Mapping[str, str]
    titles: Mapping[str, str]
    carried: str = ""
    where: str = ""

    def sql(self, rows: str) -> str:
        """Return the query, of the table that the step before left."""
        parts = [self.carried or ROW, *([named(self.parts)] if self.parts else [])]
        return f"SELECT {', '.join(parts)} FROM {rows}" + (f" WHERE {self.where}" if self.where else "")

    def unpacked(self, table: pa.Table) -> pa.Table:
        """Return the values of rows that have all of them."""
        import pyarrow.compute as pc

        columns = {
            name: pc.struct_field(table[name], "v") if name in self.parts else table[name]
            for name in table.column_names
        }
        return pa.table(columns)


class StreamQuery:
    """The query of batches that have the same columns.

    Args:
        wanted: what is asked.
        schema, stored: of the batches: their columns, and the DuckDB types in which they are read.
    """

    def __init__(self, wanted: Wanted, schema: pa.Schema, stored: Mapping[str, str]) -> None:
        relation = Relation("", stored, schema, "stream")
        own = relation.types() if wanted.select.source.id else {}
        types = replace(wanted.types, table={**own, **wanted.types.table})
        self.own = tuple(sorted(own))
        """Of sources with ids, all columns of the rows, by which versions that tie are ordered."""
        self.member = Member(wanted.select, types, relation, wanted.keys)
        self._wanted = wanted

    def own_name(self, column: str) -> str:
        """Return what one of `own` is called in the answer."""
        return f"{OWN}{self.own.index(column)}"

    @property
    def has_ids(self) -> bool:
        """Whether rows are versions: all of them are in the answer, and KEPT tells which may be events."""
        return bool(self.member.source.id)

    def sql(self, rows: str) -> str:
        """Return the query of some rows.

        It gives ROW, TIME, KNOWN where the source has one, keys, the features' columns and `mask_i`; of sources with
        ids also KEPT, DELETED where there is one, and `own_name` of each of `own`.
        """
        scan = f"SELECT {named(self._scanned)}, {ROW} FROM {rows}"
        before = self.member.select.input.where
        scan = f"SELECT * FROM ({scan})" + (f" WHERE {self._condition(before)}" if before else "")
        if self.has_ids:
            scan = f"SELECT *, {self._kept} AS {KEPT} FROM ({scan})"
        chosen = f"SELECT {', '.join([*self._carried, *self._named_values])} FROM ({scan})"
        if not self.has_ids and self.member.select.where is not None:
            chosen += f" WHERE {self._condition(self.member.select.where)}"
        return f"SELECT *{''.join(f', {sql} AS {name}' for name, sql in self._masks.items())} FROM ({chosen})"

    def steps(self) -> tuple[Step, ...]:
        """Return the same computation part by part, so that it shows which row fails in which."""
        source = self.member.source
        times = {TIME: source.event_time, **({KNOWN: source.knowledge_time} if source.knowledge_time else {})}
        scan = scanned(self.member, self._columns, _micros_or_null)
        read = {name: _time(times[name], sql) if name in times else _tried(sql) for name, sql in scan.items()}
        titles = {name: f"column {times[name].column!r} is not a time" for name in times}
        where = [self.member.select.input.where, self.member.select.where]
        shown = " AND ".join(text for text in where if text)
        selects = dict(self.member.select.columns)
        values = {
            name: (sql, f"select {name!r}: {selects.get(name)!r}") for name, sql in self._chosen.items()
        }
        masks = zip(self._masks.items(), self._wanted.masks, strict=True)
        return (
            Step(read, {name: titles.get(name, f"column {name!r} cannot be read") for name in read}),
            Step({KEPT: _tried(self._judged)}, {KEPT: f"where={shown!r} {_FAILS}"}, "*"),
            Step(
                {name: _tried(sql) for name, (sql, _) in values.items()},
                {name: f"{title} {_FAILS}" for name, (_, title) in values.items()},
                where="" if self.has_ids else KEPT,
            ),
            Step(
                {name: _tried(sql) for name, sql in self._masks.items()},
                {name: f"where={text!r} of a feature {_FAILS}" for (name, _), text in masks},
            ),
        )

    @property
    def _scanned(self) -> dict[str, str]:
        return scanned(self.member, self._columns, _micros)

    @property
    def _columns(self) -> Sequence[str]:
        return self.own or self.member.columns

    @property
    def _judged(self) -> str:
        """Return SQL for whether a row may be an event, of any source."""
        before, where = self.member.select.input.where, self.member.select.where
        if self.has_ids:
            return f"coalesce({self._condition(before)}, false) AND {self._kept}" if before else self._kept
        return f"coalesce({self._condition(where)}, false)" if where else "true"

    @property
    def _kept(self) -> str:
        conditions = [f"{TIME} IS NOT NULL", *(f"{name} IS NOT NULL" for name in self.member.key_names)]
        if self.member.source.deleted:
            conditions.append(f"NOT {DELETED}")
        if self.member.select.where is not None:
            conditions.append(f"coalesce({self._condition(self.member.select.where)}, false)")
        return " AND ".join(conditions)

    @property
    def _carried(self) -> list[str]:
        known = [KNOWN] if self.member.source.knowledge_time or self.member.source.delay_us else []
        deleted = [DELETED] if self.member.source.deleted else []
        versions = [KEPT, *deleted, *(f"{quote(name)} AS {OWN}{i}" for i, name in enumerate(self.own))]
        return [ROW, TIME, *known, *self.member.key_names, *(versions if self.has_ids else [])]

    @property
    def _chosen(self) -> dict[str, str]:
        """Return the features' columns; of rows that are not kept they are not computed."""
        values = selected(self.member, self._wanted.names).items()
        case = "CASE WHEN {} THEN {} END" if self.has_ids else "{1}"
        return {name: case.format(KEPT, sql) for name, sql in values}

    @property
    def _named_values(self) -> list[str]:
        return [named(self._chosen)] if self._chosen else []

    @property
    def _masks(self) -> dict[str, str]:
        return {f"mask_{i}": sql for i, sql in enumerate(masked(self.member, self._wanted.masks))}

    def _condition(self, text: str) -> str:
        return to_sql(parse(text), self.member.types.table)


def _tried(sql: str) -> str:
    return f"TRY({{'v': {sql}}})"


def _time(time: Timestamp, micros: str) -> str:
    return f"CASE WHEN {quote(time.column)} IS NULL OR ({micros}) IS NOT NULL THEN {{'v': {micros}}} END"


def _micros_or_null(time: Timestamp, stored: str) -> str:
    """Do as `_micros`, with null for what is no time: DuckDB's TRY does not take its error()."""
    return _micros(time, stored) if stored == "VARCHAR" else micros_sql(time, stored, otherwise="NULL")


def _micros(time: Timestamp, stored: str) -> str:
    """Return SQL for a time; one that is a text has been read before."""
    return quote(MICROS + time.column) if stored == "VARCHAR" else micros_sql(time, stored)
