"""What `zipline.toml` may say, typed, with the defaults."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from zipline.errors import ConfigError
from zipline.machine import machine_memory
from zipline.time import UNITS
from zipline.variables import Variables

_SIZE = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*(B|KB|MB|GB|TB|KiB|MiB|GiB|TiB|%)")
_BYTES = {
    "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12,
    "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40,
}  # fmt: skip


def parse_size(text: str) -> int:
    """Return a size in bytes, given as `4GB`, `512MiB` or a share of the machine's memory such as `60%`.

    >>> parse_size("1.5GB")
    1500000000
    """
    match = _SIZE.fullmatch(text.strip())
    if match is None or float(match[1]) <= 0:
        raise ConfigError(
            f"{text!r} is not a size", hint="write a number and a unit, such as '4GB', '512MiB' or '60%'"
        )
    if match[2] == "%":
        return int(machine_memory() * float(match[1]) / 100)
    return int(float(match[1]) * _BYTES[match[2]])


@dataclass(frozen=True)
class DuckDBSettings:
    """`[duckdb]` in zipline.toml.

    Attributes:
        memory_limit: bytes that scan, kernel and assembly may use together.
        threads: of the scan and of the kernel.
        temp_directory: where partitions and sorts spill; a new folder of the system's unless given.
    """

    memory_limit: int = field(default_factory=lambda: parse_size("60%"))
    threads: int = field(default_factory=lambda: os.cpu_count() or 1)
    temp_directory: str | None = None


@dataclass(frozen=True)
class SparkSettings:
    """`[spark]` in zipline.toml. Texts may hold `${name}`, see `Settings.located`.

    Attributes:
        master: of a session that zipline starts: `local[*]`, `spark://host:7077`, `yarn`, `k8s://...`, or `sc://host`
            of Spark Connect. A session that is active is used as it is.
        task_memory: bytes of events and observations that one task answers together.
        task_events: of one key: where it has more, its time is cut into ranges, and each is a task's of its own.
        options: every other key, handed to Spark under its own name.
    """

    master: str = "local[*]"
    task_memory: int = 256 * 2**20
    task_events: int = 50_000_000
    options: Mapping[str, str | int | float | bool] = field(default_factory=dict)


@dataclass(frozen=True)
class RegistrySettings:
    """`[registry]` in zipline.toml.

    Attributes:
        path: a folder, relative to the repository, or an fsspec URL; may hold `${name}`, see `Settings.located`.
        record_usage: whether it is written down which version is used, by what, and when.
    """

    path: str = "registry"
    record_usage: bool = False


@dataclass(frozen=True)
class LintSettings:
    """`[lint]` in zipline.toml.

    Attributes:
        ignore: rules, or `rule:view`, `rule:view:feature`, `rule:source`, whose findings are not wanted.
    """

    ignore: tuple[str, ...] = ()


@dataclass(frozen=True)
class OnlineSettings:
    """`[online]` in zipline.toml.

    Attributes:
        store: where the online state lives: a URL of Redis (`redis`, `rediss`, `redis+sentinel`, `redis+cluster`), or
            `embedded:FOLDER`, relative to the repository; may hold `${name}`, see `Settings.located`.
        shards: of a new fill.
        history_us: how far back `at=` may go, microseconds.
        timeout_us: of one call, microseconds.
        prefix: how all of its keys begin.
    """

    store: str = "embedded:.zipline/online"
    shards: int = 16
    history_us: int = 10 * UNITS["m"]
    timeout_us: int = 250 * UNITS["ms"]
    prefix: str = "zl:"


@dataclass(frozen=True)
class KafkaSettings:
    """`[kafka]` in zipline.toml. Texts may hold `${name}`, see `Settings.located`.

    Attributes:
        client: which of the two is used.
        bootstrap_servers: `host:port`, several with commas between them.
        dead_letters: the topic for records that are no rows; without one they go to `.zipline/dead_letters`.
        options: every other key, handed to the client under its own name.
    """

    client: Literal["kafka-python", "confluent"] = "kafka-python"
    bootstrap_servers: str = "localhost:9092"
    dead_letters: str | None = None
    options: Mapping[str, str | int | float | bool] = field(default_factory=dict)


@dataclass(frozen=True)
class SchemaRegistrySettings:
    """`[schema_registry]` in zipline.toml: where Avro schemas are asked for. Texts may hold `${name}`.

    Attributes:
        url: of the registry; without one there is none.
        user, password: of basic authentication.
        timeout_us: of one request, microseconds.
    """

    url: str | None = None
    user: str | None = None
    password: str | None = None
    timeout_us: int = 10 * UNITS["s"]


@dataclass(frozen=True)
class PushSettings:
    """`[push]` in zipline.toml.

    Attributes:
        folder: of the logs of pushed rows, relative to the repository; may hold `${name}`.
    """

    folder: str = ".zipline/push"


@dataclass(frozen=True)
class ServeSettings:
    """`[serve]` in zipline.toml. Paths are relative to the repository; texts may hold `${name}`.

    Attributes:
        host, port: where it listens; port 0 is any free one.
        workers: processes.
        keys: the file of API keys.
        max_body: bytes of a request.
        max_batch: entities of a request.
        request_timeout_us: microseconds.
        tls_certificate, tls_key: PEM files.
        allow_without_keys: whether it may listen beyond this machine and ask for no key.
        log: the folder of the feature log; none is written without one.
        log_sample: the share of requests that it keeps, between 0 and 1.
    """

    host: str = "127.0.0.1"
    port: int = 8080
    workers: int = 1
    keys: str | None = None
    max_body: int = 8 * 2**20
    max_batch: int = 10_000
    request_timeout_us: int = 5 * UNITS["s"]
    tls_certificate: str | None = None
    tls_key: str | None = None
    allow_without_keys: bool = False
    log: str | None = None
    log_sample: float = 1.0


@dataclass(frozen=True)
class Settings:
    """What a zipline.toml says, with one of its profiles laid over.

    Attributes:
        profile: its name; none where there is none.
        variables: what `${name}` stands for.
        engine: which one computes, where a call does not say it: `duckdb` or `spark`.
    """

    duckdb: DuckDBSettings = field(default_factory=DuckDBSettings)
    registry: RegistrySettings = field(default_factory=RegistrySettings)
    variables: Variables = field(default_factory=Variables)
    profile: str | None = None
    lint: LintSettings = field(default_factory=LintSettings)
    online: OnlineSettings = field(default_factory=OnlineSettings)
    kafka: KafkaSettings = field(default_factory=KafkaSettings)
    schema_registry: SchemaRegistrySettings = field(default_factory=SchemaRegistrySettings)
    push: PushSettings = field(default_factory=PushSettings)
    serve: ServeSettings = field(default_factory=ServeSettings)
    spark: SparkSettings = field(default_factory=SparkSettings)
    engine: str = "duckdb"

    def located(self, text: str, *, where: str | None = None) -> str:
        """Return a path, URL or connection with every `${name}` replaced.

        Raises:
            ConfigError: a variable that neither the profile nor the environment has.
        """
        return self.variables.located(text, where=where)
