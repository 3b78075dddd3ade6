"""Which queries are run: one for each channel, and one beside it for what is far behind."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from zipline.dsl.streams import Kafka
from zipline.errors import ConfigError
from zipline.online.calls import NOWHERE
from zipline.online.spark.job import Job
from zipline.online.streams.applying import far_behind
from zipline.online.streams.base import LogReader, Partition
from zipline.online.streams.decoding import Readings
from zipline.online.streams.fill_book import Streamed
from zipline.online.streams.kafka_reader import check_offset
from zipline.online.streams.opening import Channel, Place
from zipline.online.streams.tracks import Entry, Track
from zipline.online.streams.wanted import entries_of


@dataclass(frozen=True)
class Route:
    """What one query is to read.

    Attributes:
        channel: whose options it has.
        tracks: partitions with their entries, loaded.
        at: where each begins.
    """

    channel: Channel
    tracks: tuple[Track, ...]
    at: Mapping[Partition, int]


def routes(
    channel: Channel, topics: Mapping[str, tuple[Readings, ...]], reader: LogReader,
    streamed: Sequence[Streamed], load: Callable[[Entry], bool],
) -> list[Route]:  # fmt: skip
    """Return what is to be read of a channel: everything, and apart from it what is far behind.

    Args:
        topics: with their readings.
        reader: tells partitions and bounds.
        load: tells whether an entry's fill is still there, and sets its position.

    Raises:
        StoreUnavailable, TryAgain: try again later.
        StreamError: a log does not have the offset that must be read.
    """
    main, behind = list[Track](), list[Track]()
    for topic in sorted(topics):
        partitions = reader.partitions(topic)
        for partition in partitions:
            entries = [each for each in entries_of(partition, topics, streamed) if load(each)]
            late = far_behind(entries)
            track = Track(partition, [each for each in entries if each not in late], len(partitions))
            main.append(track)
            if late:
                behind.append(Track(partition, list(late), len(partitions), main=track))
    found = [[each for each in tracks if each.entries] for tracks in (main, behind)]
    return [Route(channel, tuple(tracks), _starts(tracks, reader)) for tracks in found if tracks]


def job_of(job: Job, route: Route, places: Mapping[tuple[str, int], Place]) -> Job:
    """Return a job with the readings of one route."""
    keys = dict.fromkeys(
        (entry.reading.state.title, entry.reading.source_number)
        for track in route.tracks
        for entry in track.entries
    )
    return replace(job, readings=tuple((*key, places[key]) for key in keys))


def refuse_pushed(streamed: Iterable[Streamed]) -> None:
    """Refuse sources that no Kafka topic feeds.

    Raises:
        ConfigError: there is one.
    """
    for view in streamed:
        for source in view.state.sources:
            if source.stream is not None and not isinstance(source.stream, Kafka):
                raise ConfigError(
                    f"view {view.state.view.name!r} reads source {source.name!r}, which is fed by calls: "
                    "their log is on one machine",
                    where="--engine spark",
                    hint="name the views that read topics alone, and stream the others without --engine spark",
                )


def _starts(tracks: Sequence[Track], reader: LogReader) -> dict[Partition, int]:
    """Return where each partition is read from: where the fill stands that is farthest behind."""
    bounds, at = reader.bounds([track.partition for track in tracks]), dict[Partition, int]()
    for track in tracks:
        first, end = bounds[track.partition]
        position = min(entry.position for entry in track.entries)
        at[track.partition] = start = first if position == NOWHERE else position
        check_offset(track.partition, start, first, end)
    return at
