"""What is read so that views are written: the topics of their sources, and what each partition says to which fill."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from zipline.online.protocol.writing import Writer
from zipline.online.state.view_state import ViewState
from zipline.online.streams.base import Partition
from zipline.online.streams.decoding import Reading, Readings
from zipline.online.streams.fill_book import Streamed
from zipline.online.streams.lanes import Topics
from zipline.online.streams.opening import Channel, Place, Streams
from zipline.online.streams.tracks import Entry


class Wanted:
    """Tells what is read; the reading of a view's source is the same one each time."""

    def __init__(self, streams: Streams) -> None:
        self._streams = streams
        self._readings: dict[tuple[str, int], Reading] = {}

    def places(self, streamed: Sequence[Streamed]) -> dict[Place, list[Reading]]:
        """Return place -> the readings of its records; views without a fill are not read for."""
        places: dict[Place, list[Reading]] = {}
        for view in streamed:
            for number, source in enumerate(view.state.sources):
                place = self._streams.place(source) if view.fills else None
                if place is not None:
                    key = (view.state.title, number)
                    reading = self._readings.setdefault(key, Reading(view.state, number))
                    places.setdefault(place, []).append(reading)
        return places

    def topics(self, streamed: Sequence[Streamed]) -> dict[Channel, dict[str, tuple[Readings, ...]]]:
        """Return channel -> topic -> the readings of its records, those of one format together."""
        wanted: dict[Channel, dict[str, tuple[Readings, ...]]] = {}
        for place, readings in self.places(streamed).items():
            topics = wanted.setdefault(place.channel, {})
            together = Readings(readings, partial(self._streams.decoder, place))
            topics[place.topic] = (*topics.get(place.topic, ()), together)
        return wanted

    def logs(self, state: ViewState, partitions: Callable[[Place], Sequence[Partition]]) -> frozenset[str]:
        """Return all logs that a view is written from, whoever reads them; none while one cannot be told.

        Args:
            partitions: tells those of a place; none where it cannot.
        """
        logs = set[str]()
        for source in state.sources:
            place = self._streams.place(source)
            if place is not None:
                known = partitions(place)
                if not known:
                    return frozenset()
                logs.update(partition.log(source.name) for partition in known)
        return frozenset(logs)


def entries_of(partition: Partition, topics: Topics, streamed: Sequence[Streamed]) -> list[Entry]:
    """Return what a partition says to every fill."""
    fills = {view.state.title: view.fills for view in streamed}
    return [
        Entry(reading, fill, Writer(reading.state, fill, partition.log(reading.source)))
        for readings in topics[partition.topic]
        for reading in readings.readings
        for fill in fills[reading.state.title]
    ]
