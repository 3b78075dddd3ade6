"""A repository with tables, streams that are fed by calls, and an online store that its history is loaded into."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from threading import Thread
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

import zipline as zl
from tests.online.client.world import AIRPORTS, CARRIERS, START, flights
from zipline.engines.duckdb.database import Database
from zipline.online import catalog
from zipline.online.fills import Fill
from zipline.online.loading import table_loads
from zipline.online.materialize import Loaded, Materialization, materialize
from zipline.online.steps import run
from zipline.online.stores.base import Store
from zipline.online.streaming import open_worker
from zipline.online.worker import Worker
from zipline.progress import Silent
from zipline.registry.folder import open_folder
from zipline.registry.registry import Registry
from zipline.repository import open_repository
from zipline.time import to_micros

CUT = START + timedelta(days=1)
END = START + timedelta(days=3)
SECONDS = 60
HISTORY = 36_500 * 86_400_000_000
"""All times can be read."""
MODULE = """
import zipline as zl

said = {"stream": zl.Push(), "event_time": "scheduled", "knowledge_time": "landed"}
flights = zl.EventSource("flights", table=zl.Parquet("flights.parquet"), **said)
landings = zl.EventSource(
    "landings", table=zl.Parquet("flights.parquet"), id="flight", corrections="10d", deleted="gone", **said
)
charters = zl.EventSource("charters", table=zl.Parquet("flights.parquet"), event_time="scheduled", delay="1h")
carrier = zl.Entity("carrier")
features = [zl.Count().over("6h", "2d"), zl.Sum("delay").over("1d"), zl.LastK("dest", k=3).over("1d")]
carriers = zl.FeatureView("carriers", entity=carrier, source=flights, online=True, features=features)
landed = zl.FeatureView("landed", entity=carrier, source=landings, online=True, features=features)
airports = zl.FeatureView(
    "airports", entity=zl.Entity("airport"), source=zl.Union("all_flights", [flights, charters]),
    keys={"airport": "origin"}, online=True, features=features,
)
offline = zl.FeatureView("offline", entity=carrier, source=flights, features=[zl.Count().over("1d")])
model = zl.FeatureService("model", [carriers, landed, airports], time="asked")
"""


def rows_of(count: int = 300) -> pa.Table:
    """Return flights in the order in which they land, some with a correction, which may withdraw them or move them."""
    rows = []
    for number, row in enumerate(flights(count).to_pylist()):
        rows.append(row | {"flight": number, "gone": False})
        if number % 5 == 0:
            later = row["landed"] + timedelta(minutes=7 * (number % 60) + 1)
            carrier = CARRIERS[number % 3] if number % 2 else row["carrier"]
            moved = {"flight": number, "landed": later, "delay": 99.5, "carrier": carrier}
            rows.append(row | moved | {"gone": number % 4 == 0})
    return pa.Table.from_pylist(sorted(rows, key=lambda row: row["landed"]))


class Shop:
    """The repository and its store.

    Args:
        folder: of the repository.
        store: where history goes.
        rows: of its table.
    """

    def __init__(
        self, folder: Path, store: Store, rows: pa.Table | None = None, module: str = MODULE
    ) -> None:
        self.folder, self.store = folder, store
        self.rows = rows_of() if rows is None else rows
        pq.write_table(self.rows, folder / "flights.parquet")
        (folder / "zipline.toml").write_text("")
        (folder / "features.py").write_text(module)
        self.features = zl.FeatureStore(folder)
        self.features.apply()
        repository = open_repository(folder)
        self.settings = repository.settings
        self.registry = Registry(open_folder(self.settings.registry.path, folder))
        self.waited: list[str] = []

    def load(
        self, name: str = "model", until: datetime | None = CUT, store: Store | None = None,
        wait: Callable[[str], None] | None = None,
    ) -> list[Loaded]:  # fmt: skip
        """Load the history of a service or a view."""
        with Database(self.settings.duckdb, self.folder, self.settings.variables) as database:
            loader = Materialization(
                store or self.store, partial(table_loads, database), 4, HISTORY, Silent(),
                wait or self.waited.append, lambda: to_micros(END),
            )  # fmt: skip
            return materialize(self.registry, name, loader, None if until is None else to_micros(until))

    def fills(self, view: str) -> list[Fill]:
        """Return the fills of a view's first version."""
        return list(run(catalog.fills(view, 1), self.store))

    def push(self, *rows: pa.Table) -> None:
        """Append rows to the logs of both sources that have one."""
        for some in rows:
            for source in ("flights", "landings"):
                self.features.push(source, some)

    @contextmanager
    def streaming(self) -> Iterator[Callable[[], None]]:
        """Stream as long as the block runs; yields what waits until all that was pushed is applied."""
        worker: Worker = open_worker(self.registry, self.settings, self.folder, self.store)
        failures: list[BaseException] = []

        def work() -> None:
            try:
                worker.run()
            except BaseException as error:
                failures.append(error)

        thread = Thread(target=work)
        thread.start()

        def catch_up() -> None:
            moment, deadline = time.time_ns() // 1000, time.monotonic() + SECONDS
            while not worker.is_caught_up(moment) and thread.is_alive():
                assert time.monotonic() < deadline, worker.counts.figures()
                thread.join(0.01)

        try:
            yield catch_up
        finally:
            worker.stop()
            thread.join()
        assert not failures, failures

    def check(self, *moments: datetime, name: str = "model") -> None:
        """Compare what is read with training sets, to the bit."""
        asked: dict[str, Any] = {
            "carrier": [*CARRIERS, None, "ZZ"], "airport": [*AIRPORTS, None, "XXX", "JFK", "LAX"][: len(CARRIERS) + 2]
        }  # fmt: skip
        keys = {"carriers": ["carrier"], "landed": ["carrier"], "airports": ["airport"]}.get(
            name, list(asked)
        )
        table = pa.table({key: asked[key] for key in keys})
        client = zl.OnlineClient(self.store, clock=lambda: to_micros(END))
        for moment in moments:
            stamped = table.add_column(
                0, "asked", pa.array([moment] * len(table), pa.timestamp("us", tz="UTC"))
            )
            trained = self.features.training_set(stamped, name, time="asked").to_arrow().drop_columns("asked")
            read = client.get_many(name, table, at=moment)
            for one, other in zip(read.to_pylist(), trained.to_pylist(), strict=True):
                assert repr(one) == repr(other), moment
