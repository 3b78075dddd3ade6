"""Messages of confluent-kafka as records: what stands beside an error is not lost."""

from __future__ import annotations

from typing import Any

import pytest
from confluent_kafka import KafkaError, Message

from zipline.online.streams.base import Partition, TryAgain
from zipline.online.streams.confluent import Confluent


class Consumer:
    """Gives messages that were laid up for each call."""

    def __init__(self, *calls: list[Message]) -> None:
        self.calls = list(calls)

    def consume(self, rows: int, timeout: float) -> list[Message]:
        return self.calls.pop(0) if self.calls else []


def client(*calls: list[Message]) -> Confluent:
    made: Any = Confluent({"bootstrap_servers": "127.0.0.1:1"})
    made._consumer = Consumer(*calls)
    return made  # type: ignore[no-any-return]


def message(topic: str, number: int, offset: int, value: bytes | None) -> Message:
    return Message(topic=topic, partition=number, offset=offset, value=value, timestamp=(1, 7 * offset))


def test_messages_are_put_together_by_partition_in_their_order() -> None:
    mixed = [
        message("a", 0, 4, b"x"), message("b", 0, 1, None), message("a", 1, 2, b""), message("a", 0, 6, b"y"),
    ]  # fmt: skip
    found = client(mixed).poll(0.0, 10)
    assert {
        place: (list(each.values), list(each.offsets), list(each.millis), each.stop)
        for place, each in found.items()
    } == {
        Partition("a", 0): ([b"x", b"y"], [4, 6], [28, 42], 7),
        Partition("a", 1): ([b""], [2], [14], 3),
        Partition("b", 0): ([None], [1], [7], 2),
    }


def test_nothing_at_first_and_then_all_that_has_come() -> None:
    first, rest = [message("a", 0, 0, b"x")], [message("a", 0, 1, b"y")]
    (records,) = client([], first, rest).poll(1.0, 10).values()
    assert list(records.values) == [b"x", b"y"]
    assert client([], []).poll(0.0, 10) == {}


def test_an_error_is_raised_after_what_stands_beside_it() -> None:
    gone = Message(topic="a", partition=0, error=KafkaError(KafkaError._TRANSPORT, "gone"))
    polled = client([message("a", 0, 0, b"x"), gone, message("a", 0, 1, b"y")])
    (records,) = polled.poll(0.0, 10).values()
    assert (list(records.values), records.stop) == ([b"x", b"y"], 2)
    with pytest.raises(TryAgain, match="_TRANSPORT: gone"):
        polled.poll(0.0, 10)
    assert polled.poll(0.0, 10) == {}
