"""Streams as the settings say: readers, decoders, and where dead letters go."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from zipline.dsl.source import EventSource
from zipline.dsl.streams import Kafka, Push
from zipline.online.streams.base import LogReader
from zipline.online.streams.dead_letters import DeadLetterFolder, DeadLetters
from zipline.online.streams.decode.base import Decoder, Shape
from zipline.settings import Settings

DEAD_LETTERS: Final = ".zipline/dead_letters"
"""The folder for records that are no rows, where no topic is named for them."""


@dataclass(frozen=True)
class Channel:
    """What one reader reads: topics with the same options, or the log of one source that is fed by calls.

    Attributes:
        options: of the Kafka client.
        push: the source.
    """

    options: tuple[tuple[str, Any], ...] = ()
    push: str = ""


@dataclass(frozen=True)
class Place:
    """Where a source's records come from, and how they are written."""

    channel: Channel
    topic: str
    format: str
    avro: str | None = None


class Streams:
    """Opens what a worker reads and writes beside the store.

    Args:
        settings: of the repository.
        root: its folder.
    """

    def __init__(self, settings: Settings, root: Path) -> None:
        self._settings, self._root = settings, root

    def place(self, source: EventSource) -> Place | None:
        """Return where a source streams from; None where it does not."""
        stream, where = source.stream, f"source {source.name!r}"
        if isinstance(stream, Push):
            return Place(Channel(push=source.name), "push", "arrow")
        if not isinstance(stream, Kafka):
            return None
        options = {**self._settings.kafka.options, **dict(stream.options)}
        options.setdefault("bootstrap_servers", self._settings.kafka.bootstrap_servers)
        located = {name: self._located(value, where) for name, value in options.items()}
        topic = self._settings.located(stream.topic, where=where)
        return Place(Channel(tuple(sorted(located.items()))), topic, stream.format, stream.avro)

    def reader(self, channel: Channel, group: str | None) -> LogReader:
        """Return a reader of a channel, in a consumer group of this name unless its options have one.

        Raises:
            ConfigError: the client does not know an option, or is not installed.
            StreamError: the broker is out of reach.
        """
        from zipline.online.streams.kafka_reader import KafkaReader

        options = dict(channel.options)
        group = str(options.pop("group_id", group)) if group is not None else None
        from zipline.online.streams.kafka_python import KafkaPython

        return KafkaReader(KafkaPython(options, group))

    def decoder(self, place: Place, shape: Shape) -> Decoder:
        """Return a decoder of a place's records."""
        from zipline.online.streams.decode.json import JsonDecoder

        return JsonDecoder(shape)

    def dead_letters(self) -> DeadLetters:
        """Return where records go that are no rows."""
        return DeadLetterFolder(self._root / DEAD_LETTERS)

    def _located(self, value: Any, where: str) -> Any:
        return self._settings.located(value, where=where) if isinstance(value, str) else value
