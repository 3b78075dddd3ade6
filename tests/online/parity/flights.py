"""The flights of the demo in a repository of their own: tables up to a moment, and what came later as JSON in Kafka."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl

import zipline as zl
from examples.flights.demo.prepare import prepare
from tests.services.kafka import Broker
from zipline.dev import Clock
from zipline.time import to_micros

EXAMPLE = Path(__file__).resolve().parents[3] / "examples" / "flights"
KNOWN = {"flights": pl.col("known_at"), "weather": pl.col("time_hour") + timedelta(hours=1)}
"""Topic -> when its rows became known."""
SEEN = """

def seen(view, window):
    said = {"source": view.source, "keys": dict(view.keys), "features": [zl.Count().named("n").over(window)]}
    return zl.FeatureView(f"{view.name}_seen", entity=view.entity, **said)


weather_seen = seen(weather, zl.Window.lifetime())
arrivals_seen = seen(arrivals, "30d")
disruption_seen = seen(disruption, "1d")
planes_seen = seen(planes, "30d")
routes_seen = seen(routes, "30d")
seen_model = zl.FeatureService(
    "seen_model",
    [
        weather_seen.bind("weather", keys={"airport": "origin"}),
        arrivals_seen.bind("dest_arrivals", keys={"airport": "dest"}),
        disruption_seen.bind("disruption", keys={"airport": "origin"}),
        planes_seen.bind("planes", keys={"tailnum": "tailnum"}),
        routes_seen.bind("routes", keys={"origin": "origin", "dest": "dest"}),
    ],
    time="asked_at",
    keys={"airport": "origin"},
)
"""
"""How many events each view sees in its longest window: what NOT_FOUND is about."""


@dataclass
class Flights:
    """A repository whose tables end at a moment.

    Args:
        folder: where it is made.
        broker: of its topics.
        online: the lines of `[online]` in its zipline.toml.
        cut: what was known by then is in its tables.
        end: what was known by then, and was not at the cut, comes with `produce`.
        moves: whether a flight may become one of another plane, as far as the definitions know.
        days: how far back before the cut the tables go.

    Attributes:
        clock: shows the cut, and then the end of what was produced; it stands between.
        topics: name in the definitions -> partitions.
    """

    folder: Path
    broker: Broker
    online: str
    cut: datetime
    end: datetime
    moves: bool = False
    days: int = 40
    topics: dict[str, int] = field(default_factory=lambda: {"flights": 3, "weather": 1})

    def __post_init__(self) -> None:
        self.clock = Clock(to_micros(self.cut), speed=60)
        self._named = {name: self.broker.topic(name, count) for name, count in self.topics.items()}
        self.all = self.folder / "all"
        prepare(self.all / "data")
        self.code = self.folder / "live"
        for folder in (self.all, self.code):
            (folder / "data" / "flights").mkdir(parents=True, exist_ok=True)
            (folder / "features.py").write_text(self._definitions() + (SEEN if folder == self.all else ""))
            (folder / "zipline.toml").write_text(
                f'[online]\n{self.online}\n[kafka]\nbootstrap_servers = "{self.broker.address}"\n'
                "heartbeat_interval_ms = 200\nfetch_max_wait_ms = 20\n"
            )
        rows = {name: self._rows(name) for name in self._named}
        known = {name: each.filter(KNOWN[name] <= self.cut) for name, each in rows.items()}
        known["flights"].write_parquet(self.code / "data" / "flights" / "known.parquet")
        known["weather"].write_parquet(self.code / "data" / "weather.parquet")
        self._coming = {
            name: each.filter(KNOWN[name] > self.cut, KNOWN[name] <= self.end).sort(KNOWN[name])
            for name, each in rows.items()
        }

    def _definitions(self) -> str:
        text = (EXAMPLE / "features.py").read_text()
        for name, topic in self._named.items():
            text = text.replace(f'zl.Kafka("{name}")', f'zl.Kafka("{topic}")')
        return text.replace("moves=False", f"moves={self.moves}")

    def _rows(self, name: str) -> pl.DataFrame:
        files = "flights/*.parquet" if name == "flights" else "weather.parquet"
        first = self.cut - timedelta(days=self.days)
        return pl.read_parquet(self.all / "data" / files).filter(KNOWN[name].is_between(first, self.end))

    def produce(self, until: datetime) -> int:
        """Write to the topics what became known by a moment and was not written yet; return how many records."""
        written = 0
        for name, rows in self._coming.items():
            due = rows.filter(KNOWN[name] <= until)
            self._coming[name] = rows.slice(len(due))
            times = [int(each.timestamp() * 1000) for each in due.select(KNOWN[name]).to_series()]
            values = [json.dumps(each, default=datetime.isoformat).encode() for each in due.to_dicts()]
            count = self.topics[name]
            for partition in range(count if values else 0):
                self.broker.produce(
                    self._named[name], *values[partition::count], partition=partition,
                    times=times[partition::count],
                )  # fmt: skip
            written += len(values)
        self.clock.set(to_micros(until))
        return written

    def asked(self, first: datetime, last: datetime) -> Iterator[tuple[datetime, list[dict[str, Any]]]]:
        """Yield the observations after a moment and up to another, those of one instant together."""
        rows = self.observations(first, last)
        for (at,), some in rows.partition_by("asked_at", as_dict=True, maintain_order=True).items():
            assert isinstance(at, datetime)
            yield at, some.drop("asked_at", "flight", "label").to_dicts()

    def observations(self, first: datetime, last: datetime) -> pl.DataFrame:
        """Return the observations after a moment and up to another, in the order of their instants."""
        rows = pl.read_parquet(self.all / "data" / "observations.parquet")
        asked = pl.col("asked_at")
        return rows.filter(asked > first, asked <= last).sort("asked_at", "flight")

    def trained(self, service: str) -> pl.DataFrame:
        """Return the training set of all observations between the cut and the end, from all tables."""
        observations = self.observations(self.cut, self.end).drop("flight", "label")
        made = zl.FeatureStore(self.all).training_set(observations, service, time="asked_at")
        found = made.to_polars()
        assert isinstance(found, pl.DataFrame)
        return found


def bits(rows: Sequence[dict[str, Any]], names: Sequence[str]) -> list[str]:
    """Return values so that equal texts are equal bits."""
    return [repr([row[name] for name in names]) for row in rows]


def hours(first: datetime, last: datetime, step: int) -> Iterator[datetime]:
    """Yield the moments between two, some hours apart; the last one as well."""
    at = first + timedelta(hours=step)
    while at < last:
        yield at
        at += timedelta(hours=step)
    yield last


def day(month: int, number: int) -> datetime:
    """Return the beginning of a day of 2013."""
    return datetime(2013, month, number, tzinfo=UTC)
