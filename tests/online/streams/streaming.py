"""Workers in tests: views that stream into a store, run until all that is there has been applied, and read back."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa

from tests.online.streams.definitions import record_of
from zipline.dsl.feature_view import FeatureView
from zipline.online import catalog
from zipline.online.calls import Read
from zipline.online.fills import Fill
from zipline.online.protocol.filling import newest_ready
from zipline.online.state.fold import Folder, Needed
from zipline.online.state.keys import encode_key, shard_number
from zipline.online.state.view_state import view_state
from zipline.online.steps import run
from zipline.online.stores.base import Store
from zipline.online.streams.counts import Counts
from zipline.online.streams.entry_steps import Parts
from zipline.online.streams.fill_book import FillBook
from zipline.online.streams.opening import Streams
from zipline.online.worker import Worker
from zipline.settings import Settings

SECONDS = 120
SHARDS = 4


def now() -> int:
    return time.time_ns() // 1000


def publish(store: Store, *views: FeatureView) -> None:
    """Publish views as their first versions."""
    run(catalog.publish([record_of(view) for view in views]), store)


def make_worker(
    store: Store, settings: Settings, root: Path, names: Sequence[str] = (), said: list[str] | None = None,
    *, history: int = 600_000_000,
) -> Worker:  # fmt: skip
    """Return a worker that shares a store with others."""
    book = FillBook(store, frozenset(names), SHARDS, history, now)
    streams = Streams(settings, root)
    told = said if said is not None else []
    return Worker(
        book, streams, Parts(store, book, streams.dead_letters(), Counts(), now, told.append), rows=50
    )


@contextmanager
def running(worker: Worker) -> Iterator[Callable[[], None]]:
    """Run a worker on a thread; what it raises is raised here. Yields what waits until it has caught up."""
    failures: list[BaseException] = []

    def work() -> None:
        try:
            worker.run()
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=work)
    thread.start()

    def catch_up() -> None:
        moment, deadline = now(), time.monotonic() + SECONDS
        while thread.is_alive() and not worker.is_caught_up(moment):
            if time.monotonic() > deadline:
                raise TimeoutError(worker.counts.figures())
            thread.join(0.02)

    try:
        yield catch_up
    finally:
        worker.stop()
        thread.join()
    if failures:
        raise failures[0]


def fill_of(store: Store, view: FeatureView) -> Fill:
    """Return the fill of a view that is read."""
    fill = run(newest_ready(run(catalog.fills(view.name, 1), store)), store)
    assert fill is not None
    return fill


def values(store: Store, view: FeatureView, keys: Sequence[Any], at: int) -> list[Mapping[str, Any]]:
    """Return the features of entities as of a moment."""
    state, fill = view_state(record_of(view)), fill_of(store, view)
    names = [feature.name for feature in state.features]
    folder, result = Folder(state, names), list[Mapping[str, Any]]()
    for key in keys:
        entity = encode_key([key], state.types.keys)
        assert entity is not None
        shard = fill.shard(shard_number(entity, fill.shards))
        folded = folder.fold(store.do(Read(shard, (entity,))).documents, at)
        if isinstance(folded, Needed):
            wanted = folded.segments
            fetched = store.do(Read(shard, (entity,), tuple((entity, name) for _, name in wanted)))
            folded = folder.fold(fetched.documents, at, dict(zip(wanted, fetched.segments, strict=True)))
        assert not isinstance(folded, Needed)
        result.append({name: folded.value(0, name) for name in names})
    return result


def offline(view: FeatureView, rows: pa.Table, keys: Sequence[Any], at: Any) -> list[Mapping[str, Any]]:
    """Return the same from a training set of a table of the rows."""
    import zipline as zl

    (source,) = view.source.members
    own = source.model_copy(update={"table": zl.Frame(rows), "stream": None})
    asked = pa.table({"carrier": keys, "t": pa.array([at] * len(keys), pa.timestamp("us", tz="UTC"))})
    trained = zl.FeatureStore().training_set(
        asked, view.model_copy(update={"source": own}), time="t", as_of="2100-01-01"
    )
    found = trained.to_arrow()
    return [
        {name: found[f"{view.name}__{name}"][row].as_py() for name in view.names} for row in range(len(keys))
    ]
