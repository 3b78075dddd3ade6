"""The sections of `zipline.toml`: their keys, and what each has to be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from zipline.errors import ConfigError, DefinitionError
from zipline.settings import parse_size
from zipline.time import parse_duration


@dataclass(frozen=True)
class Kind:
    """What a value has to be.

    Attributes:
        what: how messages call it.
        read: gives the typed value, or None for one that is something else.
        hint: how to write one.
        of_text: gives the value that the text of a variable stands for.
        waits: whether its variables are asked for only when it is used: not every command needs every secret.
    """

    what: str
    read: Callable[[Any], Any]
    hint: str | None = None
    of_text: Callable[[str], Any] = str
    waits: bool = False


@dataclass(frozen=True)
class Section:
    """A section.

    Attributes:
        keys: those that zipline knows.
        others: what the values of any other keys are; None where others are refused.
        variables: whether the keys are names of variables.
    """

    keys: Mapping[str, Kind] = field(default_factory=dict)
    others: Kind | None = None
    variables: bool = False


def _size(value: Any) -> int | None:
    try:
        return parse_size(str(value))
    except ConfigError:
        return None


def _duration(value: Any) -> int | None:
    try:
        return parse_duration(value)
    except DefinitionError:
        return None


def _whole(low: int, high: int | None = None) -> Callable[[Any], int | None]:
    def read(value: Any) -> int | None:
        return value if type(value) is int and low <= value and (high is None or value <= high) else None

    return read


def _share(value: Any) -> float | None:
    return float(value) if type(value) in (int, float) and 0 <= value <= 1 else None


def _flag(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _texts(value: Any) -> tuple[str, ...] | None:
    fits = isinstance(value, list) and all(isinstance(each, str) for each in value)
    return tuple(value) if fits else None


def _option(value: Any) -> str | int | float | bool | None:
    return value if isinstance(value, (str, int, float)) else None


def _one_of(*allowed: str) -> Kind:
    return Kind(f"one of {', '.join(allowed)}", lambda value: value if value in allowed else None)


def _number_of(text: str) -> Any:
    return int(text) if text.isdecimal() else text


def _share_of(text: str) -> Any:
    try:
        return float(text)
    except ValueError:
        return text


TEXT: Final = Kind("a text", lambda value: value if isinstance(value, str) else None)
_PATH: Final = Kind("a path", _text)
_LOCATION: Final = Kind("a path", _text, waits=True)
_LATER: Final = Kind("a text", _text, waits=True)
_POSITIVE: Final = Kind("a positive number", _whole(1), of_text=_number_of)
_FLAG: Final = Kind("true or false", _flag, of_text={"true": True, "false": False}.get)
_SIZE: Final = Kind("a size", _size, "write a number and a unit, such as '4GB', '512MiB' or '60%'")
_DURATION: Final = Kind("a duration", _duration, "write a whole number and a unit, such as '250ms' or '10m'")

ENGINES: Final = ("duckdb", "spark")
ENGINE: Final = _one_of(*ENGINES)
"""What stands above all sections, as `engine = "spark"`."""

SECTIONS: Final[Mapping[str, Section]] = {
    "duckdb": Section({"memory_limit": _SIZE, "threads": _POSITIVE, "temp_directory": _PATH}),
    "spark": Section(
        {"master": _LATER, "task_memory": _SIZE, "task_events": _POSITIVE},
        others=Kind(
            "a text, a number, true or false", _option, "write it in quotes: \"spark.executor.memory\" = '4g'",
            waits=True,
        ),
    ),
    "registry": Section({"path": _LOCATION, "record_usage": _FLAG}),
    "variables": Section(variables=True, others=TEXT),
    "lint": Section({"ignore": Kind("a list of texts", _texts, "such as ignore = ['unused-feature']")}),
    "online": Section(
        {
            "store": _LATER,
            "shards": _POSITIVE,
            "history": _DURATION,
            "timeout": _DURATION,
            "prefix": Kind("a text", _text),
        }
    ),
    "kafka": Section(
        {
            "client": _one_of("kafka-python", "confluent"),
            "bootstrap_servers": _LATER,
            "dead_letters": _LATER,
        },
        others=Kind(
            "a text, a number, true or false", _option,
            "a name with dots is written in quotes: \"sasl.mechanism\" = 'PLAIN'", waits=True,
        ),
    ),
    "schema_registry": Section({"url": _LATER, "user": _LATER, "password": _LATER, "timeout": _DURATION}),
    "push": Section({"folder": _LOCATION}),
    "serve": Section(
        {
            "host": Kind("a text", _text),
            "port": Kind("a number from 0 to 65535", _whole(0, 65_535), of_text=_number_of),
            "workers": _POSITIVE,
            "keys": _LOCATION,
            "max_body": _SIZE,
            "max_batch": _POSITIVE,
            "request_timeout": _DURATION,
            "tls_certificate": _LOCATION,
            "tls_key": _LOCATION,
            "allow_without_keys": _FLAG,
            "log": _LOCATION,
            "log_sample": Kind("a number from 0 to 1", _share, of_text=_share_of),
        }
    ),
}  # fmt: skip
"""By name, in the order in which messages list them."""
