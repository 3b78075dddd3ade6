"""A store in the memory of one process: for tests, and what the others are compared with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import count as numbers
from threading import Lock
from typing import Any

from zipline.online.calls import Call, Meta, Shard
from zipline.online.stores.meaning import step
from zipline.online.stores.place import meta_marker


@dataclass(slots=True)
class _Part:
    """What a shard holds; `born` numbers the keys in the order in which they came, for cursors.

    The marker is made when it is read.
    """

    meta: Meta | None = None
    marker: bytes | None = None
    values: dict[bytes, bytes] = field(default_factory=dict)
    born: dict[bytes, int] = field(default_factory=dict)


class MemoryStore:
    """A `Store` of dicts; threads may share it."""

    def __init__(self) -> None:
        self._place = _Dicts()
        self._lock = Lock()

    def do(self, call: Call) -> Any:
        """Make a call and return its answer."""
        with self._lock:
            return step(self._place, call)

    def close(self) -> None:
        """Keep everything: there is nothing to let go of."""


class _Dicts:
    """A `Place` of dicts."""

    def __init__(self) -> None:
        self._parts: dict[Shard, _Part] = {}
        self._catalog: dict[str, bytes] = {}
        self._numbers = numbers(1)

    def _part(self, shard: Shard) -> _Part:
        part = self._parts.get(shard)
        if part is None:
            part = self._parts[shard] = _Part()
        return part

    def meta(self, shard: Shard) -> Meta | None:
        part = self._parts.get(shard)
        return part.meta if part else None

    def marker(self, shard: Shard) -> bytes | None:
        part = self._parts.get(shard)
        if part is None or part.meta is None:
            return None
        if part.marker is None:
            part.marker = meta_marker(part.meta)
        return part.marker

    def set_meta(self, shard: Shard, meta: Meta | None) -> None:
        part = self._part(shard)
        part.meta = meta
        part.marker = None

    def get(self, shard: Shard, key: bytes) -> bytes | None:
        part = self._parts.get(shard)
        return part.values.get(key) if part else None

    def size(self, shard: Shard, key: bytes) -> int:
        return len(self._part(shard).values.get(key, b""))

    def set(self, shard: Shard, key: bytes, value: bytes) -> None:
        part = self._part(shard)
        part.values[key] = value
        if key not in part.born:
            part.born[key] = next(self._numbers)

    def append(self, shard: Shard, key: bytes, value: bytes) -> int:
        whole = self._part(shard).values.get(key, b"") + value
        self.set(shard, key, whole)
        return len(whole)

    def delete(self, shard: Shard, key: bytes) -> None:
        part = self._part(shard)
        part.values.pop(key, None)
        part.born.pop(key, None)

    def keys(self, shard: Shard, cursor: int, count: int) -> tuple[list[bytes], int]:
        later = [(key, number) for key, number in self._part(shard).born.items() if number > cursor]
        some = later[:count]
        return [key for key, _ in some], some[-1][1] if len(later) > count else 0

    def entry(self, name: str) -> bytes | None:
        return self._catalog.get(name)

    def set_entry(self, name: str, value: bytes | None) -> None:
        if value is None:
            self._catalog.pop(name, None)
        else:
            self._catalog[name] = value

    def entries(self) -> Iterable[str]:
        return self._catalog
