"""Versions as SQL: which row of one id is the event's version from when until when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from zipline.dsl.source import EventSource
from zipline.engines.duckdb.database import Database
from zipline.engines.duckdb.sql import literal, quote
from zipline.engines.kernels.repeats import Repeats
from zipline.errors import DataError
from zipline.plan.nodes import Visibility
from zipline.types import DataType

TIME, KNOWN, UNTIL, DELETED = "__zl_time", "__zl_known", "__zl_until", "__zl_deleted"
REPEATED = "zl_repeated"


@dataclass(frozen=True)
class VersionRows:
    """What version resolution reads.

    Attributes:
        scanned: a query of the needed columns, with TIME and, where known, KNOWN and DELETED.
        complete: the same with all of the table's columns, read only where rows tie.
        keys: the columns of the entity's keys, as they are called in both.
        types: of all of the table's columns, as they are called in `complete`.
        repeated: the table of the database that holds the ids with several versions.
    """

    source: EventSource
    scanned: str
    complete: str
    keys: Sequence[str]
    types: Mapping[str, DataType]
    repeated: str = REPEATED

    @property
    def identity(self) -> str:
        """The id's columns, as SQL."""
        return ", ".join(quote(column) for column in self.source.id)

    @property
    def has_integer_id(self) -> bool:
        """Whether the id is one integer."""
        return len(self.source.id) == 1 and self.types[self.source.id[0]].kind == "int64"

    @property
    def number(self) -> str:
        """A 64-bit number of an id, as SQL: equal ids have one number, others seldom."""
        return self.identity if self.has_integer_id else f"hash({self.identity})"

    @property
    def order(self) -> list[str]:
        """What orders the rows of one id, short of reading them whole."""
        sequence = [quote(self.source.sequence)] if self.source.sequence else []
        return [KNOWN, *sequence, *([DELETED] if self.source.deleted else [])]

    def of_repeated(self, rows: str) -> str:
        """Return the query for those rows whose id occurs more than once."""
        return f"SELECT * FROM ({rows}) SEMI JOIN {self.repeated} USING ({self.identity})"


@dataclass(frozen=True)
class Looked:
    """What a look at the ids found.

    Attributes:
        repeated: some id occurs more than once, as far as can be told.
        tied: rows of one id are equal in all that orders them, so that whole rows must be read to order them.
    """

    repeated: bool = True
    tied: bool = False


def numbers_sql(rows: VersionRows) -> str:
    """Return the query of all ids' numbers."""
    return f"SELECT {rows.number} AS number FROM ({rows.scanned})"


def _keep_repeated(database: Database, rows: VersionRows) -> None:
    """Keep the ids that occur more than once, and perhaps some others, which do no harm: grouping all takes longer."""
    repeats = Repeats()
    found = []
    for batch in database.unordered_batches(numbers_sql(rows)):
        numbers = batch["number"]
        found.append(numbers.filter(pa.array(repeats.again(numbers.to_numpy().view(np.uint64)))))
    kind = pa.int64() if rows.has_integer_id else pa.uint64()
    candidates = database.register(pa.table({"number": pa.chunked_array(found, kind).unique()}))
    if rows.has_integer_id:
        database.keep(rows.repeated, f"SELECT number AS {rows.identity} FROM {candidates}")
        return
    scanned = f"SELECT {rows.identity} FROM ({rows.scanned}) SEMI JOIN {candidates} ON {rows.number} = number"
    database.keep(
        rows.repeated, f"SELECT {rows.identity} FROM ({scanned}) GROUP BY {rows.identity} HAVING count(*) > 1"
    )


def look(database: Database, rows: VersionRows) -> Looked:
    """Look at the ids, and keep the repeated ones in a table of the database.

    Raises:
        DataError: rows of one id differ, and nothing says which came later.
    """
    if not rows.source.id:
        return Looked(repeated=False)
    _keep_repeated(database, rows)
    repeated = database.any(f"SELECT 1 FROM {rows.repeated}")
    if not rows.source.has_knowledge:
        if repeated:
            _refuse_conflicts(database, rows)
        return Looked(repeated)
    order = ", ".join(rows.order)
    ties = f"FROM ({rows.of_repeated(rows.scanned)}) GROUP BY {rows.identity}, {order} HAVING count(*) > 1"
    return Looked(repeated, repeated and database.any(f"SELECT 1 {ties}"))


def _refuse_conflicts(database: Database, rows: VersionRows) -> None:
    columns = ", ".join(quote(column) for column in rows.types)
    distinct = f"SELECT DISTINCT {columns} FROM ({rows.of_repeated(rows.complete)})"
    shown = " || ', ' || ".join(
        f"{literal(column)} || '=' || {quote(column)}::VARCHAR" for column in rows.source.id
    )
    conflict = database.table(
        f"SELECT {shown} AS id FROM ({distinct}) GROUP BY {rows.identity} HAVING count(*) > 1 ORDER BY 1 LIMIT 1"
    )
    if conflict.num_rows:
        raise DataError(
            f"two different rows have the id {conflict['id'][0].as_py()}", where=f"source {rows.source.name!r}",
            hint="declare knowledge_time=, so that the later one corrects the earlier one",
        )  # fmt: skip


def versions_sql(rows: VersionRows, looked: Looked, visibility: Visibility) -> str:
    """Return a query of the rows that are events at some time, with KNOWN and UNTIL where the source has them."""
    source = rows.source
    if not source.id:
        return rows.scanned
    alive = f"NOT {DELETED}" if source.deleted else "true"
    if not looked.repeated:
        until = f", NULL::BIGINT AS {UNTIL}" if source.has_knowledge else ""
        return f"SELECT *{until} FROM ({rows.scanned}) WHERE {alive}"
    if not source.has_knowledge:
        return f"SELECT DISTINCT ON ({rows.identity}) * FROM ({rows.scanned}) WHERE {alive}"
    others = f"({rows.scanned}) ANTI JOIN {rows.repeated} USING ({rows.identity})"
    single = f"SELECT *, NULL::BIGINT AS {UNTIL} FROM {others}"
    latest = f"{UNTIL} IS NULL" if visibility.hindsight else f"({UNTIL} IS NULL OR {UNTIL} > {KNOWN})"
    return f"SELECT * FROM ({single} UNION ALL BY NAME {_ordered(rows, looked)}) WHERE {latest} AND {alive}"


def _ordered(rows: VersionRows, looked: Looked) -> str:
    """Return the query of repeated ids' rows, each with the time from which the next version replaces it."""
    order = [*rows.order]
    if looked.tied:
        order += [
            TIME,
            *(quote(key) for key in rows.keys),
            *(ordered_sql(quote(name), rows.types[name]) for name in sorted(rows.types)),
        ]
    ordering = ", ".join(f"{column} ASC NULLS FIRST" for column in order)
    until = f"lead({KNOWN}) OVER (PARTITION BY {rows.identity} ORDER BY {ordering})"
    if rows.source.corrections_us is not None:
        until = f"CASE WHEN {until} - {KNOWN} <= {rows.source.corrections_us} THEN {until} END"
    return f"SELECT *, {until} AS {UNTIL} FROM ({rows.of_repeated(rows.complete if looked.tied else rows.scanned)})"


def ordered_sql(value: str, kind: DataType, depth: int = 0) -> str:
    """Return SQL that orders as section 1 orders values: DuckDB puts a null inside a list or struct last, not first.

    >>> from zipline.types import INT64, list_of
    >>> ordered_sql("x", list_of(INT64))
    "list_transform(x, lambda e0: {'there': e0 IS NOT NULL, 'value': e0})"
    """
    if kind.kind in ("list", "vector") and kind.element is not None:
        each = f"e{depth}"
        inner = ordered_sql(each, kind.element, depth + 1)
        return f"list_transform({value}, lambda {each}: {{'there': {each} IS NOT NULL, 'value': {inner}}})"
    if kind.kind == "struct":
        fields = [(f"({value})[{literal(name)}]", each) for name, each in kind.fields]
        parts = (
            f"{{'there': {part} IS NOT NULL, 'value': {ordered_sql(part, each, depth)}}}"
            for part, each in fields
        )
        named = ", ".join(f"'f{at}': {part}" for at, part in enumerate(parts))
        return f"CASE WHEN {value} IS NOT NULL THEN {{{named}}} END"
    return value
