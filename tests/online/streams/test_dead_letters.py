"""Dead letters in files."""

from __future__ import annotations

import json
from pathlib import Path

from zipline.online.streams.base import Partition
from zipline.online.streams.dead_letters import DeadLetterFolder, DeadLetterTopic, Letter


def letter(source: str, offset: int, value: bytes) -> Letter:
    return Letter(source, Partition("flights", 2), offset, {"delays@1": "not JSON"}, value)


def test_each_source_has_a_file(tmp_path: Path) -> None:
    letters = DeadLetterFolder(tmp_path / "dead")
    letters.write([letter("flights", 1, b"{"), letter("clicks", 5, b"\xff"), letter("flights", 2, b"\n")])
    letters.write([letter("flights", 3, b"")])
    letters.close()
    flights = [json.loads(line) for line in (tmp_path / "dead/flights.jsonl").read_text().splitlines()]
    assert [(each["offset"], each["value"]) for each in flights] == [(1, "{"), (2, "\n"), (3, "")]
    (click,) = (json.loads(line) for line in (tmp_path / "dead/clicks.jsonl").read_text().splitlines())
    assert click == {
        "source": "clicks", "topic": "flights", "partition": 2, "offset": 5, "reasons": {"delays@1": "not JSON"},
        "base64": "/w==",
    }  # fmt: skip


def test_a_topic_is_opened_when_there_is_something_to_tell() -> None:
    opened: list[object] = []

    class Sender:
        def __init__(self) -> None:
            opened.append(self)
            self.sent: list[object] = []

        def send(self, topic: str, values: object) -> None:
            self.sent += [topic, values]

        def close(self) -> None:
            opened.append("closed")

    letters = DeadLetterTopic("dead", Sender)
    letters.close()
    assert opened == []
    letters.write([letter("flights", 1, b"{")])
    letters.write([letter("flights", 2, b"}")])
    letters.close()
    sender, closed = opened
    assert closed == "closed"
    assert isinstance(sender, Sender)
    headers = {
        "source": "flights",
        "topic": "flights",
        "partition": "2",
        "offset": "1",
        "reasons": '{"delays@1": "not JSON"}',
    }
    assert sender.sent[:2] == ["dead", [(b"{", headers)]]
