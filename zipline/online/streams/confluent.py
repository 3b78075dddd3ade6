"""confluent-kafka, the faster client: an extra."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any

import numpy as np
from confluent_kafka import Consumer, KafkaError, KafkaException, Message, Producer, TopicPartition

from zipline.errors import ConfigError, StreamError
from zipline.online.streams.base import Partition, TryAgain
from zipline.online.streams.kafka_reader import REACH, Records
from zipline.online.streams.record_values import values_of

# Offsets live in the state: the group only deals out partitions, and an offset that is not there is an error.
_FIXED = {"enable.auto.commit": False, "enable.auto.offset.store": False, "auto.offset.reset": "error"}
_USUAL = {"allow.auto.create.topics": False, "partition.assignment.strategy": "range,roundrobin"}
_ALONE = "zipline"
"""librdkafka wants a group also where partitions are assigned by hand; nothing is written to it."""
_SECONDS = 5.0
_LINGER = 0.02
"""Seconds to wait for more records: a batch costs something, however small it is."""


class Confluent:
    """Reads topics with confluent-kafka.

    Args:
        options: of the client; `bootstrap_servers` is the same as its `bootstrap.servers`.
        group: that deals out partitions; None for one who assigns them.
    """

    def __init__(self, options: Mapping[str, Any], group: str | None = None) -> None:
        said = {name.replace("_", "."): value for name, value in options.items()}
        try:
            settled = {**_USUAL, **said, **_FIXED, "group.id": group or _ALONE}
            self._consumer = Consumer(settled, logger=logging.getLogger("confluent_kafka"))
        except (KafkaException, TypeError, ValueError) as error:
            raise ConfigError(
                f"confluent-kafka does not take its options: {_reason(error)}", where="[kafka]",
                hint="its options are librdkafka's, with dots or underscores",
            ) from None  # fmt: skip
        self.given: dict[Partition, int] = {}
        self._times = 0
        self._failure: StreamError | None = None

    def subscribe(self, topics: Sequence[str]) -> None:
        """Join the group."""
        self._consumer.subscribe(list(topics), on_assign=self._assigned, on_revoke=self._revoked)

    def assign(self, partitions: Sequence[Partition]) -> None:
        """Take partitions."""
        self._assigned(self._consumer, [TopicPartition(*each) for each in partitions])

    def seek(self, partition: Partition, offset: int) -> None:
        """Read from an offset."""
        if partition in self.given:
            theirs = TopicPartition(*partition, offset)
            try:
                self._consumer.seek(theirs)
                self._consumer.resume([theirs])
            except KafkaException as error:
                raise _error(error.args[0]) from error

    def poll(self, timeout: float, rows: int) -> Mapping[Partition, Records]:
        """Return records."""
        if self._failure is not None:
            failure, self._failure = self._failure, None
            raise failure
        messages = self._consumer.consume(rows, min(timeout, _LINGER))
        if not messages:
            messages = self._consumer.consume(1, timeout)
            messages += self._consumer.consume(rows, 0) if messages else []
        # What stands beside an error has been read: it would be missing where the error is raised at once.
        errors = [error for error in map(Message.error, messages) if error is not None]
        if errors:
            self._failure = _error(errors[0])
            messages = [message for message in messages if message.error() is None]
        return _records(messages)

    def partitions(self, topic: str) -> tuple[Partition, ...]:
        """Return a topic's partitions."""
        try:
            found = self._consumer.list_topics(topic, timeout=_SECONDS).topics[topic]
        except KafkaException as error:
            raise _error(error.args[0]) from error
        if found.error is not None or not found.partitions:
            raise StreamError(
                "there is no such topic", where=f"topic {topic!r}", hint="create it, or let us read it"
            )
        return tuple(Partition(topic, number) for number in sorted(found.partitions))

    def bounds(self, partitions: Sequence[Partition]) -> Mapping[Partition, tuple[int, int]] | None:
        """Ask for first offsets and ends."""
        try:
            return {
                each: self._consumer.get_watermark_offsets(TopicPartition(*each), timeout=_SECONDS)
                for each in partitions
            }
        except KafkaException as error:
            failure = _error(error.args[0])
            if isinstance(failure, TryAgain):
                return None
            raise failure from error

    def close(self) -> None:
        """Leave the group and close connections."""
        self._consumer.close()

    def _assigned(self, consumer: Consumer, partitions: Sequence[TopicPartition]) -> None:
        """Hold what was given: a position keeps the client from looking for a committed one."""
        self._times += 1
        held = [TopicPartition(each.topic, each.partition, 0) for each in partitions]
        consumer.assign(held)
        consumer.pause(held)
        self.given |= {Partition(each.topic, each.partition): self._times for each in held}

    def _revoked(self, consumer: Consumer, partitions: Sequence[TopicPartition]) -> None:
        """Forget what was taken."""
        for each in partitions:
            self.given.pop(Partition(each.topic, each.partition), None)
        consumer.unassign()


class ConfluentSender:
    """Writes records with confluent-kafka.

    Args:
        options: of the client.
    """

    def __init__(self, options: Mapping[str, Any]) -> None:
        said = {name.replace("_", "."): value for name, value in options.items()}
        said.pop("group.id", None)
        self._producer = Producer({**said, "acks": "all"}, logger=logging.getLogger("confluent_kafka"))

    def send(self, topic: str, values: Sequence[tuple[bytes, Mapping[str, str]]]) -> None:
        """Write records."""
        failures: list[KafkaError] = []

        def note(error: KafkaError | None, message: object) -> None:
            if error is not None:
                failures.append(error)

        for value, headers in values:
            self._producer.produce(topic, value, headers=list(headers.items()), on_delivery=note)
        if self._producer.flush(2 * _SECONDS):
            raise TryAgain(f"topic {topic!r} does not take dead letters", where="Kafka", hint=REACH)
        if failures:
            raise _error(failures[0])

    def close(self) -> None:
        """Nothing is left to be sent."""


def _records(messages: Sequence[Message]) -> dict[Partition, Records]:
    """Return messages by partition, in their order."""
    count = len(messages)
    values = values_of(list(map(Message.value, messages)))
    offsets, numbers, millis = (
        np.fromiter(each, np.int64, count)
        for each in (
            map(Message.offset, messages),
            map(Message.partition, messages),
            map(itemgetter(1), map(Message.timestamp, messages)),
        )
    )
    topics = [str(topic) for topic in map(Message.topic, messages)]
    found: dict[Partition, Records] = {}
    for topic in dict.fromkeys(topics):
        ours = np.fromiter(map(topic.__eq__, topics), np.bool_, count)
        for number in np.unique(numbers[ours]).tolist():
            at = np.flatnonzero(ours & (numbers == number))
            stop = int(offsets[at[-1]]) + 1
            found[Partition(topic, number)] = Records(values.take(at), offsets[at], millis[at], stop)
    return found


def _error(error: KafkaError) -> StreamError:
    """Return zipline's error of one of the client's."""
    text = f"{error.name()}: {error.str()}"
    if error.code() in (KafkaError.OFFSET_OUT_OF_RANGE, KafkaError._AUTO_OFFSET_RESET):
        return StreamError(
            f"an offset is to be read that the topic does not have: {text}", where="Kafka",
            hint="it has lost records that were not applied: load a new fill with zipline materialize",
        )  # fmt: skip
    if error.fatal() or error.code() in _REFUSED:
        return StreamError(text, where="Kafka", hint=REACH)
    return TryAgain(text, where="Kafka", hint=REACH)


_REFUSED = (
    KafkaError._AUTHENTICATION, KafkaError.SASL_AUTHENTICATION_FAILED, KafkaError.TOPIC_AUTHORIZATION_FAILED,
    KafkaError.GROUP_AUTHORIZATION_FAILED, KafkaError.CLUSTER_AUTHORIZATION_FAILED, KafkaError._SSL,
)  # fmt: skip


def _reason(error: Exception) -> str:
    first = error.args[0] if error.args else error
    return first.str() if isinstance(first, KafkaError) else str(error)
