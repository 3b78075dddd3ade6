"""Tasks that make and write history, run one after the other in this process, without Spark."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyarrow as pa

from tests.online.materialize.shop import CUT, END, HISTORY, Shop
from zipline.online.executors.lanes import Lanes
from zipline.online.executors.making import MakeFacts
from zipline.online.executors.messages import ARROW, ORDER
from zipline.online.executors.writing import WriteLanes
from zipline.online.fills import Fill
from zipline.online.loads import Load
from zipline.online.materialize import Materialization, materialize
from zipline.online.protocol import filling
from zipline.online.state.view_state import ViewState
from zipline.online.steps import run
from zipline.online.stores.base import Store
from zipline.progress import Progress, Silent
from zipline.time import to_micros


def task(lanes: Lanes, rows: pa.Table, wanted: frozenset[int]) -> pa.Table:
    """Return what a task that writes is given: the messages of all rows, as Spark would sort them."""
    batches = MakeFacts(lanes, wanted)(iter(rows.to_batches(max_chunksize=70)))
    named = [{"lane": lane, "chunk": -1, "task": 0, "number": 0, "facts": None} for lane in sorted(wanted)]
    whole = pa.concat_tables(
        [pa.Table.from_pylist(named, schema=ARROW), pa.Table.from_batches(batches, schema=ARROW)]
    )
    return whole.sort_by([(name, "ascending") for name in ORDER])


def write(lanes: Lanes, store: Any, messages: pa.Table) -> int:
    """Run the task that writes; return how many facts it wrote."""
    answers = WriteLanes(lanes, lambda: store)(iter(messages.to_batches(max_chunksize=50)))
    return sum(sum(each["facts"].to_pylist()) for each in answers)


class OneProcess:
    """A load whose tasks run one after the other, here."""

    def __init__(self, lanes: Lanes, rows: pa.Table, write: Callable[..., int]) -> None:
        self.lanes, self._rows, self._write = lanes, rows, write

    @property
    def chunks(self) -> dict[str, int]:
        return dict(self.lanes.ready)

    def write(self, store: Store, progress: Progress) -> int:
        written = 0
        while lacking := self.lacking(store):
            written += self._write(self.lanes, store, task(self.lanes, self._rows, frozenset(lacking)))
        return written

    def lacking(self, store: Store) -> list[int]:
        found = []
        for lane in range(self.lanes.count):
            first = run(self.lanes.bulk(lane).load(), store)
            if first is None:
                run(filling.start(self.lanes.fill), store)
            if first is None or first < self.lanes.chunks:
                found.append(lane)
        return found


def load(
    shop: Shop,
    name: str,
    store: Any = None,
    write: Callable[..., int] = write,
    kind: type[OneProcess] = OneProcess,
    shards: int = 4,
) -> None:
    """Load the history of a view."""

    def loads(state: ViewState, fill: Fill) -> list[Load]:
        return [kind(Lanes(state, number, fill), shop.rows, write) for number in range(len(state.sources))]

    loader = Materialization(
        store or shop.store, loads, shards, HISTORY, Silent(), shop.waited.append, lambda: to_micros(END)
    )
    materialize(shop.registry, name, loader, to_micros(CUT))
