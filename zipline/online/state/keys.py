"""Entity keys as bytes: what documents are called, and which shard an entity is in."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from zipline.types import DataType


def encode_key(values: Sequence[Any], kinds: Sequence[DataType]) -> bytes | None:
    """Return the bytes of one entity's key, given in the source's types; None where a part is null."""
    raise NotImplementedError


def encode_keys(columns: Sequence[pa.Array], kinds: Sequence[DataType]) -> list[bytes | None]:
    """Do the same for columns of key parts."""
    raise NotImplementedError


def decode_key(entity: bytes, kinds: Sequence[DataType]) -> tuple[Any, ...]:
    """Return the values of an entity's key."""
    raise NotImplementedError


def shard_number(entity: bytes, shards: int) -> int:
    """Return the shard that an entity is in.

    >>> shard_number(b"UA", 16)
    8
    """
    return zlib.crc32(entity) % shards
