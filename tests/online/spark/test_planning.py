"""Which queries are run, and where each begins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

import zipline as zl
from tests.online.streams.definitions import flights
from tests.online.streams.streaming import SHARDS, now, publish
from tests.online.test_worker import online
from zipline.errors import ConfigError, StreamError
from zipline.online.calls import NOWHERE
from zipline.online.spark.planning import refuse_pushed, routes
from zipline.online.stores.memory import MemoryStore
from zipline.online.streams.base import Partition
from zipline.online.streams.fill_book import FillBook, Streamed
from zipline.online.streams.opening import Streams
from zipline.online.streams.tracks import Entry
from zipline.online.streams.wanted import Wanted
from zipline.settings import Settings

BOTH = (Partition("flights", 0), Partition("flights", 1))


class Reader:
    """Tells of two partitions."""

    def __init__(self, first: int = 0, end: int = 200_000) -> None:
        self._found = (first, end)

    def partitions(self, topic: str) -> tuple[Partition, ...]:
        return BOTH

    def bounds(self, partitions: Sequence[Partition]) -> Mapping[Partition, tuple[int, int]]:
        return dict.fromkeys(partitions, self._found)


@pytest.fixture
def streamed() -> tuple[Streamed, ...]:
    store = MemoryStore()
    source = flights(stream=zl.Kafka("flights"))
    publish(store, online(source), online(source, name="other"))
    return FillBook(store, frozenset(), SHARDS, 1, now).read()


def planned(
    streamed: Sequence[Streamed], folder: Path, positions: Mapping[str, int], reader: Reader
) -> list[tuple[dict[Partition, int], set[str]]]:
    """Return where each query begins and which fills it writes, where these stand so."""

    def load(entry: Entry) -> bool:
        entry.position = positions.get(entry.fill.view, NOWHERE)
        return entry.fill.view in positions

    ((channel, topics),) = Wanted(Streams(Settings(), folder)).topics(streamed).items()
    found = routes(channel, topics, reader, streamed, load)  # type: ignore[arg-type]
    return [
        (dict(each.at), {entry.fill.view for track in each.tracks for entry in track.entries})
        for each in found
    ]


def test_together_from_where_the_last_one_stands(streamed: tuple[Streamed, ...], tmp_path: Path) -> None:
    found = planned(streamed, tmp_path, {"carrier_delays": 700, "other": 500}, Reader())
    assert found == [(dict.fromkeys(BOTH, 500), {"carrier_delays", "other"})]


def test_nothing_is_applied_yet(streamed: tuple[Streamed, ...], tmp_path: Path) -> None:
    """It begins with the first offset that is there."""
    found = planned(streamed, tmp_path, {"carrier_delays": NOWHERE}, Reader(first=30))
    assert found == [(dict.fromkeys(BOTH, 30), {"carrier_delays"})]


def test_what_is_far_behind_is_read_apart(streamed: tuple[Streamed, ...], tmp_path: Path) -> None:
    found = planned(streamed, tmp_path, {"carrier_delays": 100_000, "other": 7}, Reader())
    assert found == [(dict.fromkeys(BOTH, 100_000), {"carrier_delays"}), (dict.fromkeys(BOTH, 7), {"other"})]


@pytest.mark.parametrize(("first", "end"), [(800, 900), (0, 600)])
def test_an_offset_that_is_not_there(
    streamed: tuple[Streamed, ...], tmp_path: Path, first: int, end: int
) -> None:
    with pytest.raises(StreamError, match=f"offset 700 is to be read, and partition 0 has {first} to {end}"):
        planned(streamed, tmp_path, {"carrier_delays": 700}, Reader(first, end))


def test_sources_that_are_fed_by_calls() -> None:
    store = MemoryStore()
    publish(store, online(flights()))
    with pytest.raises(
        ConfigError, match="view 'carrier_delays' reads source 'flights', which is fed by calls"
    ):
        refuse_pushed(FillBook(store, frozenset(), SHARDS, 1, now).read())
