"""Kafka: the records of a topic as events."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final, Literal, TypeAlias, get_args

from zipline.dsl.definition import Definition
from zipline.dsl.streams.stream import Stream
from zipline.errors import DefinitionError, nearest
from zipline.variables import names_in

Format: TypeAlias = Literal["json", "avro", "arrow"]
Option: TypeAlias = str | int | float | bool
"""The value of a client's option."""

_TOPIC: Final = re.compile(r"[A-Za-z0-9._-]{1,249}")


class Kafka(Stream):
    """The records of a Kafka topic: each value one row, or several in Arrow's format. Keys of records are not read.

    A record without a knowledge-time column is known at the timestamp that the broker gave it. What cannot be read as
    a row goes to the dead letters with its reason.

    Args:
        topic: its name; may hold `${name}`.
        format: of a record's value: a `json` object; an `avro` datum; or an `arrow` IPC stream of any number of rows.
        schema: the Avro schema by which values are written, as JSON text or as the value of it. Without one they begin
            with its number, as a schema registry's clients write them, and it is asked of `[schema_registry]`.
        options: of the Kafka client, for this topic alone; they go before those of `[kafka]` in zipline.toml, which
            is the better place for most. Secrets are written as `${NAME}`.

    >>> Kafka("flights").format
    'json'
    """

    topic: str
    format: Format = "json"
    avro: str | None = None
    options: tuple[tuple[str, Option], ...] = ()

    def __init__(
        self,
        topic: str,
        *,
        format: Format = "json",
        schema: str | Mapping[str, Any] | None = None,
        options: Mapping[str, Option] | None = None,
    ) -> None:
        _check_topic(topic)
        if format not in get_args(Format):
            raise DefinitionError(
                f"format={format!r} is not one that is read",
                where=_place(topic),
                hint=nearest(str(format), get_args(Format)),
            )
        if schema is not None and format != "avro":
            raise DefinitionError(
                f"has a schema, and its format is {format}", where=_place(topic),
                hint="a schema is Avro's: format='avro'; what others have stands in the source's schema={...}",
            )  # fmt: skip
        Definition.__init__(
            self,
            topic=topic,
            format=format,
            avro=_avro(schema, _place(topic)) if schema is not None else None,
            options=_options(options, _place(topic)),
        )


def _place(topic: str) -> str:
    return f"Kafka({topic!r})"


def _check_topic(topic: object) -> None:
    """Refuse what Kafka would not take for a topic; what a variable stands for is seen when it is read."""
    if isinstance(topic, str) and (names_in(topic, where=_place(topic)) or _TOPIC.fullmatch(topic)):
        return
    raise DefinitionError(
        f"{topic!r} is not a topic",
        where="Kafka",
        hint="letters, digits, '.', '_' and '-', at most 249 of them",
    )


def _avro(schema: object, place: str) -> str:
    """Return an Avro schema as one line of JSON."""
    try:
        value = json.loads(schema) if isinstance(schema, str) else schema
        text = json.dumps(value)
    except (TypeError, ValueError) as error:
        raise DefinitionError(
            f"its schema is no JSON: {error}",
            where=place,
            hint="give an Avro schema as JSON text or as a dict",
        ) from None
    if not isinstance(value, Mapping) or value.get("type") != "record":
        raise DefinitionError(
            f"its schema {text[:80]} is not that of a record", where=place,
            hint="a row is a record: {'type': 'record', 'name': ..., 'fields': [...]}",
        )  # fmt: skip
    return text


def _options(options: Mapping[str, Option] | None, place: str) -> tuple[tuple[str, Option], ...]:
    given = options if options is not None else {}
    if not isinstance(given, Mapping) or not all(isinstance(name, str) and name for name in given):
        raise DefinitionError(f"options={given!r} is not a mapping of names to values", where=place)
    for name, value in given.items():
        if not isinstance(value, Option):
            raise DefinitionError(
                f"the option {name!r} is {value!r}, which is no text, number, true or false", where=place,
                hint="what only Python can hold has no place in a definition",
            )  # fmt: skip
    return tuple(sorted(given.items()))
