"""The options of `[kafka]` as Spark's Kafka source has them: those of the Java client, after `kafka.`.

Files of certificates are read here and sent as what is in them, since executors do not have them.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from zipline.errors import ConfigError

_SAME: Final = (
    "bootstrap_servers", "security_protocol", "client_id", "client_dns_lookup", "client_rack", "check_crcs",
    "fetch_max_bytes", "fetch_max_wait_ms", "fetch_min_bytes", "isolation_level", "max_partition_fetch_bytes",
    "metadata_max_age_ms", "connections_max_idle_ms", "request_timeout_ms", "retry_backoff_ms",
    "reconnect_backoff_ms", "reconnect_backoff_max_ms", "receive_buffer_bytes", "send_buffer_bytes",
    "max_poll_records", "sasl_kerberos_service_name",
)  # fmt: skip
"""Those that the Java client calls the same, with dots."""
_OTHERS: Final = {
    "sasl_mechanism": "sasl.mechanism",
    "sasl_mechanisms": "sasl.mechanism",
    "ssl_password": "ssl.key.password",
    "ssl_key_password": "ssl.key.password",
    "fetch_wait_max_ms": "fetch.max.wait.ms",
    "socket_receive_buffer_bytes": "receive.buffer.bytes",
    "socket_send_buffer_bytes": "send.buffer.bytes",
}
_FILES: Final = {
    "ssl_cafile": ("ssl.truststore", "ssl.truststore.certificates"),
    "ssl_ca_location": ("ssl.truststore", "ssl.truststore.certificates"),
    "ssl_certfile": ("ssl.keystore", "ssl.keystore.certificate.chain"),
    "ssl_certificate_location": ("ssl.keystore", "ssl.keystore.certificate.chain"),
    "ssl_keyfile": ("ssl.keystore", "ssl.keystore.key"),
    "ssl_key_location": ("ssl.keystore", "ssl.keystore.key"),
}
"""Option -> the store of keys that its file, in PEM, makes, and the option that takes what is in it."""
_USER: Final = ("sasl_plain_username", "sasl_username")
_PASSWORD: Final = ("sasl_plain_password", "sasl_password")
_GROUP: Final = (
    "group_id", "group_instance_id", "heartbeat_interval_ms", "session_timeout_ms", "max_poll_interval_ms",
    "partition_assignment_strategy",
)  # fmt: skip
"""Those of a consumer group, which a query has none of: it reads all partitions itself."""
_JAAS: Final = {
    "PLAIN": "org.apache.kafka.common.security.plain.PlainLoginModule",
    "SCRAM-SHA-256": "org.apache.kafka.common.security.scram.ScramLoginModule",
    "SCRAM-SHA-512": "org.apache.kafka.common.security.scram.ScramLoginModule",
}


def source_options(options: Mapping[str, Any]) -> dict[str, str]:
    """Return the options of Spark's source for those of a Kafka client, kafka-python's or confluent-kafka's.

    Raises:
        ConfigError: an option has no counterpart, or a file cannot be read.

    >>> source_options({"bootstrap_servers": "kafka:9092", "fetch_min_bytes": 9})
    {'kafka.bootstrap.servers': 'kafka:9092', 'kafka.fetch.min.bytes': '9'}
    """
    plain = {name.replace(".", "_"): value for name, value in options.items()}
    found: dict[str, str] = {}
    for name, value in plain.items():
        found |= _one(name, value)
    found |= _login(plain)
    return {f"kafka.{name}": value for name, value in found.items()}


def _one(name: str, value: Any) -> dict[str, str]:
    if name in _SAME:
        return {name.replace("_", "."): _text(value)}
    if name in _OTHERS:
        return {_OTHERS[name]: _text(value)}
    if name in _FILES:
        store, option = _FILES[name]
        return {f"{store}.type": "PEM", option: _read(name, value)}
    if name == "ssl_check_hostname":
        return {} if value else {"ssl.endpoint.identification.algorithm": ""}
    if name in (*_USER, *_PASSWORD, *_GROUP):
        return {}
    raise ConfigError(
        f"{name!r} has no counterpart in Spark's Kafka source", where="[kafka]",
        hint="leave it out, perhaps in a profile of its own; or stream without --engine spark",
    )  # fmt: skip


def _login(plain: Mapping[str, Any]) -> dict[str, str]:
    """Return who logs in, as Java's login modules are told it."""
    user = next((str(plain[name]) for name in _USER if name in plain), None)
    if user is None:
        return {}
    password = next((str(plain[name]) for name in _PASSWORD if name in plain), "")
    mechanism = str(plain.get("sasl_mechanism", plain.get("sasl_mechanisms", "PLAIN")))
    if mechanism not in _JAAS:
        raise ConfigError(
            f"sasl_mechanism {mechanism!r} with a user and password is not known for Spark's Kafka source",
            where="[kafka]",
            hint=f"allowed: {', '.join(_JAAS)}; or stream without --engine spark",
        )
    said = f"{_JAAS[mechanism]} required username={_quoted(user)} password={_quoted(password)};"
    return {"sasl.jaas.config": said}


def _quoted(text: str) -> str:
    """Return a text as JAAS has it: with backslashes before quotes and backslashes."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _read(name: str, value: Any) -> str:
    try:
        return Path(str(value)).read_text(encoding="ascii")
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"{name} = {str(value)!r} cannot be read as a file in PEM: {error}", where="[kafka]",
            hint="name a file that is there, in PEM",
        ) from error  # fmt: skip
