"""The entity that a timeline is of, however it was named."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zipline.dsl.entity import Entity
from zipline.errors import RequestError, nearest


def key_values(entity: Entity, given: Any) -> dict[str, Any]:
    """Return key -> value, of an entity given as a value, a tuple in the order of the keys, or a dict.

    >>> key_values(Entity("route", keys=["origin", "dest"]), ("JFK", "LAX"))
    {'origin': 'JFK', 'dest': 'LAX'}
    """
    keys = entity.keys
    shown = f"entity {entity.name!r}"
    if isinstance(given, Mapping):
        for key in given:
            if key not in keys:
                raise RequestError(f"has no key {key!r}", where=shown, hint=nearest(str(key), keys))
        missing = [key for key in keys if key not in given]
        if missing:
            raise RequestError(
                f"{dict(given)!r} lacks {', '.join(map(repr, missing))}", where=shown,
                hint=f"give all keys: {', '.join(keys)}",
            )  # fmt: skip
        return {key: given[key] for key in keys}
    values = tuple(given) if isinstance(given, (tuple, list)) else (given,)
    if len(values) != len(keys):
        raise RequestError(
            f"{given!r} is {len(values)} value{'s' if len(values) != 1 else ''} for the keys {', '.join(keys)}",
            where=shown, hint=f"give {_form(keys)}",
        )  # fmt: skip
    return dict(zip(keys, values, strict=True))


def _form(keys: tuple[str, ...]) -> str:
    named = ", ".join(f"{key!r}: ..." for key in keys)
    return f"one value or {{{named}}}" if len(keys) == 1 else f"({', '.join(keys)}) or {{{named}}}"
