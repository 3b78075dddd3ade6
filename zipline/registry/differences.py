"""What differs between two meanings, by path, in words for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from zipline.registry.changes import FieldChange
from zipline.registry.json import canonical_json
from zipline.time import from_micros, micros_text


def differences(before: Any, after: Any, path: str = "") -> Iterator[FieldChange]:
    """Return what differs between two values of JSON, each at the deepest path; durations as texts such as `7d`.

    >>> list(differences({"a": {"length_us": 86400000000}, "b": [1]}, {"a": {"length_us": 3600000000}, "b": [1]}))
    [FieldChange(path='a.length', before='1d', after='1h')]
    """
    if canonical_json(before) == canonical_json(after):
        return
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in sorted({*before, *after}):
            yield from differences(before.get(key), after.get(key), f"{path}.{key}" if path else str(key))
    elif _is_set(before) and _is_set(after):
        yield from (FieldChange(path, each, None) for each in before if each not in after)
        yield from (FieldChange(path, None, each) for each in after if each not in before)
    else:
        yield FieldChange(path.removesuffix("_us"), *(_shown(value, path) for value in (before, after)))


def _is_set(value: Any) -> bool:
    """Return whether a list is one of names, sorted, whose order says nothing."""
    return (
        isinstance(value, list)
        and all(isinstance(each, str) for each in value)
        and value == sorted(set(value))
    )


def _shown(value: Any, path: str) -> Any:
    if path.rpartition(".")[2] == "at_us" and type(value) is int:
        return from_micros(value).isoformat()
    if path.endswith("_us") and type(value) is int:
        return micros_text(value)
    if isinstance(value, Mapping):
        return {key.removesuffix("_us"): _shown(each, key) for key, each in value.items()}
    return value
