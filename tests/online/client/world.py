"""A repository whose flights are in an online store: what is read there must be what training sets say."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

import zipline as zl
from zipline.online import catalog
from zipline.online.fills import Fill
from zipline.online.protocol import filling
from zipline.online.protocol.bulk import set_ready
from zipline.online.protocol.outcome import Outcome
from zipline.online.protocol.writing import Writer
from zipline.online.state.view_state import ViewState, view_state
from zipline.online.steps import run
from zipline.online.stores.base import Store
from zipline.online.streams.facts import FactMaker
from zipline.registry.records import Record
from zipline.registry.served import served
from zipline.time import to_micros

START = datetime(2024, 3, 1, tzinfo=UTC)
CARRIERS = ["UA", "AA", "B6", "7", "12"]
AIRPORTS = ["JFK", "LAX", "SFO", "ORD"]

MODULE = """
import zipline as zl

flights = zl.EventSource(
    "flights", table=zl.Parquet("flights.parquet"), stream=zl.Push(), event_time="scheduled", knowledge_time="landed",
)
carriers = zl.FeatureView(
    "carriers", entity=zl.Entity("carrier"), source=flights, online=True, freshness="5m",
    features=[
        zl.Count().over("1h", "1d"),
        zl.Sum("delay").over("6h", "1d"),
        zl.Mean("delay").over("1d"),
        zl.Max("distance").over("1d"),
        zl.Last("delay", default=-1.0).over("1d"),
        zl.LastK("dest", k=3).over("1d"),
        zl.Count(where="delay > 10").named("late").over("1d"),
        zl.Count(by="dest").named("per_dest").over("6h"),
        zl.Derived("late_rate", "late_1d / nullif(count_1d, 0)"),
        zl.Derived("late_percent", "late_rate * 100"),
    ],
)
airports = zl.FeatureView(
    "airports", entity=zl.Entity("airport"), source=flights, keys={"airport": "origin"}, online=True,
    features=[zl.Count().over("3h"), zl.Mean("delay").over("12h"), zl.Min("scheduled").named("first").over("1d")],
)
routes = zl.FeatureView(
    "routes", entity=zl.Entity("route", keys=["origin", "dest"]), source=flights, online=True,
    features=[zl.Count().over("1d"), zl.TimeSinceLast().over("1d"), zl.Sum("price").over("1d")],
)
numbers = zl.FeatureView(
    "numbers", entity=zl.Entity("number"), source=flights, online=True, features=[zl.Count().over("1d")],
)
cabins = zl.FeatureView(
    "cabins", entity=zl.Entity("carrier"), source=flights, online=True,
    features=[zl.Count().over("1d"), zl.Sum("seats").over("1d"), zl.Derived("twice", "seats_sum_1d * 2")],
)
full_model = zl.FeatureService(
    "full_model",
    [cabins, zl.Derived("share", "100 / cabins__seats_sum_1d"), zl.Derived("n", "cabins__count_1d + extra")],
    request={"extra": "bigint"},
)
delay_model = zl.FeatureService(
    "delay_model",
    [
        carriers,
        airports.bind("here", keys={"airport": "origin"}),
        airports.bind("there", keys={"airport": "dest"}),
        routes,
        numbers,
        zl.Derived("gap", "here__delay_mean_12h - there__delay_mean_12h"),
        zl.Derived("per_mile", "carriers__delay_sum_1d / miles"),
        zl.Derived("far", "miles > 1000 and cabin = 'Y'"),
    ],
    request={"miles": "double", "cabin": "string"}, keys={"carrier": "op_carrier"}, time="asked",
)
small_model = zl.FeatureService("small_model", [carriers["count_1d", "late_rate"]], keys={"carrier": "op_carrier"})
"""


def flights(count: int, seed: int = 7) -> pa.Table:
    """Return flights over two days in the order in which they land; some land much later than scheduled."""
    random.seed(seed)
    rows: list[dict[str, Any]] = []
    for _ in range(count):
        scheduled = START + timedelta(minutes=random.randrange(2 * 24 * 60))
        late = random.choice([0.0, 1.5, 12.25, -3.0, 40.5, None])
        rows.append(
            {
                "carrier": random.choice([*CARRIERS, *CARRIERS, None]),
                "origin": random.choice(AIRPORTS),
                "dest": random.choice([*AIRPORTS, *AIRPORTS, *AIRPORTS, None]),
                "number": random.randrange(1, 5),
                "scheduled": scheduled,
                "landed": scheduled + timedelta(minutes=random.choice([0, 30, 90, 600])),
                "delay": late,
                "distance": random.randrange(100, 3000),
                "seats": random.choice([100, 2**62]),
                "price": random.choice([None, 10.5, 99.99]),
            }
        )
    rows.sort(key=lambda row: row["landed"])
    return pa.Table.from_pylist(rows)


class World:
    """A repository in a folder, and what of it an online store holds.

    Args:
        folder: of the repository.
        store: where the online state is.
        module: the text of its definitions.
    """

    def __init__(
        self, folder: Path, store: Store, module: str = MODULE, rows: pa.Table | None = None
    ) -> None:
        self.online = store
        self.rows = flights(300) if rows is None else rows
        folder.mkdir(parents=True, exist_ok=True)
        pq.write_table(self.rows, folder / "flights.parquet")
        (folder / "zipline.toml").write_text("")
        (folder / "features.py").write_text(module)
        self.folder = folder
        self.store = zl.FeatureStore(folder)
        self.store.apply()
        self.clock = to_micros(START + timedelta(days=3))

    def client(self) -> zl.OnlineClient:
        """Return a client whose clock is this world's."""
        return zl.OnlineClient(self.online, clock=lambda: self.clock)

    def publish(self, *names: str) -> list[Record]:
        """Write the newest versions of services and views to the catalog; return all records that they need."""
        records: dict[str, Record] = {}
        for name in names:
            for record in served(self.store._registry, self.store.versions(name)[-1]):
                records[record.title] = record
        run(catalog.publish(records.values()), self.online)
        return list(records.values())

    def load(self, *names: str, shards: int = 4) -> list[Fill]:
        """Publish services and views, and apply all flights to a new fill of each of their views."""
        return [self.fill(record, shards=shards) for record in self.publish(*names) if record.kind == "view"]

    def fill(
        self, record: Record, *, shards: int = 4, ready: bool = True, rows: pa.Table | None = None
    ) -> Fill:
        """Make a new fill of a view's version, apply flights to it, and let it be read."""
        added = catalog.add_fill(
            record.name, record.version, shards=shards, cut=None, history=10**12, now=self.clock
        )
        fill = run(added, self.online)
        run(filling.start(fill), self.online)
        self.write(view_state(record), fill, self.rows if rows is None else rows)
        if ready:
            assert run(set_ready(fill, {}), self.online)
        return fill

    def write(self, state: ViewState, fill: Fill, rows: pa.Table, start: int = 0) -> None:
        """Apply flights to a fill, some at a time; what arrived until the last of them is known then."""
        writer = Writer(state, fill, "flights:push:0")
        run(writer.load(self.clock), self.online)
        maker = FactMaker(state, 0)
        for first in range(0, len(rows), 100):
            batch = rows.slice(first, 100)
            positions = np.arange(first, first + len(batch)) + start
            arrivals = np.full(len(batch), self.clock)
            made = maker.facts(batch, arrivals, positions)
            assert not made.left
            written = run(
                writer.write(made.facts, start + first, start + first + len(batch), self.clock), self.online
            )
            assert written.outcome is Outcome.DONE
        run(writer.idle(self.clock + 60_000_000, self.clock), self.online)

    def trained(
        self, requests: Sequence[dict[str, Any]], name: str, at: datetime, time: str = "asked"
    ) -> pa.Table:
        """Return the training set of requests at one moment."""
        columns = {field: [each.get(field) for each in requests] for field in requests[0]}
        table = pa.table({time: [at] * len(requests), **columns})
        return self.store.training_set(table, name, time=time).to_arrow()


def moments(count: int, seed: int = 3) -> Iterator[datetime]:
    """Yield random moments of the flights' days and the day after."""
    random.seed(seed)
    for _ in range(count):
        yield START + timedelta(microseconds=random.randrange(3 * 24 * 3600 * 10**6))
