"""The options of [kafka] in the words of Spark's source."""

from __future__ import annotations

from pathlib import Path

import pytest

from zipline.errors import ConfigError
from zipline.online.spark.options import source_options


def test_a_secured_cluster(tmp_path: Path) -> None:
    """Files go as what is in them; who logs in goes as Java's login modules are told."""
    authority = tmp_path / "ca.pem"
    authority.write_text("-----BEGIN CERTIFICATE-----\n")
    assert source_options(
        {
            "bootstrap_servers": "kafka:9093", "security_protocol": "SASL_SSL", "ssl_cafile": str(authority),
            "sasl_mechanism": "SCRAM-SHA-512", "sasl_plain_username": "zipline", "sasl_plain_password": 'a"b\\c',
            "ssl_check_hostname": False, "group_id": "mine", "heartbeat_interval_ms": 200,
        }
    ) == {
        "kafka.bootstrap.servers": "kafka:9093",
        "kafka.security.protocol": "SASL_SSL",
        "kafka.ssl.truststore.type": "PEM",
        "kafka.ssl.truststore.certificates": "-----BEGIN CERTIFICATE-----\n",
        "kafka.sasl.mechanism": "SCRAM-SHA-512",
        "kafka.ssl.endpoint.identification.algorithm": "",
        "kafka.sasl.jaas.config": "org.apache.kafka.common.security.scram.ScramLoginModule required "
        'username="zipline" password="a\\"b\\\\c";',
    }  # fmt: skip


def test_the_other_client(tmp_path: Path) -> None:
    key = tmp_path / "key.pem"
    key.write_text("-----BEGIN PRIVATE KEY-----\n")
    assert source_options(
        {
            "sasl.mechanisms": "PLAIN", "sasl.username": "a", "sasl.password": "b", "ssl.key.location": str(key),
            "fetch.wait.max.ms": 20, "check.crcs": True,
        }
    ) == {
        "kafka.sasl.mechanism": "PLAIN",
        "kafka.sasl.jaas.config": "org.apache.kafka.common.security.plain.PlainLoginModule required "
        'username="a" password="b";',
        "kafka.ssl.keystore.type": "PEM",
        "kafka.ssl.keystore.key": "-----BEGIN PRIVATE KEY-----\n",
        "kafka.fetch.max.wait.ms": "20",
        "kafka.check.crcs": "true",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"socks5_proxy": "x"}, "'socks5_proxy' has no counterpart in Spark's Kafka source"),
        ({"ssl_cafile": "nowhere.pem"}, "ssl_cafile = 'nowhere.pem' cannot be read as a file in PEM"),
        (
            {"sasl_plain_username": "a", "sasl_mechanism": "OAUTHBEARER"},
            "sasl_mechanism 'OAUTHBEARER' with a user and password is not known",
        ),
    ],
)
def test_what_has_no_counterpart(options: dict[str, str], message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        source_options(options)
    assert caught.value.where == "[kafka]"
    assert caught.value.message.startswith(message)
    assert caught.value.hint
