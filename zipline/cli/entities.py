"""`--entity origin=JFK,dest=LAX`: which entities a command is about."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from zipline.errors import RequestError, nearest
from zipline.types import DataType
from zipline.value_text import read_value


def read_entities(texts: Sequence[str], kinds: Mapping[str, DataType]) -> list[dict[str, Any]]:
    """Return the entities that `--entity` names, each a value for every key.

    Keys of one entity stand in one option with commas between them, or in options one after the other.

    Args:
        texts: of each option, such as `origin=JFK,dest=LAX`.
        kinds: the entity's keys and their types.

    Raises:
        RequestError: a key is unknown, missing or named twice, or a value is not of its type.

    >>> route = {"origin": DataType("string"), "dest": DataType("string")}
    >>> read_entities(["origin=JFK,dest=LAX"], route) == read_entities(["origin=JFK", "dest=LAX"], route)
    True
    """
    entities: list[dict[str, Any]] = []
    entity: dict[str, Any] = {}
    for text in texts:
        for key, value in _pairs(text, kinds):
            if key in entity:
                raise _incomplete(text, entity, kinds)
            entity[key] = _value(key, value, kinds[key])
            if len(entity) == len(kinds):
                entities.append({key: entity[key] for key in kinds})
                entity = {}
    if entity:
        raise _incomplete(texts[-1], entity, kinds)
    return entities


def _pairs(text: str, kinds: Mapping[str, DataType]) -> Iterator[tuple[str, str]]:
    """Split at the commas that a key and `=` follow: other commas are part of a value."""
    keys = "|".join(re.escape(key) for key in kinds)
    for pair in re.split(rf",\s*(?=(?:{keys})=)", text):
        key, separator, value = pair.partition("=")
        if not separator:
            raise RequestError(f"--entity {text!r} is not KEY=VALUE", hint=f"such as {_form(kinds)}")
        if key not in kinds:
            raise RequestError(f"--entity {text!r}: there is no key {key!r}", hint=nearest(key, kinds))
        yield key, value


def _value(key: str, text: str, kind: DataType) -> Any:
    try:
        return read_value(text, kind)
    except RequestError as error:
        raise error.at(f"--entity {key}={text}") from None


def _incomplete(text: str, entity: Mapping[str, Any], kinds: Mapping[str, DataType]) -> RequestError:
    missing = [key for key in kinds if key not in entity]
    return RequestError(
        f"--entity {text!r}: an entity needs {', '.join(missing)} too", hint=f"such as {_form(kinds)}"
    )


def _form(kinds: Mapping[str, DataType]) -> str:
    return f"--entity {','.join(f'{key}=...' for key in kinds)}"
