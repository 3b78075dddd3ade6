"""Read the documents of many entities in many fills in one round trip, and fold them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, Protocol, TypeAlias, TypeVar

from zipline.errors import OnlineError
from zipline.online.calls import Fetched, Marker, Read, ReadAll
from zipline.online.fills import Fill
from zipline.online.markers import parse_marker
from zipline.online.state.fold import Needed
from zipline.online.state.keys import shard_number
from zipline.online.steps import Steps

F_co = TypeVar("F_co", covariant=True)
F = TypeVar("F")
MOST_ROUNDS: Final = 8
"""Round trips of one read. More than two only happen when a document is compacted between them, each time again."""


class Fold(Protocol[F_co]):
    """What a `Folder` does."""

    def __call__(
        self,
        documents: Sequence[bytes | None],
        t: int,
        segments: Mapping[tuple[int, bytes], bytes] | None = None,
    ) -> F_co | Needed:
        """Return values, or which segments they need."""


@dataclass(frozen=True, slots=True)
class Request(Generic[F]):
    """What is wanted of one fill.

    Attributes:
        fill: where to read.
        entities: whose values, in any order, any number of times.
        fold: `Folder.fold`, or another that takes its arguments.
    """

    fill: Fill
    entities: Sequence[bytes]
    fold: Fold[F]


@dataclass(frozen=True, slots=True)
class Values(Generic[F]):
    """The answer to a request.

    Attributes:
        folded: what `fold` returned.
        markers: of each entity, what its shard said at the moment when its document was read: how far which log was
            applied, to the event.
    """

    folded: F
    markers: tuple[Marker, ...]


@dataclass(frozen=True, slots=True)
class Missing:
    """A shard is not there: the fill was dropped or the store lost it; resolve the fill again, or it is an error."""


@dataclass(frozen=True, slots=True)
class NotReady:
    """A shard's history is not complete."""


@dataclass(frozen=True, slots=True)
class TooEarly:
    """The instant is before the floor: state that only it needs has been folded away."""

    floor: int


Answer: TypeAlias = Values[F] | Missing | NotReady | TooEarly


def read(requests: Sequence[Request[F]], t: int) -> Steps[list[Answer[F]]]:
    """Return an answer for each request, as of `t` microseconds.

    One `ReadAll` for everything; a second one where a fold needs segments.

    Raises:
        StoreUnavailable: the store is down or slow.
        OnlineError: a document cannot be decoded, or changed again and again while its segments were fetched.
    """
    open_ = [_Open(request, t) for request in requests]
    for _ in range(MOST_ROUNDS):
        asked = [(each, read) for each in open_ for read in each.reads()]
        if not asked:
            return [each.answer for each in open_ if each.answer is not None]
        fetched: tuple[Fetched, ...] = yield ReadAll(tuple(read for _, read in asked))
        for (each, read), answer in zip(asked, fetched, strict=True):
            each.take(read, answer)
        for each in open_:
            each.try_to_fold()
    raise OnlineError(
        f"documents changed in each of {MOST_ROUNDS} round trips while their segments were read",
        where=", ".join(each.request.fill.name for each in open_ if each.answer is None),
        hint="ask again; if it stays so, something compacts without end",
    )


class _Open(Generic[F]):
    """A request that is being answered.

    Attributes:
        answer: None until it is there.
    """

    def __init__(self, request: Request[F], t: int) -> None:
        self.request, self.t = request, t
        self.answer: Answer[F] | None = None
        count = len(request.entities)
        self._documents: list[bytes | None] = [None] * count
        self._markers: list[Marker | None] = [None] * count
        self._segments: dict[tuple[int, bytes], bytes] = {}
        self._wanted: dict[int, list[tuple[int, bytes | None]]] = {}
        for row, entity in enumerate(request.entities):
            self._wanted.setdefault(shard_number(entity, request.fill.shards), []).append((row, None))
        if not count:
            self.try_to_fold()

    def reads(self) -> list[Read]:
        """Return what is to be read next: each row's document, always in one moment with the segments it needs."""
        return [] if self.answer is not None else [self._read(number) for number in self._wanted]

    def _read(self, number: int) -> Read:
        entities = self.request.entities
        wanted = self._wanted[number]
        rows = dict.fromkeys(row for row, _ in wanted)
        return Read(
            self.request.fill.shard(number),
            tuple([entities[row] for row in rows]),
            tuple([(entities[row], name) for row, name in wanted if name is not None]),
        )

    def take(self, read: Read, answer: Fetched) -> None:
        """Take in what a shard answered, in the order in which `reads` asked."""
        if self.answer is not None:
            return
        refused = _refusal(answer.marker, self.t)
        if not isinstance(refused, Marker):
            self.answer = refused
            return
        wanted = self._wanted[read.shard.number]
        for row, stored in zip(dict.fromkeys(row for row, _ in wanted), answer.documents, strict=True):
            self._documents[row], self._markers[row] = stored, refused
        named = [(row, name) for row, name in wanted if name is not None]
        for key, segment in zip(named, answer.segments, strict=True):
            if segment is not None:
                self._segments[key] = segment

    def try_to_fold(self) -> None:
        """Fold, if nothing is missing any more; else know what is."""
        if self.answer is not None:
            return
        folded = self.request.fold(self._documents, self.t, self._segments or None)
        if not isinstance(folded, Needed):
            markers: Any = tuple(self._markers)
            self.answer = Values(folded, markers)
            return
        self._wanted = {}
        for row, name in folded.segments:
            number = shard_number(self.request.entities[row], self.request.fill.shards)
            self._wanted.setdefault(number, []).append((row, name))


def _refusal(stored: bytes | None, t: int) -> Marker | Missing | NotReady | TooEarly:
    """Return a shard's marker, or why the shard may not be read at `t`."""
    if stored is None:
        return Missing()
    marker = parse_marker(stored)
    if not marker.ready:
        return NotReady()
    return TooEarly(marker.floor) if t < marker.floor else marker
