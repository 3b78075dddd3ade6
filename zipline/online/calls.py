"""The calls of a store, as data: what a step of the protocol asks for, and what it gets.

Each call is one atomic step on one shard: a script of Redis, a transaction of the embedded store. What is between two
calls may be cut by a crash. `stores/meaning.py` says in Python what each does; Redis says it in Lua.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, NamedTuple, TypeAlias

NOWHERE: Final = -1
"""The offset of a log of which nothing has been applied."""


class Shard(NamedTuple):
    """A part of a fill: the entities whose keys hash to its number, in one slot of a cluster.

    Attributes:
        fill: such as `carrier_delays@2.1`, the first fill of that version.
        number: below the fill's number of shards.
    """

    fill: str
    number: int


@dataclass(frozen=True, slots=True)
class Applied:
    """How far a log has been applied to a shard.

    Attributes:
        offset: the next one that is to be applied.
        watermark: microseconds; whatever arrived in the log up to this moment has been applied.
    """

    offset: int
    watermark: int


@dataclass(frozen=True, slots=True)
class Meta:
    """A shard's own facts; a reader gets all but `bulk` and `index` beside the documents (`Marker`).

    Attributes:
        ready: whether the history is complete, so that it may be read.
        cut: microseconds; of sources without ids, bulk brings what was known up to it, and the stream what came after.
        floor: microseconds; reads before it are refused, as state that only they need has been folded away.
        logs: log -> how far it has been applied. A log is `{source}:{topic}:{partition}`.
        bulk: log of the bulk load -> the next chunk.
        index: log -> the next offset of the id index.
    """

    ready: bool
    cut: int | None
    floor: int
    logs: dict[str, Applied] = field(default_factory=dict)
    bulk: dict[str, int] = field(default_factory=dict)
    index: dict[str, int] = field(default_factory=dict)


# --- writing


@dataclass(frozen=True, slots=True)
class ReadMeta:
    """Return `Meta`, or None where the shard does not exist."""

    shard: Shard


@dataclass(frozen=True, slots=True)
class CreateShard:
    """Make the shard with its cut, unless it exists; return its `Meta`."""

    shard: Shard
    cut: int | None
    floor: int


@dataclass(frozen=True, slots=True)
class Append:
    """Append deltas to documents and move the log's offset, if it stands where the writer believes.

    Attributes:
        log: as in `Meta.logs` (`bulk=True`: as in `Meta.bulk`, and nothing is said of watermarks).
        start: the offset that must be stored; `NOWHERE` where none must be.
        stop: the offset that is stored: the consumer's position, not a record's.
        watermark: as in `Applied`; it never goes back.
        deltas: (entity, bytes), at most 100, each entity once; none moves the offset only.
        segments: (entity, name, bytes), immutable, written in the same step (bulk only).
    """

    shard: Shard
    log: str
    start: int
    stop: int
    watermark: int
    deltas: tuple[tuple[bytes, bytes], ...] = ()
    segments: tuple[tuple[bytes, bytes, bytes], ...] = ()
    bulk: bool = False


@dataclass(frozen=True, slots=True)
class Appended:
    """The answer to `Append` and the index's calls.

    Attributes:
        done: whether it was applied.
        stored: the log's offset afterwards.
        sizes: of the documents afterwards, in bytes, in the order of the deltas; empty unless done.
    """

    done: bool
    stored: int
    sizes: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Gone:
    """The shard does not exist (any more): the fill was dropped, or its server lost it."""


@dataclass(frozen=True, slots=True)
class Compact:
    """Replace the first bytes of a document, if they are still those that were read; return whether they were.

    Attributes:
        length, digest: how many bytes were read, and their SHA-1.
        head: what stands in their place; empty bytes with nothing after them delete the document.
        segments: (name, bytes) to write.
        dropped: names of segments to delete.
        floor: what the shard's floor becomes where it is lower; None leaves it.
    """

    shard: Shard
    entity: bytes
    length: int
    digest: bytes
    head: bytes
    segments: tuple[tuple[bytes, bytes], ...] = ()
    dropped: tuple[bytes, ...] = ()
    floor: int | None = None


@dataclass(frozen=True, slots=True)
class SetReady:
    """Say that the shard may be read, if bulk stands where it must; return whether it is ready.

    Attributes:
        bulk: log of the bulk load -> the chunk after its last.
    """

    shard: Shard
    bulk: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class ListEntities:
    """Return `Listed`: some of the shard's entities; `cursor` is 0 at first. One may come twice, none is left out.

    Attributes:
        ids: list the ids of the index in place of entities.
    """

    shard: Shard
    cursor: int
    count: int
    ids: bool = False


@dataclass(frozen=True, slots=True)
class Listed:
    """Entities or ids, and where to go on; 0 is the end."""

    entities: tuple[bytes, ...]
    cursor: int


@dataclass(frozen=True, slots=True)
class DropShard:
    """Delete all of a shard, some keys at a time; return whether it is gone."""

    shard: Shard


# --- the id index: sources whose versions may move to other entities


@dataclass(frozen=True, slots=True)
class IndexAdd:
    """Add versions to the sets of their ids, and return `Sets`; the index's offset does not move.

    Attributes:
        start: the index's offset must be at least this, else the answer is `Appended(False, stored)`.
        versions: (id, version), each version in the bytes that `state.index` makes.
    """

    shard: Shard
    log: str
    start: int
    versions: tuple[tuple[bytes, bytes], ...]


@dataclass(frozen=True, slots=True)
class Sets:
    """Id -> all of its versions, in the order of their bytes."""

    sets: dict[bytes, tuple[bytes, ...]]


@dataclass(frozen=True, slots=True)
class AppendFacts:
    """Append facts, which are idempotent, where the stored offset is at least `least`; store the greater of both.

    The answer is `Appended` or `Gone`.
    """

    shard: Shard
    log: str
    least: int
    stop: int
    watermark: int
    deltas: tuple[tuple[bytes, bytes], ...] = ()


@dataclass(frozen=True, slots=True)
class IndexCommit:
    """Move the index's offset, if no set has changed; return `Appended`, or `Sets` of those that have.

    Attributes:
        least: the index's offset must be at least this, else the answer is `Appended(False, stored)`.
        sets: (id, SHA-1 of its versions one after another) of the sets that were used.
        dropped: (id, SHA-1) of sets to drop where they are still so.
    """

    shard: Shard
    log: str
    least: int
    stop: int
    sets: tuple[tuple[bytes, bytes], ...]
    dropped: tuple[tuple[bytes, bytes], ...] = ()


# --- reading


class Read(NamedTuple):
    """Return `Fetched`: documents, segments and the shard's marker as they were at one moment.

    Attributes:
        entities: whose documents.
        segments: (entity, name).
    """

    shard: Shard
    entities: tuple[bytes, ...]
    segments: tuple[tuple[bytes, bytes], ...] = ()


@dataclass(frozen=True)
class Marker:
    """What a reader must know of a shard.

    Attributes:
        ready, cut, floor, logs: as in `Meta`.
    """

    ready: bool
    cut: int | None
    floor: int
    logs: dict[str, Applied]

    @cached_property
    def watermark(self) -> int | None:
        """What arrived up to then has been applied, of every log; None where none ever was."""
        return min((each.watermark for each in self.logs.values()), default=None)


class Fetched(NamedTuple):
    """The answer to `Read`, in the order of what was asked for; None where there is none.

    Attributes:
        marker: as it is stored; `parse_marker` reads it.
    """

    marker: bytes | None
    documents: tuple[bytes | None, ...]
    segments: tuple[bytes | None, ...] = ()


class ReadAll(NamedTuple):
    """Return a tuple of `Fetched`, in one round trip for each server."""

    reads: tuple[Read, ...]


# --- the catalog: what is served, outside of shards


@dataclass(frozen=True, slots=True)
class GetEntry:
    """Return an entry of the catalog as bytes, or None."""

    name: str


@dataclass(frozen=True, slots=True)
class PutEntry:
    """Write an entry if it is still what was read (None: not there); return whether it was. Empty bytes delete it."""

    name: str
    expected: bytes | None
    value: bytes


@dataclass(frozen=True, slots=True)
class ListEntries:
    """Return the names of the entries that begin with a text, sorted."""

    prefix: str


Call: TypeAlias = (
    ReadMeta | CreateShard | Append | Compact | SetReady | ListEntities | DropShard | IndexAdd | AppendFacts
    | IndexCommit | Read | ReadAll | GetEntry | PutEntry | ListEntries
)  # fmt: skip
