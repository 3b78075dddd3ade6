"""The history of a source as facts: its table's rows, in chunks of entities that are the same each time.

All rows go through the SQL of the batch path once, and to files by entity; the chunks are then read one by one.
"""

from __future__ import annotations

import tempfile
import zlib
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from zipline.engines.duckdb.database import Database
from zipline.engines.duckdb.tables import Relation, source_relation
from zipline.engines.duckdb.unread import of_source
from zipline.engines.kernels.values import one_chunk
from zipline.online.fills import Fill
from zipline.online.history_facts import HistoryFacts
from zipline.online.state.byte_column import ByteColumn, byte_array
from zipline.online.state.facts import Facts
from zipline.online.state.packing import coded
from zipline.online.state.view_state import ViewState
from zipline.online.streams.facts import FactMaker

CHUNKS: Final = 64
"""Of every history, so that a load that goes on counts as the one before it did."""
_ROWS: Final = 131_072


class TableHistory:
    """The events of one source of a view, from its table, that a fill can ever be asked for.

    Args:
        database: where the table is read; it must outlive the history.
        state: the view's.
        number: which of its sources.
        fill: rows are those that were known by its cut; with an id and no stream that would bring the others, all.

    Raises:
        DataError: a row cannot be read or computed: it would be missing from every training set too.
    """

    chunks: int = CHUNKS

    def __init__(self, database: Database, state: ViewState, number: int, fill: Fill) -> None:
        self._state, self._number = state, number
        self._wanted = HistoryFacts(state, number, fill)
        self._kept = database.closing.enter_context(tempfile.TemporaryDirectory(dir=database.folder))
        relation = source_relation(database, state.sources[number])
        with of_source(database, state.sources[number], relation):
            self._write(database, relation)

    def facts(self, first: int) -> Iterator[tuple[int, Facts]]:
        """Return the chunks from a number on, in order."""
        for chunk in range(first, CHUNKS):
            with pa.OSFile(str(self._path(chunk))) as file, pa.ipc.open_file(file) as reader:
                yield chunk, facts_of(reader.read_all(), self._state, self._number)

    def _path(self, chunk: int) -> Path:
        return Path(self._kept, f"{chunk}.arrow")

    def _write(self, database: Database, relation: Relation) -> None:
        sql = self._wanted.sql(relation)
        maker = FactMaker(self._state, self._number)
        schema = as_table(self._wanted.facts(maker, database.table(f"{sql} LIMIT 0"))).schema
        with ExitStack() as stack:
            writers = [
                stack.enter_context(pa.ipc.new_file(self._path(chunk), schema)) for chunk in range(CHUNKS)
            ]
            for facts in self._made(maker, database.unordered_batches(sql, _ROWS)):
                places = chunks_of(facts)
                table = as_table(facts).take(pa.array(np.argsort(places, kind="stable")))
                ends = np.cumsum(np.bincount(places, minlength=CHUNKS)).tolist()
                for writer, start, end in zip(writers, [0, *ends], ends, strict=False):
                    writer.write_table(table.slice(start, end - start))

    def _made(self, maker: FactMaker, batches: Iterator[pa.RecordBatch]) -> Iterator[Facts]:
        """Return each batch's facts; they are made on a thread of their own while the next batch is read."""
        with ThreadPoolExecutor(1) as pool:
            waiting: list[Future[Facts]] = []
            for batch in batches:
                waiting.append(pool.submit(self._wanted.facts, maker, pa.Table.from_batches([batch])))
                if len(waiting) > 1:
                    yield waiting.pop(0).result()
            for last in waiting:
                yield last.result()


def chunks_of(facts: Facts) -> NDArray[np.int64]:
    """Return the chunk of each row: by other bits of its entity's hash than those that choose its shard."""
    names, codes = coded(facts.entities)
    hashes = np.array([*map(zlib.crc32, names), 0], np.int64)  # the last is nobody's
    return ((hashes >> 20) % CHUNKS)[codes]


def as_table(facts: Facts) -> pa.Table:
    """Return facts as a table that goes to a file; `facts_of` reads it back."""
    columns = {
        "entity": byte_array(facts.entities),
        "time": pa.array(facts.times),
        "known": pa.array(facts.known),
        **{f"column_{name}": column for name, column in facts.columns.items()},
        **{f"mask_{i}": pa.array(mask) for i, mask in enumerate(facts.masks.values())},
    }
    if facts.ids is not None and facts.ranks is not None and facts.kept is not None:
        columns |= {
            "id": byte_array(facts.ids),
            "rank": byte_array(facts.ranks),
            "kept": pa.array(facts.kept),
        }
    return pa.table(columns)


def facts_of(table: pa.Table, state: ViewState, source: int) -> Facts:
    """Return the facts that a table of `as_table` holds.

    Args:
        table: the facts.
        state: the view's.
        source: the number of their source.
    """
    held = {name: one_chunk(table[name]) for name in table.column_names}
    versions: dict[str, Any] = {}
    if "id" in held:
        versions = {
            "ids": ByteColumn(held["id"]), "ranks": ByteColumn(held["rank"]), "kept": _flags(held["kept"])
        }  # fmt: skip
    return Facts(
        entities=ByteColumn(held["entity"]),
        times=held["time"].to_numpy(),
        known=held["known"].to_numpy(),
        columns={name: held[f"column_{name}"] for name in state.columns},
        masks={text: _flags(held[f"mask_{i}"]) for i, text in enumerate(state.masks)},
        source=source,
        **versions,
    )


def _flags(column: pa.Array) -> NDArray[np.bool_]:
    return np.asarray(column.to_numpy(zero_copy_only=False), np.bool_)
