"""`zipline.toml`: found, and read: its sections, its profiles, and what is refused."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from zipline.errors import ConfigError, nearest
from zipline.sections import ENGINE, SECTIONS, TEXT, Kind
from zipline.settings import (
    DuckDBSettings,
    KafkaSettings,
    LintSettings,
    OnlineSettings,
    PushSettings,
    RegistrySettings,
    SchemaRegistrySettings,
    ServeSettings,
    Settings,
    SparkSettings,
)
from zipline.variables import Variables, check_variable, names_in

CONFIG = "zipline.toml"
PROFILE = "ZIPLINE_PROFILE"


@dataclass(frozen=True)
class _Entry:
    """A value as it stands in the file, and where."""

    key: str
    value: Any
    kind: Kind
    where: str

    def read(self, variables: Variables | None) -> Any:
        """Return the value, typed; without variables a value that holds `${name}` as it is.

        A message shows what the file says, never what a variable stands for.
        """
        value, where = self.value, f"{self.where}, {self.key}"
        if isinstance(value, str) and names_in(value, where=where):
            if variables is None:
                return value
            value = self.kind.of_text(variables.located(value, where=where))
        result = self.kind.read(value)
        if result is None:
            raise ConfigError(
                f"{self.key} = {self.value!r} is not {self.kind.what}", where=self.where, hint=self.kind.hint
            )
        return result


_Entries: TypeAlias = dict[str, dict[str, _Entry]]


def find_root(start: Path) -> Path | None:
    """Return the nearest folder, from `start` upwards, that has a zipline.toml."""
    return next((folder for folder in (start, *start.parents) if (folder / CONFIG).is_file()), None)


def read_settings(path: Path, profile: str | None = None) -> Settings:
    """Return what a zipline.toml says, with the sections of a profile laid over its own.

    All profiles are checked; variables are asked only of the one that is chosen.

    Args:
        path: of the file.
        profile: its name, "" for none; the environment's ZIPLINE_PROFILE unless given.

    Raises:
        ConfigError: it is no TOML, says something unknown or of the wrong type, or has no such profile.
    """
    config, where = _parsed(path), str(path)
    _known(config, ("engine", *_NAMES, "profile"), where)
    base, profiles = _entries(config, where, ""), _profiles(config, where)
    chosen = _chosen(profile, profiles, where)
    engines = [_engine(each, where) for each in (config, config["profile"][chosen] if chosen else {})]
    over = profiles[chosen] if chosen else {}
    entries = {name: {**base[name], **over.get(name, {})} for name in _NAMES}
    variables = Variables(
        {name: entry.value for name, entry in entries.pop("variables").items()},
        {name: frozenset(sections["variables"]) for name, sections in profiles.items()},
    )
    read = {name: _typed(section, variables) for name, section in entries.items()}
    if "temp_directory" in (duckdb := read["duckdb"]):
        duckdb["temp_directory"] = str(path.parent / Path(duckdb["temp_directory"]).expanduser())
    return Settings(
        DuckDBSettings(**duckdb),
        RegistrySettings(**read["registry"]),
        variables,
        chosen,
        LintSettings(**read["lint"]),
        OnlineSettings(**_micros(read["online"])),
        _kafka(read["kafka"]),
        SchemaRegistrySettings(**_micros(read["schema_registry"])),
        PushSettings(**read["push"]),
        ServeSettings(**_micros(read["serve"])),
        _spark(read["spark"]),
        next((engine for engine in reversed(engines) if engine), Settings.engine),
    )


def _micros(section: Mapping[str, Any]) -> dict[str, Any]:
    """Return a section whose durations say their unit."""
    durations = ("history", "timeout", "request_timeout")
    return {f"{key}_us" if key in durations else key: value for key, value in section.items()}


def _kafka(section: Mapping[str, Any]) -> KafkaSettings:
    known = {key: section[key] for key in SECTIONS["kafka"].keys if key in section}
    return KafkaSettings(**known, options={key: value for key, value in section.items() if key not in known})


def _spark(section: Mapping[str, Any]) -> SparkSettings:
    known = {key: section[key] for key in SECTIONS["spark"].keys if key in section}
    return SparkSettings(**known, options={key: value for key, value in section.items() if key not in known})


def _engine(config: Mapping[str, Any], where: str) -> str | None:
    """Return the engine that a file or a profile of it names, if it does."""
    if "engine" not in config:
        return None
    return str(_Entry("engine", config["engine"], ENGINE, where).read(Variables()))


def _typed(section: Mapping[str, _Entry], variables: Variables) -> dict[str, Any]:
    return {key: entry.read(None if entry.kind.waits else variables) for key, entry in section.items()}


def _parsed(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(str(error), where=str(path)) from None


def _chosen(profile: str | None, profiles: Iterable[str], where: str) -> str | None:
    name = os.environ.get(PROFILE, "") if profile is None else profile
    if name and name not in (known := list(profiles)):
        asked = f"{PROFILE}={name}" if profile is None else f"profile {name!r}"
        hint = nearest(name, known) if known else f"begin one with [profile.{name}.variables]"
        raise ConfigError(f"{asked}: there is no such profile", where=where, hint=hint)
    return name or None


def _profiles(config: Mapping[str, Any], where: str) -> dict[str, _Entries]:
    named = _section(config, "profile", where, "")
    result = {}
    for name in named:
        overlay = _section(named, name, where, "profile.")
        _known(overlay, ("engine", *_NAMES), f"{where}, [profile.{name}]")
        _engine(overlay, f"{where}, [profile.{name}]")
        result[name] = _entries(overlay, where, f"profile.{name}.")
    return result


def _entries(config: Mapping[str, Any], where: str, prefix: str) -> _Entries:
    """Return section -> key -> value, each checked as far as that goes without its variables."""
    result: _Entries = {}
    for name, kinds in SECTIONS.items():
        section, place = _section(config, name, where, prefix), f"{where}, [{prefix}{name}]"
        if kinds.variables:
            for key in section:
                check_variable(key, where=place)
        if kinds.others is None:
            _known(section, kinds.keys, place)
        result[name] = {
            key: _Entry(key, value, kinds.keys.get(key, kinds.others or TEXT), place)
            for key, value in section.items()
        }
        for entry in result[name].values():
            entry.read(None)
    return result


def _section(config: Mapping[str, Any], name: str, where: str, prefix: str) -> Mapping[str, Any]:
    section = config.get(name, {})
    if not isinstance(section, dict):
        raise ConfigError(
            f"{prefix}{name} = {section!r} is not a section", where=where,
            hint=f"write [{prefix}{name}{'.NAME.duckdb' if name == 'profile' else ''}]",
        )  # fmt: skip
    return section


def _known(section: Mapping[str, Any], allowed: Iterable[str], where: str) -> None:
    for key in section:
        if key not in allowed:
            raise ConfigError(f"unknown key {key!r}", where=where, hint=nearest(key, allowed))


_NAMES = tuple(SECTIONS)
