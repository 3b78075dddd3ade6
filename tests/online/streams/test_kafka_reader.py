"""Both clients against a real broker: offsets, ends, groups, and what cannot be read."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, TypeAlias

import pytest

from tests.services.kafka import SECONDS, Broker, broker
from zipline.errors import ConfigError, StreamError
from zipline.online.streams.base import Batch, LogReader, Partition, TryAgain
from zipline.online.streams.confluent import Confluent
from zipline.online.streams.kafka_python import KafkaPython
from zipline.online.streams.kafka_reader import KafkaReader

Client: TypeAlias = type[KafkaPython] | type[Confluent]
both = pytest.mark.parametrize("client", [KafkaPython, Confluent])
SETTLED = {KafkaPython: {"heartbeat_interval_ms": 200}, Confluent: {"heartbeat.interval.ms": 200}}


@contextmanager
def reading(client: Client, found: Broker, group: str | None = None) -> Iterator[KafkaReader]:
    options: dict[str, Any] = {"bootstrap_servers": found.address, **SETTLED[client]}
    reader = KafkaReader(client(options, group))
    try:
        yield reader
    finally:
        reader.close()


def until(ready: Callable[[], Any]) -> Any:
    """Try again until there is an answer; the test fails when it takes far too long."""
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        if answer := ready():
            return answer
    raise TimeoutError


def poll(reader: LogReader, records: int) -> list[Batch]:
    """Return batches with so many records."""
    found: list[Batch] = []

    def enough() -> bool:
        found.extend(batch for batch in reader.poll(0.2, 1000) if len(batch))
        return sum(map(len, found)) >= records

    until(enough)
    return found


@both
def test_records_are_read_from_where_it_says(client: Client, kafka_broker: Broker) -> None:
    topic = kafka_broker.topic("flights", 2)
    now = time.time_ns() // 1_000_000
    kafka_broker.produce(topic, b"a", None, b"c", times=[now, now + 1, now - 5])
    with reading(client, kafka_broker) as reader:
        zero, one = reader.partitions(topic)
        assert reader.bounds([zero, one]) == {zero: (0, 3), one: (0, 0)}
        reader.assign([zero, one])
        assert set(reader.assignment()) == {zero, one}
        reader.seek(zero, 1)
        (batch,) = poll(reader, 2)
        assert (batch.partition, batch.start, batch.stop) == (zero, 1, 3)
        assert (list(batch.values), batch.positions.tolist()) == ([None, b"c"], [1, 2])
        assert batch.arrivals.tolist() == [(now + 1) * 1000, (now - 5) * 1000]
        assert batch.watermark == (now - 5) * 1000
        reader.seek(zero, 0)
        (again,) = poll(reader, 3)
        assert (again.start, again.stop, reader.lags()) == (0, 3, {zero: 0})


@both
def test_a_partition_that_is_read_to_its_end_says_so(client: Client, kafka_broker: Broker) -> None:
    topic = kafka_broker.topic("quiet")
    before = time.time_ns() // 1000
    with reading(client, kafka_broker) as reader:
        (partition,) = reader.partitions(topic)
        reader.assign([partition])
        assert reader.poll(0.1, 10) == []  # held until it is sought
        reader.seek(partition, 0)
        batch = until(lambda: reader.poll(0.1, 10))[0]
        assert (batch.start, batch.stop, len(batch)) == (0, 0, 0)
        assert before < batch.watermark < time.time_ns() // 1000
        kafka_broker.produce(topic, b"a")
        assert poll(reader, 1)[0].start == 0


@both
def test_an_offset_that_is_not_there_is_an_error(client: Client, kafka_broker: Broker) -> None:
    topic = kafka_broker.topic("flights")
    kafka_broker.produce(topic, b"a", b"b")
    with reading(client, kafka_broker) as reader:
        (partition,) = reader.partitions(topic)
        reader.assign([partition])
        with pytest.raises(StreamError, match="offset 3 is to be read, and partition 0 has 0 to 2") as caught:
            reader.seek(partition, 3)
        assert caught.value.where == f"topic {topic!r}"
        assert "load a new fill with zipline materialize" in str(caught.value.hint)
        reader.seek(partition, 2)
        reader._client.seek(partition, 3)  # as if the topic had lost its end since
        with pytest.raises(StreamError, match="an offset is to be read that the topic does not have"):
            until(lambda: reader._client.poll(0.2, 10))


@both
def test_offsets_that_retention_took_are_an_error(client: Client, kafka_broker: Broker) -> None:
    topic = kafka_broker.topic("short", settings={"retention.ms": "1000", "segment.ms": "1000"})
    kafka_broker.produce(topic, b"old", times=[1000])
    with reading(client, kafka_broker) as reader:
        (partition,) = reader.partitions(topic)
        reader.assign([partition])
        until(lambda: reader.bounds([partition])[partition] == (1, 1))
        with pytest.raises(StreamError, match="offset 0 is to be read, and partition 0 has 1 to 1"):
            reader.seek(partition, 0)


class Member:
    """Reads what the group gives it, always from the beginning."""

    def __init__(self, reader: KafkaReader, topic: str) -> None:
        self.reader = reader
        self.sought: dict[Partition, int] = {}
        self.read: list[tuple[int, bytes | None]] = []
        reader.subscribe([topic])

    def turn(self) -> list[tuple[int, bytes | None]]:
        """Poll once, seek what was given, and return what was read so far."""
        for batch in self.reader.poll(0.05, 10):
            self.read += [(batch.partition.number, value) for value in batch.values]
        given = dict(self.reader.assignment())
        for partition, times in given.items():
            if self.sought.get(partition) != times:
                self.reader.seek(partition, 0)
        self.sought = given
        return self.read


@both
def test_a_group_shares_partitions(client: Client, kafka_broker: Broker) -> None:
    topic = kafka_broker.topic("shared", 2)
    kafka_broker.produce(topic, b"a")
    kafka_broker.produce(topic, b"b", partition=1)

    def turn(*members: Member) -> bool:
        for each in members:
            each.turn()
        return True

    with reading(client, kafka_broker, topic) as one:
        first = Member(one, topic)
        until(lambda: turn(first) and set(first.read) == {(0, b"a"), (1, b"b")})
        before = first.sought
        with reading(client, kafka_broker, topic) as two:
            second = Member(two, topic)
            until(lambda: turn(first, second) and len(first.sought) == len(second.sought) == 1)
            assert {*first.sought, *second.sought} == {Partition(topic, 0), Partition(topic, 1)}
            ((kept, times),) = first.sought.items()
            assert times > before[kept]  # it was given again: whoever had it meanwhile may have gone on
            until(lambda: turn(first, second) and second.read)
        until(lambda: turn(first) and len(first.sought) == 2)


def test_a_join_that_kafka_python_forgets_is_finished(kafka_broker: Broker) -> None:
    """What it was begun for is gone before it is done, as when the topic's partitions are not told for a moment."""
    topic = kafka_broker.topic("forgotten")
    kafka_broker.produce(topic, b"a")
    with reading(KafkaPython, kafka_broker, topic) as reader:
        member = Member(reader, topic)
        until(member.turn)
        coordinator = reader._client._consumer._coordinator  # type: ignore[attr-defined]
        kept, coordinator._assignment_snapshot = coordinator._assignment_snapshot, {topic: {7}}
        until(lambda: reader.poll(0, 10) or coordinator.rejoining)
        coordinator._assignment_snapshot = kept
        assert reader.assignment() == {}
        member.read.clear()
        until(member.turn)


@both
def test_a_topic_that_is_not_there(client: Client, kafka_broker: Broker) -> None:
    with reading(client, kafka_broker) as reader:
        with pytest.raises(StreamError, match="there is no such topic") as caught:
            reader.subscribe(["nope"])
        assert (caught.value.where, caught.value.hint) == ("topic 'nope'", "create it, or let us read it")


@both
def test_a_broker_that_is_not_there(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zipline.online.streams.confluent._SECONDS", 0.3)
    patience = {KafkaPython: {"bootstrap_timeout_ms": 300}, Confluent: {}}
    with pytest.raises(TryAgain, match=r"bootstrap|Broker transport failure") as caught:
        client({"bootstrap_servers": "127.0.0.1:9", **patience[client]}).partitions("x")
    assert "is the broker up" in str(caught.value.hint)


def test_options_that_a_client_does_not_know() -> None:
    with pytest.raises(ConfigError, match="kafka-python has no option 'nonsense'") as caught:
        KafkaPython({"nonsense": 1})
    assert "its options are those of its KafkaConsumer" in str(caught.value.hint)
    with pytest.raises(ConfigError, match=r'does not take its options: .*"nonsense"') as caught:
        Confluent({"nonsense": 1})
    assert caught.value.hint == "its options are librdkafka's, with dots or underscores"


def next_batch(reader: KafkaReader) -> Batch | None:
    try:
        return next((batch for batch in reader.poll(0.1, 10) if len(batch)), None)
    except TryAgain:
        return None


def test_a_broker_that_ends_and_comes_again() -> None:
    with broker() as own, reading(KafkaPython, own) as one, reading(Confluent, own) as other:
        topic = own.topic("flights")
        own.produce(topic, b"a")
        for reader in (one, other):
            (partition,) = reader.partitions(topic)
            reader.assign([partition])
            reader.seek(partition, 0)
            poll(reader, 1)
        own.kill()
        assert [reader.poll(0.01, 10) for reader in (one, other)] == [[], []]
        own.start()
        own.produce(topic, b"b")
        for reader in (one, other):
            batch = until(partial(next_batch, reader))
            assert (batch.start, batch.stop, list(batch.values)) == (1, 2, [b"b"])
