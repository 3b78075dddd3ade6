"""kafka-python, the client that is always there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from kafka import ConsumerRebalanceListener, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.errors import KafkaError, OffsetOutOfRangeError, RetriableError

from zipline.errors import ConfigError, StreamError
from zipline.online.streams.base import Partition, TryAgain
from zipline.online.streams.kafka_reader import REACH, Records
from zipline.online.streams.kafka_records import Unpacked, together

# Offsets live in the state: the group only deals out partitions, and an offset that is not there is an error.
_FIXED = {"enable_auto_commit": False, "auto_offset_reset": "none"}
_USUAL = {"max_partition_fetch_bytes": 4 << 20, "allow_auto_create_topics": False, "metrics_enabled": False}
_SECONDS = 10


class KafkaPython:
    """Reads topics with kafka-python.

    Args:
        options: of the client, under its own names.
        group: that deals out partitions; None for one who assigns them.
    """

    def __init__(self, options: Mapping[str, Any], group: str | None = None) -> None:
        unknown = [name for name in options if name not in KafkaConsumer.DEFAULT_CONFIG]
        if unknown:
            raise ConfigError(
                f"kafka-python has no option {unknown[0]!r}", where="[kafka]",
                hint="its options are those of its KafkaConsumer, with underscores; or client = \"confluent\"",
            )  # fmt: skip
        with translated("[kafka]"):
            self._consumer = KafkaConsumer(**{**_USUAL, **options, **_FIXED, "group_id": group})
        self._consumer._fetcher.PartitionRecords = Unpacked
        self.given: dict[Partition, int] = {}

    def subscribe(self, topics: Sequence[str]) -> None:
        """Join the group."""
        self._consumer.subscribe(topics=list(topics), listener=_Listener(self._consumer, self.given))

    def assign(self, partitions: Sequence[Partition]) -> None:
        """Take partitions."""
        self._consumer.assign([TopicPartition(*each) for each in partitions])
        _Listener(self._consumer, self.given).on_partitions_assigned(self._consumer.assignment())

    def seek(self, partition: Partition, offset: int) -> None:
        """Read from an offset."""
        ours = TopicPartition(*partition)
        if ours in self._consumer.assignment():
            self._consumer.seek(ours, offset)
            self._consumer.resume(ours)

    def poll(self, timeout: float, rows: int) -> Mapping[Partition, Records]:
        """Return records."""
        with translated("Kafka"):
            self._join()
            polled = self._consumer.poll(timeout_ms=int(timeout * 1000), max_records=rows)
            found = {}
            for ours, parts in polled.items():
                records = together(parts)
                stop = max(int(records.offsets[-1]) + 1, self._position(ours) or 0)
                found[Partition(*ours)] = Records(records.values, records.offsets, records.stamps, stop)
        return found

    def partitions(self, topic: str) -> tuple[Partition, ...]:
        """Return a topic's partitions."""
        with translated(f"topic {topic!r}"):
            found = self._consumer.partitions_for_topic(topic)
        if not found:
            raise StreamError(
                "there is no such topic", where=f"topic {topic!r}", hint="create it, or let us read it"
            )
        return tuple(Partition(topic, number) for number in sorted(found))

    def bounds(self, partitions: Sequence[Partition]) -> Mapping[Partition, tuple[int, int]] | None:
        """Ask for first offsets and ends."""
        asked = [TopicPartition(*each) for each in partitions]
        try:
            with translated("Kafka"):
                first = self._consumer.beginning_offsets(asked, timeout_ms=5000)
                end = self._consumer.end_offsets(asked, timeout_ms=5000)
        except TryAgain:
            return None
        return {Partition(*each): (first[each], end[each]) for each in asked}

    def close(self) -> None:
        """Leave the group and close connections."""
        self._consumer.close(autocommit=False, timeout_ms=2000)

    def _join(self) -> None:
        """Have a join of the group finished that was begun.

        kafka-python 3.0 forgets one that takes longer than a poll when its reason is gone by the next: it holds the
        partitions, and reads none of them ever again.
        """
        coordinator = self._consumer._coordinator
        if coordinator.rejoining and not coordinator.need_rejoin():
            coordinator.request_rejoin()

    def _position(self, ours: TopicPartition) -> int | None:
        if ours not in self._consumer.assignment():
            return None
        position: int | None = self._consumer.position(ours, timeout_ms=0)
        return position


class KafkaPythonSender:
    """Writes records with kafka-python.

    Args:
        options: of the consumer; those that a producer has as well are its own.
    """

    def __init__(self, options: Mapping[str, Any]) -> None:
        shared = {name: value for name, value in options.items() if name in KafkaProducer.DEFAULT_CONFIG}
        with translated("[kafka]"):
            self._producer = KafkaProducer(**{"metrics_enabled": False, **shared, "acks": "all"})

    def send(self, topic: str, values: Sequence[tuple[bytes, Mapping[str, str]]]) -> None:
        """Write records."""
        with translated(f"topic {topic!r}"):
            sent = [
                self._producer.send(
                    topic, value, headers=[(name, text.encode()) for name, text in headers.items()]
                )
                for value, headers in values
            ]
            for each in sent:
                each.get(_SECONDS)

    def close(self) -> None:
        """Close connections."""
        self._producer.close(timeout=_SECONDS)


class _Listener(ConsumerRebalanceListener):  # type: ignore[misc]
    """Told of partitions that were given or taken; runs on the client's own thread, so it only notes them."""

    def __init__(self, consumer: KafkaConsumer, given: dict[Partition, int]) -> None:
        self._consumer, self._given = consumer, given
        self._times = 0

    def on_partitions_assigned(self, assigned: Sequence[TopicPartition]) -> None:
        """Hold what was given: a position keeps the client from looking for a committed one."""
        self._times += 1
        for ours in assigned:
            self._consumer.seek(ours, 0)
            self._consumer.pause(ours)
            self._given[Partition(*ours)] = self._times

    def on_partitions_revoked(self, revoked: Sequence[TopicPartition]) -> None:
        """Forget what was taken."""
        for ours in revoked:
            self._given.pop(Partition(*ours), None)


@contextmanager
def translated(where: str) -> Iterator[None]:
    """Raise the client's errors as zipline's."""
    try:
        yield
    except OffsetOutOfRangeError as error:
        raise StreamError(
            f"an offset is to be read that the topic does not have: {error}", where=where,
            hint="it has lost records that were not applied: load a new fill with zipline materialize",
        ) from error  # fmt: skip
    except RetriableError as error:
        raise TryAgain(f"{type(error).__name__}: {error}", where=where, hint=REACH) from error
    except (KafkaError, OSError) as error:
        raise StreamError(f"{type(error).__name__}: {error}", where=where, hint=REACH) from error
