"""The demo's flights through Kafka, read between the events: what was read is what a training set says, to the bit."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from threading import Thread
from typing import Any

import polars as pl
import pytest

import zipline as zl
from tests.online.parity.flights import Flights, bits, day, hours
from tests.services.kafka import Broker
from zipline.online.loading import load_history
from zipline.online.stores.opening import open_store
from zipline.online.streaming import open_worker
from zipline.online.worker import Worker
from zipline.registry.folder import open_folder
from zipline.registry.registry import Registry
from zipline.repository import open_repository
from zipline.time import to_micros

SECONDS = 120


class Live:
    """The repository at work: history loaded, a worker that streams, a client that reads.

    Args:
        flights: the repository.
        views: what is streamed.
    """

    def __init__(self, flights: Flights, name: str, views: tuple[str, ...]) -> None:
        self.flights = flights
        self.views = views or ("weather", "arrivals", "disruption", "planes", "routes")
        zl.FeatureStore(flights.code).apply()
        repository = open_repository(flights.code)
        settings, root, clock = repository.settings, repository.root, flights.clock
        registry = Registry(open_folder(settings.registry.path, root))
        self.store = open_store(settings.online.store, settings.online, root=root)
        self.loaded = load_history(registry, name, settings, root, to_micros(flights.cut), now=clock.now)
        self.said: list[str] = []
        self.worker: Worker = open_worker(
            registry, settings, root, self.store, views, self.said.append, clock.now_ns
        )

    @contextmanager
    def running(self) -> Iterator[None]:
        """Stream as long as the block runs."""
        thread = Thread(target=self.worker.run)
        thread.start()
        try:
            yield
        finally:
            self.worker.stop()
            thread.join()
            self.store.close()

    def until(self, moment: datetime) -> None:
        """Produce what became known by a moment, and wait until it is applied."""
        self.flights.produce(moment)
        now, deadline = to_micros(moment), time.monotonic() + SECONDS
        while not self.worker.is_caught_up(now):
            assert time.monotonic() < deadline, (self.said, self.worker.counts.figures())
            time.sleep(0.01)
        for name in self.views:
            while self.is_stale(name, now):  # the markers follow what is applied, where nothing comes
                assert time.monotonic() < deadline, name
                time.sleep(0.01)

    def is_stale(self, view: str, now: int) -> bool:
        """Return whether a view is behind its freshness for anybody."""
        found = zl.OnlineClient(self.store, clock=lambda: now).answer(view, self.everyone(view))
        return any("STALE" in found.statuses(name) for name in found.service.outputs)

    def everyone(self, view: str) -> list[dict[str, str]]:
        """Return requests that reach all shards."""
        keys = {"planes": ["tailnum"], "routes": ["origin", "dest"]}.get(view, ["airport"])
        return [dict.fromkeys(keys, f"nobody {number}") for number in range(64)]

    def read(self, name: str, first: datetime, last: datetime) -> list[dict[str, Any]]:
        """Return what is read at the observations' instants after a moment and up to another."""
        client = zl.OnlineClient(self.store, clock=lambda: to_micros(last))
        found = []
        for at, asked in self.flights.asked(first, last):
            requests = pl.DataFrame(asked)
            found += client.get_many(name, requests.to_arrow(), at=at, statuses=True).to_pylist()
        return found


@pytest.fixture
def online(redis_server: str, redis_prefix: str) -> str:
    """Return the lines of `[online]`."""
    return f'store = "{redis_server}"\nprefix = "{redis_prefix}"\nhistory = "8h"\ntimeout = "20s"\nshards = 4'


def read_all(live: Live, service: str, step: int) -> list[dict[str, Any]]:
    """Return what is read at every observation's instant while the flights come in, some hours at a time."""
    flights, found, before = live.flights, list[dict[str, Any]](), live.flights.cut
    with live.running():
        for moment in hours(flights.cut, flights.end, step):
            live.until(moment)
            found += live.read(service, before, moment)
            before = moment
    return found


def expected_statuses(trained: pl.DataFrame, seen: pl.DataFrame, names: list[str]) -> list[dict[str, str]]:
    """Return what a training set can tell of how each value came about."""
    counts = {name.partition("__")[0]: seen[name].to_list() for name in seen.columns if "__n" in name}

    def told(name: str, value: Any, row: int) -> str:
        view = "routes" if name == "distance_ratio" else name.partition("__")[0]
        if counts[view][row] == 0:
            return "NOT_FOUND"
        return "NULL" if value is None else "PRESENT"

    return [
        {f"{name}__status": told(name, values[name], row) for name in names}
        for row, values in enumerate(trained.to_dicts())
    ]


def check(live: Live, service: str, found: list[dict[str, Any]]) -> set[str]:
    """Compare values and statuses with a training set; return the statuses that there were."""
    trained, seen = live.flights.trained(service), live.flights.trained("seen_model")
    names = [name for name in trained.columns if "__" in name or name == "distance_ratio"]
    assert bits(found, names) == bits(trained.to_dicts(), names)
    statuses = expected_statuses(trained, seen, names)
    said = [f"{name}__status" for name in names]
    assert bits(found, said) == bits(statuses, said)
    return {status for row in statuses for status in row.values()}


def test_a_day_of_flights(kafka_broker: Broker, online: str, tmp_path: Path) -> None:
    flights = Flights(tmp_path, kafka_broker, online, day(7, 1), day(7, 2))
    live = Live(flights, "live_delay_model", ())
    found = read_all(live, "live_delay_model", 6)
    assert len(found) > 700
    assert check(live, "live_delay_model", found) == {"PRESENT", "NULL", "NOT_FOUND"}
    figures = live.worker.counts.figures()
    assert (figures["poison"], figures["reloads"]) == ({}, 0)


def test_flights_that_may_become_others(kafka_broker: Broker, online: str, tmp_path: Path) -> None:
    flights = Flights(tmp_path, kafka_broker, online, day(7, 1), day(7, 2), moves=True)
    live = Live(flights, "planes", ("planes",))
    found = read_all(live, "planes", 8)
    assert len(found) > 700
    assert "NOT_FOUND" in check(live, "planes", found)
