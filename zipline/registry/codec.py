"""Definitions as JSON and back: every field of every class, tagged with the class's name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import zipline.aggregations
import zipline.dsl  # noqa: F401  its classes are found as subclasses
from zipline.dsl.definition import Definition
from zipline.errors import DefinitionError
from zipline.registry.values import decode_value, encode_value

TYPE = "type"

Refer = Callable[[Definition], Any]
"""Returns what stands in place of a definition, or None where it is to be written whole."""


def encode(definition: Definition, refer: Refer = lambda _: None) -> dict[str, Any]:
    """Return a definition as JSON: its fields, but for those that are empty and so by default.

    Raises:
        DefinitionError: it is of a class that is not zipline's own, or holds what JSON cannot keep.
    """
    name = type(definition).__name__
    if classes().get(name) is not type(definition):
        raise DefinitionError(
            f"{type(definition).__qualname__} is not one of zipline's own classes, which alone can be registered",
            where=str(getattr(definition, "name", name)),
        )
    fields = {
        field: _encode(getattr(definition, field), refer, f"{name}.{field}")
        for field, info in type(definition).model_fields.items()
        if (value := getattr(definition, field)) or value != info.default
    }
    return {TYPE: name, **fields}


def decode(data: Any, resolve: Callable[[Any], Any] = lambda data: None) -> Any:
    """Return the definition that `encode` made JSON of, its fields checked.

    Args:
        data: the JSON.
        resolve: returns the definition that a reference stands for, or None where the JSON is no reference.

    Raises:
        ValueError, DefinitionError: it is not what `encode` writes.
    """
    if not isinstance(data, dict) or not isinstance(data.get(TYPE), str):
        raise ValueError(f"{data!r:.80} is not a definition")
    kind = classes().get(data[TYPE])
    if kind is None:
        raise ValueError(f"this zipline knows no {data[TYPE]!r}")
    definition = kind.__new__(kind)
    fields = {field: _decode(value, resolve) for field, value in data.items() if field != TYPE}
    Definition.__init__(definition, **fields)
    return definition


@cache
def classes() -> dict[str, type[Definition]]:
    """Return zipline's own classes of definitions, by name."""
    return {each.__name__: each for each in _subclasses(Definition) if each.__module__.startswith("zipline.")}


def _subclasses(parent: type[Definition]) -> Iterator[type[Definition]]:
    for each in parent.__subclasses__():
        yield each
        yield from _subclasses(each)


def _encode(value: Any, refer: Refer, place: str) -> Any:
    if isinstance(value, Definition):
        referred = refer(value)
        return encode(value, refer) if referred is None else referred
    if isinstance(value, tuple):
        return [_encode(each, refer, place) for each in value]
    try:
        return encode_value(value)
    except TypeError as error:
        raise DefinitionError(str(error), where=place) from None


def _decode(data: Any, resolve: Callable[[Any], Any]) -> Any:
    if isinstance(data, list):
        return [_decode(each, resolve) for each in data]
    if (found := resolve(data)) is not None:
        return found
    if isinstance(data, dict) and TYPE in data:
        return decode(data, resolve)
    return decode_value(data)
