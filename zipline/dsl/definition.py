"""What all definitions share: frozen, checked when built, equal by value."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, ValidationError

from zipline.errors import DefinitionError

_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


class Definition(BaseModel):
    """A frozen, validated value; two definitions with equal fields are equal.

    Subclasses give `__init__` the signature that users write and pass normal forms (tuples, sorted pairs) on.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True, defer_build=True)

    def __init__(self, **fields: Any) -> None:
        try:
            super().__init__(**fields)
        except ValidationError as error:
            first = error.errors()[0]
            field = ".".join(str(part) for part in first["loc"])
            raise DefinitionError(
                f"{field}={first.get('input')!r} does not fit: {first['msg'].lower()}",
                where=type(self).__name__,
            ) from None

    def __str__(self) -> str:
        return repr(self)


def check_name(name: object, what: str) -> str:
    """Return a name that can be part of a feature's column; `__` separates views from features and is refused."""
    if not isinstance(name, str) or not _NAME.fullmatch(name) or "__" in name or name.endswith("_"):
        raise DefinitionError(
            f"{name!r} cannot name {what}",
            hint="letters, digits and single underscores, beginning with a letter and not ending in '_', "
            "such as 'carrier_delays'",
        )
    return name


def as_tuple(names: object, what: str) -> tuple[str, ...]:
    """Return one name or a sequence of names as a tuple of distinct, non-empty strings."""
    items = (names,) if isinstance(names, str) else tuple(names) if isinstance(names, (list, tuple)) else ()
    if not items or not all(isinstance(item, str) and item for item in items):
        raise DefinitionError(f"{names!r} is not {what}", hint="give a column name or a list of column names")
    if len(set(items)) < len(items):
        raise DefinitionError(f"{names!r} names a column twice", hint=f"{what} lists each column once")
    return items


def as_pairs(mapping: Mapping[str, str] | None, what: str) -> tuple[tuple[str, str], ...]:
    """Return a mapping of strings as ordered pairs, so that it can be part of a frozen value."""
    if mapping is None:
        return ()
    if not isinstance(mapping, Mapping) or not all(
        isinstance(x, str) for pair in mapping.items() for x in pair
    ):
        raise DefinitionError(f"{what}={mapping!r} is not a mapping of names to names")
    return tuple(mapping.items())
