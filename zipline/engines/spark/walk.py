"""The kernel inside a task: events and observations come sorted by entity and time, and leave answered.

Rows are taken as they come, as many as memory allows, and answered together. What later observations of the last
entity may still see of its events is kept for the next ones, so that neither a partition nor a busy entity has to fit
into memory as a whole: only the events of one entity that one window reaches.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from zipline.dsl.aggregation import Feature
from zipline.engines.duckdb.versions import KNOWN, TIME, UNTIL
from zipline.engines.kernels.answer import answers
from zipline.engines.kernels.arrays import Booleans, Integers
from zipline.engines.kernels.failure import Failure
from zipline.engines.kernels.schedule import FOREVER
from zipline.engines.kernels.timeline import Timeline, timeline
from zipline.engines.kernels.values import one_chunk
from zipline.engines.spark.failures import telling
from zipline.engines.spark.wire import packed, unpacked
from zipline.errors import DataError
from zipline.progress import Silent
from zipline.types import DataType

CARRIED = "carried"
ROW = "__zl_row"


@dataclass(frozen=True)
class Walk:
    """Answers a sweep's features. It is called with batches of rows, in order, and gives back the observations' rows.

    Attributes:
        keys: the columns by which rows are grouped.
        columns: of events, the column that features read -> its type; they come as `event_0`, `event_1`, ...
        masks: the texts of the features' `where`; they come as `mask_0`, ...
        carried: the observations' own columns, which leave each by itself. They come as CARRIED, a list of one struct;
            of an event the list is empty, which costs the many events next to nothing on their way. (Were it null,
            Spark, which measures a batch after each row, would pass over all of the nulls before it every time.)
        features: output name -> the feature and the type of its result.
        reach_us: how far back windows look; None where one has no bound.
        hindsight: late data counts as if known at once.
        limit: bytes of rows that are answered together.
    """

    keys: tuple[str, ...]
    columns: Mapping[str, DataType]
    masks: tuple[str, ...]
    carried: tuple[str, ...]
    features: Mapping[str, tuple[Feature, DataType]]
    reach_us: int | None
    hindsight: bool
    limit: int

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield the observations, each with its features."""
        with telling():
            waiting: list[pa.RecordBatch] = []
            size = 0
            for batch in batches:
                waiting.append(batch)
                size += batch.nbytes
                if size >= self.limit:
                    rows = _table(waiting)
                    yield from self._answered(rows)
                    waiting = self._kept(rows)
                    size = 0
            if waiting:
                yield from self._answered(_table(waiting))

    def _answered(self, rows: pa.Table) -> Iterator[pa.RecordBatch]:
        asked = _asked(rows)
        codes = _codes(rows, self.keys)
        observed = np.flatnonzero(asked)
        if not len(observed):
            return
        inputs = [name for name in rows.column_names if name not in (*self.keys, CARRIED)]
        events = rows.select(inputs).filter(pa.array(~asked))
        line = timeline(
            codes[~asked], _integers(events, TIME), _optional(events, KNOWN), _optional(events, UNTIL),
            codes[observed], rows[TIME].to_numpy()[observed], int(codes[-1]) + 1, 1, hindsight=self.hindsight,
        )  # fmt: skip
        try:
            found = self._answers(line, events)
        except Failure as failure:
            raise self._placed(failure, rows.slice(int(observed[failure.observation]), 1)) from None
        given = one_chunk(rows[CARRIED]).flatten().take(pa.array(line.observations)).flatten()
        yield pa.RecordBatch.from_arrays([*given, *found], names=[*self.carried, *self.features])

    def _answers(self, line: Timeline, events: pa.Table) -> list[pa.Array]:
        columns = {
            name: one_chunk(unpacked(events[f"event_{i}"], kind))
            for i, (name, kind) in enumerate(self.columns.items())
        }
        masks = {
            text: one_chunk(events[f"mask_{i}"]).to_numpy(zero_copy_only=False)
            for i, text in enumerate(self.masks)
        }
        found = answers(line, columns, masks, list(self.features.values()), Silent())
        kinds = (kind for _, kind in self.features.values())
        return [packed(column, kind) for column, kind in zip(found, kinds, strict=True)]

    def _kept(self, rows: pa.Table) -> list[pa.RecordBatch]:
        """Return those events of the last entity that later observations may see."""
        codes = _codes(rows, self.keys)
        times = rows[TIME].to_numpy()
        first = int(np.searchsorted(codes, codes[-1]))
        if self.reach_us is not None:
            first += int(np.searchsorted(times[first:], times[-1] - self.reach_us))
        tail = rows.slice(first)
        kept: list[pa.RecordBatch] = tail.filter(pa.array(~_asked(tail))).combine_chunks().to_batches()
        return kept

    def _placed(self, failure: Failure, row: pa.Table) -> DataError:
        (name, *_) = [name for name, (feature, _) in self.features.items() if feature == failure.feature]
        if ROW in self.carried:
            place = f"observation {row[CARRIED][0].as_py()[0][ROW]}"
        else:
            place = f"observation of {', '.join(str(row[key][0].as_py()) for key in self.keys)}"
        return DataError(failure.message, where=f"feature {name!r}, {place}", hint=failure.hint)


def _table(batches: Sequence[pa.RecordBatch]) -> pa.Table:
    return pa.Table.from_batches(batches).combine_chunks()


def _asked(rows: pa.Table) -> Booleans:
    """Return which rows are observations."""
    return np.asarray(pc.list_value_length(one_chunk(rows[CARRIED])).to_numpy() > 0)


def _codes(rows: pa.Table, keys: Sequence[str]) -> Integers:
    """Return the number of each row's group, of rows that are sorted by their keys."""
    if rows.num_rows < 2:
        return np.zeros(rows.num_rows, np.int64)
    codes = np.zeros(rows.num_rows, np.int64)
    changed: list[Booleans] = [_changes(one_chunk(rows[key])) for key in keys]
    np.cumsum(reduce(np.logical_or, changed), out=codes[1:])
    return codes


def _changes(column: pa.Array) -> Booleans:
    """Return which values differ from the one before; nulls equal each other."""
    differs = pc.not_equal(column[1:], column[:-1])
    if column.null_count:
        missing = column.is_null()
        differs = pc.if_else(differs.is_null(), pc.xor(missing[1:], missing[:-1]), differs)
    return np.asarray(differs.to_numpy(zero_copy_only=False))


def _integers(rows: pa.Table, name: str) -> Integers:
    return np.asarray(one_chunk(rows[name]).to_numpy())


def _optional(rows: pa.Table, name: str) -> Integers | None:
    """Return a column of times, null being for ever; None where there is none."""
    if name not in rows.column_names:
        return None
    column = one_chunk(rows[name])
    return np.asarray((column.fill_null(FOREVER) if column.null_count else column).to_numpy())
