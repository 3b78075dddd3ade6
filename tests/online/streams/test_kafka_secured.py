"""A broker that speaks TLS and asks for a password: what that takes are options of the client, from zipline.toml."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.online.streams.definitions import flights
from tests.online.streams.test_kafka_reader import poll
from tests.services.certificate import make_certificate
from tests.services.kafka import MECHANISM, PASSWORD, USER, Broker, broker
from zipline import Kafka
from zipline.configuration import read_settings
from zipline.errors import StreamError
from zipline.online.streams.base import Partition
from zipline.online.streams.dead_letters import Letter
from zipline.online.streams.opening import Streams

KAFKA_PYTHON = """
[kafka]
client = "kafka-python"
bootstrap_servers = "{address}"
security_protocol = "SASL_SSL"
sasl_mechanism = "{mechanism}"
sasl_plain_username = "{user}"
sasl_plain_password = "${{KAFKA_PASSWORD}}"
ssl_cafile = "{certificate}"
bootstrap_timeout_ms = 3000
dead_letters = "{dead_letters}"
"""
CONFLUENT = """
[kafka]
client = "confluent"
bootstrap_servers = "{address}"
security_protocol = "SASL_SSL"
sasl_mechanism = "{mechanism}"
sasl_username = "{user}"
sasl_password = "${{KAFKA_PASSWORD}}"
ssl_ca_location = "{certificate}"
dead_letters = "{dead_letters}"
"""
both = pytest.mark.parametrize("text", [KAFKA_PYTHON, CONFLUENT], ids=["kafka-python", "confluent"])


class Secured(NamedTuple):
    broker: Broker
    certificate: Path


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    certificate, key = make_certificate(tmp_path_factory.mktemp("tls"))
    with broker((certificate, key)) as found:
        yield Secured(found, certificate)


def streams(text: str, secured: Secured, folder: Path, **changed: object) -> Streams:
    """Return the streams of a repository whose zipline.toml is so."""
    said = {
        "address": secured.broker.secured, "mechanism": MECHANISM, "user": USER, "certificate": secured.certificate,
        "dead_letters": "dead",
    }  # fmt: skip
    (folder / "zipline.toml").write_text(text.format(**(said | changed)))
    return Streams(read_settings(folder / "zipline.toml"), folder)


@both
def test_records_are_read_and_dead_letters_written(
    text: str, secured: Secured, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KAFKA_PASSWORD", PASSWORD)
    topic, dead = secured.broker.topic("flights"), secured.broker.topic("dead")
    secured.broker.produce(topic, b"a", b"b")
    opened = streams(text, secured, tmp_path, dead_letters=dead)
    place = opened.place(flights(stream=Kafka(topic)))
    assert place is not None
    letters = opened.dead_letters()
    letters.write([Letter("flights", Partition(topic, 0), 1, {"delays@1": "it is no JSON"}, b"b")])
    letters.close()
    for each, values in ((topic, [b"a", b"b"]), (dead, [b"b"])):
        reader = opened.reader(place.channel, None)
        try:
            partitions = reader.partitions(each)
            reader.assign(partitions)
            reader.seek(partitions[0], 0)
            assert [value for batch in poll(reader, len(values)) for value in batch.values] == values
        finally:
            reader.close()


@both
@pytest.mark.parametrize("wrong", ["password", "certificate"])
def test_a_wrong_word_is_told_and_no_secret(
    text: str, secured: Secured, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wrong: str
) -> None:
    monkeypatch.setenv("KAFKA_PASSWORD", "battery staple" if wrong == "password" else PASSWORD)
    another, _ = make_certificate(tmp_path)
    changed = {"certificate": another} if wrong == "certificate" else {}
    topic = secured.broker.topic("flights")
    opened = streams(text, secured, tmp_path, **changed)
    place = opened.place(flights(stream=Kafka(topic)))
    assert place is not None
    with pytest.raises(StreamError) as raised:
        opened.reader(place.channel, None).partitions(topic)
    assert "are [kafka] bootstrap_servers and the options of security right?" in str(raised.value)
    assert "battery staple" not in str(raised.value)
