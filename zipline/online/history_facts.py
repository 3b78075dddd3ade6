"""Which rows of a source's table a fill brings, and what they are as facts, whoever reads the table."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pyarrow as pa

from zipline.dsl.source import EventSource
from zipline.engines.duckdb.span import Span, pushed, span_of
from zipline.engines.duckdb.sql import quote
from zipline.engines.duckdb.tables import Relation
from zipline.errors import DataError
from zipline.online.fills import Fill
from zipline.online.protocol.filling import first_floor
from zipline.online.state.facts import Facts
from zipline.online.state.view_state import ViewState
from zipline.online.streams.facts import FactMaker
from zipline.registry.reads import columns_read
from zipline.time import MAX_TIME, MIN_TIME
from zipline.types import to_arrow


class HistoryFacts:
    """The events of one source of a view that a fill can ever be asked for.

    Args:
        state: the view's.
        number: which of its sources.
        fill: rows are those that were known by its cut; with an id and no stream that would bring the others, all.

    Attributes:
        last: the knowledge time after which rows are left out; None where none are.
        span: the event times that windows can reach.
        nobody: column -> how many rows belong to nobody, as that column of theirs is null.
    """

    def __init__(self, state: ViewState, number: int, fill: Fill) -> None:
        self.state, self.number = state, number
        self.source: EventSource = state.sources[number]
        self.last = None if self.source.id and not self.source.stream else fill.cut
        self.span = span_of(state.sweep, first_floor(fill), MAX_TIME)
        self.nobody: dict[str, int] = {}

    def columns(self, there: Iterable[str]) -> list[str]:
        """Return the columns that are read, of a table that has those."""
        ties = self.state.ties.get(self.source.name, {}).keys() & set(there)
        return sorted(columns_read(self.state.view, self.source) | ties)

    def sql(self, relation: Relation) -> str:
        """Return the query of the rows: columns that are read, times that windows can reach.

        Of an id that windows can reach with any version all versions are read: it is their last that counts.
        """
        source = self.source
        wanted = self.columns(relation.types())
        sql = f"SELECT {', '.join(quote(name) for name in wanted)} FROM {relation.sql}"
        reached = pushed(source.event_time, relation.stored[source.event_time.column], self.span)
        before = self._before_cut(relation)
        if not source.id or not reached:
            return f"{sql} WHERE {' AND '.join([*reached, *before, 'true'])}"
        identity = ", ".join(quote(column) for column in source.id)
        chosen = f"SELECT {identity} FROM {relation.sql} WHERE {' AND '.join(reached)}"
        return f"{sql} SEMI JOIN ({chosen}) USING ({identity}) WHERE {' AND '.join([*before, 'true'])}"

    def facts(self, maker: FactMaker, rows: pa.Table) -> Facts:
        """Return the facts of rows.

        Args:
            maker: of the same view and source.
            rows: the columns that are read.

        Raises:
            DataError: a row cannot be computed: it would be missing from every training set too.
        """
        for name, kind in self.state.ties.get(self.source.name, {}).items():
            if name not in rows.column_names:  # the table has lost it: in the stream's records it is null now
                rows = rows.append_column(name, pa.nulls(len(rows), to_arrow(kind)))
        made = maker.facts(rows, np.zeros(len(rows), np.int64), None)
        for row, reason in made.left:
            raise DataError(
                reason, where=f"source {self.source.name!r}, row {rows.slice(row, 1).to_pylist()[0]}",
                hint="mend the row or the definition, as a training set of it needs; then load again",
            )  # fmt: skip
        for column, count in made.nobody.items():
            self.nobody[column] = self.nobody.get(column, 0) + count
        facts = made.facts
        if not self.source.has_knowledge:
            facts = replace(facts, known=facts.times)  # as in a training set: what happened is known
        return facts if self.last is None else facts.take(facts.known <= self.last)

    def _before_cut(self, relation: Relation) -> list[str]:
        """Return conditions by which rows are skipped unread that were known after the cut; `facts` has the last word.

        Rows whose knowledge time is null are read, to be counted.
        """
        time = self.source.knowledge_time
        if time is None or self.last is None:
            return []
        said = pushed(time, relation.stored[time.column], Span(MIN_TIME, self.last))
        return [f"({' AND '.join(said)} OR {quote(time.column)} IS NULL)"] if said else []
