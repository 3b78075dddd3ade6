"""Streams as the settings say: readers, decoders, and where dead letters go."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from zipline.dsl.source import EventSource
from zipline.dsl.streams import Kafka, Push
from zipline.engines.duckdb.readers.base import missing
from zipline.errors import ConfigError
from zipline.online.streams.base import LogReader
from zipline.online.streams.dead_letters import DeadLetterFolder, DeadLetters, DeadLetterTopic, Sender
from zipline.online.streams.decode.base import Decoder, Shape
from zipline.settings import Settings

if TYPE_CHECKING:
    from zipline.online.streams.kafka_reader import Client
    from zipline.online.streams.push_log import PushLog
    from zipline.online.streams.schema_registry import SchemaRegistry

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
        clock: nanoseconds since the epoch: when pushed rows arrive, and up to when quiet logs have been read.
    """

    def __init__(self, settings: Settings, root: Path, clock: Callable[[], int] = time.time_ns) -> None:
        self._settings, self._root, self._clock = settings, root, clock
        self._registry: SchemaRegistry | None = None

    def place(self, source: EventSource) -> Place | None:
        """Return where a source streams from; None where it does not."""
        stream, where = source.stream, f"source {source.name!r}"
        if isinstance(stream, Push):
            return Place(Channel(push=source.name), "push", "arrow")
        if not isinstance(stream, Kafka):
            return None
        options = self._options(dict(stream.options), where)
        topic = self._settings.located(stream.topic, where=where)
        return Place(Channel(tuple(sorted(options.items()))), topic, stream.format, stream.avro)

    def reader(self, channel: Channel, group: str | None) -> LogReader:
        """Return a reader of a channel, in a consumer group of this name unless its options have one.

        Raises:
            ConfigError: the client does not know an option, or is not installed.
            StreamError: the broker is out of reach.
        """
        if channel.push:
            from zipline.online.streams.push_reader import PushReader

            return PushReader(self.push_log(channel.push))
        from zipline.online.streams.kafka_reader import KafkaReader

        options = dict(channel.options)
        named = [options.pop(name) for name in ("group_id", "group.id") if name in options]
        client = self._client(options, str(named[0]) if named and group is not None else group)
        return KafkaReader(client, lambda: self._clock() / 1e9)

    def push_log(self, source: str) -> PushLog:
        """Return the log of a source that is fed by calls."""
        from zipline.online.streams.push_log import PushLog

        folder = self._settings.located(self._settings.push.folder, where="[push] folder")
        return PushLog(self._root / Path(folder).expanduser(), source, self._clock)

    def decoder(self, place: Place, shape: Shape) -> Decoder:
        """Return a decoder of a place's records.

        Raises:
            ConfigError: no schema registry is named where records tell the numbers of their schemas.
        """
        if place.format == "json":
            from zipline.online.streams.decode.json import JsonDecoder

            return JsonDecoder(shape)
        if place.format == "arrow":
            from zipline.online.streams.decode.arrow import ArrowDecoder

            return ArrowDecoder(shape)
        return self._avro(place, shape)

    def _avro(self, place: Place, shape: Shape) -> Decoder:
        try:
            from zipline.online.streams.decode.avro import AvroDecoder
        except ImportError as error:
            raise missing("avro", error) from None
        if place.avro is not None:
            return AvroDecoder(shape, place.avro)
        if self._registry is None:
            self._registry = self._schema_registry(place)
        return AvroDecoder(shape, schemas=self._registry)

    def _schema_registry(self, place: Place) -> SchemaRegistry:
        from zipline.online.streams.schema_registry import SchemaRegistry

        said = self._settings.schema_registry
        if said.url is None:
            raise ConfigError(
                "its records tell the numbers of their schemas, and no schema registry is named",
                where=f"topic {place.topic!r}",
                hint="name it in zipline.toml, [schema_registry] url = '...'; or give zl.Kafka(schema=...)",
            )
        url, user, password = (
            None if each is None else self._settings.located(each, where="[schema_registry]")
            for each in (said.url, said.user, said.password)
        )
        assert url is not None
        return SchemaRegistry(url, user, password, said.timeout_us / 1e6)

    def _client(self, options: dict[str, Any], group: str | None) -> Client:
        if self._settings.kafka.client == "confluent":
            try:
                from zipline.online.streams.confluent import Confluent
            except ImportError as error:
                raise missing("confluent", error) from None
            return Confluent(options, group)
        from zipline.online.streams.kafka_python import KafkaPython

        return KafkaPython(options, group)

    def dead_letters(self) -> DeadLetters:
        """Return where records go that are no rows: the topic that is named for them, or a folder."""
        kafka = self._settings.kafka
        if kafka.dead_letters is None:
            return DeadLetterFolder(self._root / DEAD_LETTERS)
        topic = self._located(kafka.dead_letters, "[kafka] dead_letters")
        return DeadLetterTopic(topic, lambda: self._sender(self._options({}, "[kafka]")))

    def _sender(self, options: dict[str, Any]) -> Sender:
        if self._settings.kafka.client == "confluent":
            from zipline.online.streams.confluent import ConfluentSender

            return ConfluentSender(options)
        from zipline.online.streams.kafka_python import KafkaPythonSender

        return KafkaPythonSender(options)

    def _options(self, own: dict[str, Any], where: str) -> dict[str, Any]:
        """Return the options of the Kafka client, a topic's own before those of the settings."""
        kafka = self._settings.kafka
        options = {"bootstrap_servers": kafka.bootstrap_servers, **kafka.options, **own}
        return {name: self._located(value, where) for name, value in options.items()}

    def _located(self, value: Any, where: str) -> Any:
        return self._settings.located(value, where=where) if isinstance(value, str) else value
