"""Zipline's side of online benchmarks: a service of five views whose state is loaded, with deltas pending."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import dataset

import zipline as zl
from benchmarks.data import DAY, DAYS, START, TIMESTAMP
from zipline.online.catalog import fills
from zipline.online.protocol.compacting import compact, tidy
from zipline.online.protocol.outcome import Outcome
from zipline.online.protocol.writing import Writer
from zipline.online.steps import run
from zipline.online.stores.opening import open_store
from zipline.online.streams.facts import FactMaker
from zipline.settings import OnlineSettings
from zipline.time import from_micros

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.data import Dataset
    from zipline.online.fills import Fill
    from zipline.online.state.view_state import ViewState
    from zipline.online.stores.base import Store

VERSION = version("zipline-features")
NOW = START + DAYS * DAY
PENDING = DAY // 24  # of the stream, after the cut
VIEWS = ("spent", "paid", "bought", "moved", "seen")
BATCH = 100
LOG = "events:push:0"
MODULE = """
import zipline as zl

events = zl.EventSource("events", table=zl.Parquet({files!r}), event_time="time", stream=zl.Push())


def view(name):
    features = [zl.Count(), zl.Sum("amount"), zl.Mean("amount"), zl.Max("amount"), zl.Last("amount")]
    return zl.FeatureView(
        name, entity=zl.Entity("key"), source=events, online=True, freshness="1h",
        features=[feature.over("1h", "7d") for feature in features],
    )


{views} = map(view, {names!r})
model = zl.FeatureService("model", [{views}], time="t")
"""


@dataclass(frozen=True)
class Loaded:
    """A service that is ready to be read.

    Attributes:
        store: the repository.
        client: reads at the end of the events.
        pending: events that were applied as deltas after the history.
    """

    store: zl.FeatureStore
    client: zl.OnlineClient
    pending: int


def loaded(data: Dataset, url: str, folder: Path) -> Loaded:
    """Load all events: the history in bulk, the last hour as the stream writes it.

    Args:
        data: the events.
        url: of a Redis that is empty.
        folder: of a new repository.
    """
    (folder / "zipline.toml").write_text(f'[online]\nstore = "{url}"\ntimeout = "30s"\n')
    (folder / "features.py").write_text(
        MODULE.format(files=data.event_files, names=VIEWS, views=", ".join(VIEWS))
    )
    store = zl.FeatureStore(folder)
    store.apply()
    store.materialize("model", until=from_micros(NOW - PENDING))
    rows = _pending(data)
    client = zl.OnlineClient(url, clock=lambda: NOW)
    writing = open_store(url, OnlineSettings(timeout_us=30_000_000))
    for part in client.service("model").parts:
        name, _, number = part.state.title.rpartition("@")
        _write(part.state, run(fills(name, int(number)), writing)[-1], rows, writing)
    writing.close()
    return Loaded(store, client, len(rows))


def _pending(data: Dataset) -> pa.Table:
    """Return the events after the cut, in the order in which they happened."""
    after = pc.field("time") > pa.scalar(NOW - PENDING, TIMESTAMP)
    return dataset.dataset(data.folder / "events").to_table(filter=after).sort_by("time")


def _write(state: ViewState, fill: Fill, rows: pa.Table, store: Store) -> None:
    """Apply events as a worker does: in batches, compacting what has grown."""
    writer, maker = Writer(state, fill, LOG), FactMaker(state, 0)
    run(writer.load(NOW), store)
    arrivals = rows["time"].cast(pa.int64()).to_numpy()
    starts = range(0, len(rows), BATCH)
    last_walk = starts[len(starts) * 11 // 12]  # workers walk through all documents every five minutes
    for start in starts:
        stop = min(start + BATCH, len(rows))
        made = maker.facts(rows.slice(start, BATCH), arrivals[start:stop], np.arange(start, stop))
        written = run(writer.write(made.facts, start, stop, int(arrivals[stop - 1])), store)
        assert written.outcome is Outcome.DONE
        for entity in written.grown:
            run(compact(state, fill, entity, int(arrivals[stop - 1])), store)
        if start == last_walk:
            for shard in fill.all_shards:
                run(tidy(state, fill, shard, int(arrivals[stop - 1])), store)
    run(writer.idle(NOW + 60_000_000, NOW), store)
