"""A place that holds keys and values: what the memory's dicts and the embedded store's tables have in common."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from zipline.online.calls import Meta, Shard
from zipline.online.markers import marker_bytes


class Place(Protocol):
    """Keys and values, as they are for the length of one step.

    A shard's keys are those of `document`, `segment` and `index_set`; its meta and marker stand beside them.
    """

    def meta(self, shard: Shard) -> Meta | None:
        """Return a shard's facts; None where there is no such shard."""

    def marker(self, shard: Shard) -> bytes | None:
        """Return `meta_marker` of its facts."""

    def set_meta(self, shard: Shard, meta: Meta | None) -> None:
        """Write facts and marker; None deletes both and leaves the keys."""

    def get(self, shard: Shard, key: bytes) -> bytes | None:
        """Return a value."""

    def size(self, shard: Shard, key: bytes) -> int:
        """Return a value's length; 0 where there is none."""

    def set(self, shard: Shard, key: bytes, value: bytes) -> None:
        """Write a value."""

    def append(self, shard: Shard, key: bytes, value: bytes) -> int:
        """Write bytes behind what is there, and return the length."""

    def delete(self, shard: Shard, key: bytes) -> None:
        """Delete a value, if there is one."""

    def keys(self, shard: Shard, cursor: int, count: int) -> tuple[list[bytes], int]:
        """Return some keys and where to go on, as `ListEntities` has it."""

    def entry(self, name: str) -> bytes | None:
        """Return an entry of the catalog."""

    def set_entry(self, name: str, value: bytes | None) -> None:
        """Write an entry of the catalog; None deletes it."""

    def entries(self) -> Iterable[str]:
        """Return the names of all entries."""


def document(entity: bytes) -> bytes:
    """Return the key of an entity's document within its shard."""
    return b"d" + entity


def segment(entity: bytes, name: bytes) -> bytes:
    """Return the key of a segment within its shard."""
    return b"g" + entity + b":" + name


def index_set(id: bytes) -> bytes:
    """Return the key of an id's versions within a shard."""
    return b"x" + id


def meta_marker(meta: Meta) -> bytes:
    """Return the marker that readers get of a shard's facts."""
    return marker_bytes(ready=meta.ready, cut=meta.cut, floor=meta.floor, logs=meta.logs)
