"""The events that have been applied to a view: its tables' history up to a cut, and its logs after it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import numpy as np

from zipline.dsl.tables import SparkTable
from zipline.engines.duckdb.database import Database
from zipline.errors import StreamError
from zipline.online.fills import Fill
from zipline.online.history import TableHistory
from zipline.online.replay import Applied
from zipline.online.replayed import no_facts
from zipline.online.state.facts import Facts
from zipline.online.state.view_state import ViewState
from zipline.online.streams.base import Batch, LogReader, Partition
from zipline.online.streams.decoding import Reading, Readings
from zipline.online.streams.opening import Streams
from zipline.online.verify import NotReplayed

PATIENCE: Final = 30.0
"""Seconds without a record after which a log is taken to be stuck."""
_ROWS: Final = 50_000


class AppliedEvents:
    """Reads them anew, from where they came from.

    Args:
        database: where tables are read.
        streams: opens logs.
    """

    def __init__(self, database: Database, streams: Streams) -> None:
        self._database = database
        self._streams = streams

    def __call__(
        self, state: ViewState, cut: int | None, entities: frozenset[bytes], earliest: int
    ) -> Sequence[Applied]:
        """Return what has been applied by now.

        Args:
            state: the view's.
            cut: microseconds, where its history ends; None: it began with its stream.
            entities: whose events are wanted; of sources with ids all come.
            earliest: the first moment that is asked about: what no window reaches from there need not come.

        Raises:
            NotReplayed: a log is out of reach, or has gone on without its first events; or only Spark reads a table.
        """
        found: list[Applied] = []
        for number, source in enumerate(state.sources):
            wanted = None if source.id else entities
            if cut is not None and source.has_table:
                facts = self._history(state, number, cut, earliest)
                found += [Applied(_of(wanted, each), None) for each in facts]
            if source.stream is not None:
                found += self._streamed(state, number, cut, wanted)
        return found

    def _history(self, state: ViewState, number: int, cut: int, earliest: int) -> Iterator[Facts]:
        source = state.sources[number]
        if isinstance(source.table, SparkTable):
            raise NotReplayed(
                "only Spark reads its table, and events are replayed on this machine",
                where=f"source {source.name!r}",
            )
        fill = Fill(state.view.name, 0, 0, 1, cut, max(0, cut - earliest), "")
        for _, facts in TableHistory(self._database, state, number, fill).facts(0):
            yield facts

    def _streamed(
        self, state: ViewState, number: int, cut: int | None, entities: frozenset[bytes] | None
    ) -> Iterator[Applied]:
        source = state.sources[number]
        place = self._streams.place(source)
        assert place is not None
        reading = Readings([Reading(state, number)], lambda shape: self._streams.decoder(place, shape))
        try:
            reader = self._streams.reader(place.channel, None)
            try:
                bounds = reader.bounds(reader.partitions(place.topic))
                for partition, (_, end) in bounds.items():
                    yield Applied(no_facts(state, number), partition.log(source.name), end)
                for batch in _batches(reader, bounds, source.name, None if source.id else cut):
                    (said,) = reading.said(batch)
                    facts = said.facts
                    if cut is not None and not source.id:  # up to the cut the history has them
                        facts = facts.take(facts.known > cut)
                    log = batch.partition.log(source.name)
                    yield Applied(_of(entities, facts), log, bounds[batch.partition][1])
            finally:
                reader.close()
        except StreamError as error:
            raise NotReplayed(error.message, where=error.where, hint=error.hint) from None


def _of(entities: frozenset[bytes] | None, facts: Facts) -> Facts:
    if entities is None:
        return facts
    return facts.take(np.array([each in entities for each in facts.entities], np.bool_))


def _batches(
    reader: LogReader, bounds: Mapping[Partition, tuple[int, int]], source: str, cut: int | None
) -> Iterator[Batch]:
    """Yield all records of partitions, from their first offsets to their ends.

    Raises:
        NotReplayed: the first records are gone, and the history does not hold them.
        StreamError: nothing comes any more.
    """
    left = {each: first for each, (first, end) in bounds.items() if first < end}
    reader.assign(list(left))
    for each, first in left.items():
        reader.seek(each, first)
    unchecked, moved = dict(left), time.monotonic()
    while left:
        for batch in reader.poll(1.0, _ROWS):
            if len(batch) and batch.partition in unchecked:
                _check_first(batch, unchecked.pop(batch.partition), source, cut)
            moved = time.monotonic()
            yield batch
            if batch.stop >= bounds[batch.partition][1]:
                left.pop(batch.partition, None)
        if time.monotonic() - moved > PATIENCE:
            names = ", ".join(each.log(source) for each in left)
            raise StreamError(f"nothing came of {names} for {PATIENCE:g} s")


def _check_first(batch: Batch, first: int, source: str, cut: int | None) -> None:
    """Refuse a log that begins after what is needed: without ids, history and log meet where both have arrived."""
    if first == 0 or (cut is not None and int(batch.arrivals[0]) <= cut):
        return
    raise NotReplayed(
        f"{batch.partition.log(source)} begins at offset {first:,}: what was before is no longer retained",
        hint="verify while the log still holds the events, or retain them longer",
    )
