"""What things are called in Redis: a shard's keys are in one slot, by the `{...}` in their names."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import NamedTuple

from zipline.online.calls import Shard

_GLOB = re.compile(rb"([\[\]*?^\\-])")


class ShardNames(NamedTuple):
    """How the keys of a shard begin, and two that are whole."""

    tag: bytes
    meta: bytes
    marker: bytes
    documents: bytes
    segments: bytes
    sets: bytes

    def document(self, entity: bytes) -> bytes:
        """Return the key of an entity's document."""
        return self.documents + entity

    def segment(self, entity: bytes, name: bytes) -> bytes:
        """Return the key of a segment."""
        return b"%b%b:%b" % (self.segments, entity, name)

    def index_set(self, each: bytes) -> bytes:
        """Return the key of an id's versions."""
        return self.sets + each


@dataclass(frozen=True)
class Names:
    """The names under a prefix.

    >>> Names("zl:").shard(Shard("carrier_delays@2.1", 3)).document(b"UA")
    b'zl:{carrier_delays@2.1:3}dUA'
    """

    prefix: str
    _shards: dict[Shard, ShardNames] = field(default_factory=dict, compare=False, repr=False)

    @property
    def catalog(self) -> bytes:
        """The hash of all entries of the catalog, so that listing them looks at nothing else."""
        return f"{self.prefix}c".encode()

    def shard(self, shard: Shard) -> ShardNames:
        """Return the names of a shard's keys."""
        known = self._shards.get(shard)
        if known is None:
            tag = f"{self.prefix}{{{shard.fill}:{shard.number}}}".encode()
            known = ShardNames(tag, *(tag + kind for kind in (b"m", b"r", b"d", b"g", b"x")))
            self._shards[shard] = known
        return known


def beginning(text: bytes) -> bytes:
    """Return the pattern of all keys that begin with a text.

    >>> beginning(b"zl*:{a}d")
    b'zl\\\\*:{a}d*'
    """
    return _GLOB.sub(rb"\\\1", text) + b"*"
