"""The id index: which versions an id has and where they lie, so that a new one can tell the others' documents.

Steps 1 to 3 of the protocol use it thus: `additions` are added to the sets of their ids; the sets that come back give
`placed`, the deltas of own versions and stubs; a set may be dropped when it is `settled`.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from zipline.errors import OnlineError
from zipline.online.state.encoding import Stub, encoded, stub_records
from zipline.online.state.facts import Facts
from zipline.online.state.packing import pack_groups
from zipline.online.state.records import joined
from zipline.online.state.resolution import bounds, next_known
from zipline.online.state.view_state import ViewState

_HEAD = struct.Struct(">QQI")
_SIGN = 1 << 63


@dataclass(frozen=True, slots=True)
class Version:
    """One version of an id, as the index knows it.

    Attributes:
        known, rank: what orders it among the versions of its id.
        time: its event time.
        entity: where it lies; None where it has no key or no event time (a tombstone may have only its id).
    """

    known: int
    rank: bytes
    time: int
    entity: bytes | None

    def to_bytes(self) -> bytes:
        """Return the version as the index stores it: its knowledge time first, so that sets are nearly in order."""
        place = b"" if self.entity is None else b"\1" + self.entity
        return _HEAD.pack(self.known + _SIGN, self.time + _SIGN, len(self.rank)) + self.rank + place


def parse_version(stored: bytes) -> Version:
    """Return what a stored version says.

    Raises:
        OnlineError: it is none.

    >>> parse_version(Version(7, b"r", -5, b"UA").to_bytes())
    Version(known=7, rank=b'r', time=-5, entity=b'UA')
    """
    try:
        known, time, length = _HEAD.unpack_from(stored)
    except struct.error:
        known, time, length = 0, 0, len(stored) + 1
    rank, place = stored[_HEAD.size : _HEAD.size + length], stored[_HEAD.size + length :]
    if len(rank) != length or place[:1] not in (b"", b"\1"):
        raise OnlineError(
            f"the id index holds {stored[:80]!r} where a version of an id should be",
            hint="another program writes keys that begin with zipline's prefix: give zipline a database of its own",
        )
    return Version(known - _SIGN, rank, time - _SIGN, place[1:] if place else None)


def additions(facts: Facts) -> list[tuple[bytes, bytes]]:
    """Return (id, version) of every fact, as `IndexAdd` takes them."""
    assert facts.ids is not None
    assert facts.ranks is not None
    times, known = facts.times.tolist(), facts.known.tolist()
    rows = zip(facts.ids, facts.ranks, times, known, facts.entities, strict=True)
    return [
        (identity, Version(at, rank, time, entity).to_bytes()) for identity, rank, time, at, entity in rows
    ]


def placed(
    state: ViewState, facts: Facts, sets: Mapping[bytes, Sequence[bytes]]
) -> list[tuple[bytes, bytes]]:
    """Return (entity, bytes to append), each entity once: own versions, and stubs to the places of all older ones.

    Args:
        state: the view's.
        facts: of one source with ids; those without an entity only have an effect on others.
        sets: id -> all versions that the index holds of it, at least those of `facts`.

    Raises:
        OnlineError: a set cannot be decoded.
    """
    assert facts.ids is not None
    assert facts.ranks is not None
    bound = bounds(state)[facts.source]
    newest = _newest(facts)
    ends: dict[tuple[bytes, int, bytes], int] = {}
    stubs: list[tuple[bytes, Stub]] = []
    for identity, last in newest.items():
        versions = {(each.known, each.rank): each for each in map(parse_version, sets[identity])}
        order = sorted(versions)
        for version, end in zip(order, next_known(order, bound), strict=True):
            ends[(identity, *version)] = end
            entity = versions[version].entity
            if version < last and entity is not None:
                stubs.append((entity, Stub(identity, version[1], versions[version].time, version[0], end)))
    own = facts.take(np.array([each is not None for each in facts.entities], np.bool_))
    assert own.ids is not None
    assert own.ranks is not None
    keys = zip(own.ids, own.known.tolist(), own.ranks, strict=True)
    records = encoded(state.layout, own).with_until(np.array([ends[key] for key in keys], np.int64))
    said = stub_records(state.layout, [stub for _, stub in stubs], facts.source)
    return pack_groups(
        joined(state.layout, [records, said]), [*own.entities, *(entity for entity, _ in stubs)]
    )


def settled(versions: Sequence[bytes], before: int) -> bool:
    """Return whether the set of an id may be dropped: all of its versions happened and were known before a time.

    Args:
        versions: the set, as the index stores it.
        before: the lowest watermark, less the bound of corrections and the history that reads may ask for.
    """
    return all(max(each.time, each.known) < before for each in map(parse_version, versions))


def _newest(facts: Facts) -> dict[bytes, tuple[int, bytes]]:
    """Return the newest version of each id among some facts."""
    assert facts.ids is not None
    assert facts.ranks is not None
    newest: dict[bytes, tuple[int, bytes]] = {}
    for identity, known, rank in zip(facts.ids, facts.known.tolist(), facts.ranks, strict=True):
        newest[identity] = max(newest.get(identity, (known, rank)), (known, rank))
    return newest
