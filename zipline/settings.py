"""What `zipline.toml` may say, typed, with the defaults."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field

from zipline.errors import ConfigError
from zipline.machine import machine_memory
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
class Settings:
    """What a zipline.toml says, with one of its profiles laid over.

    Attributes:
        profile: its name; none where there is none.
        variables: what `${name}` stands for.
    """

    duckdb: DuckDBSettings = field(default_factory=DuckDBSettings)
    registry: RegistrySettings = field(default_factory=RegistrySettings)
    variables: Variables = field(default_factory=Variables)
    profile: str | None = None
    lint: LintSettings = field(default_factory=LintSettings)

    def located(self, text: str, *, where: str | None = None) -> str:
        """Return a path, URL or connection with every `${name}` replaced.

        Raises:
            ConfigError: a variable that neither the profile nor the environment has.
        """
        return self.variables.located(text, where=where)
