"""Read the documents of many entities in many fills in one round trip, and fold them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, NamedTuple, Protocol, TypeAlias, TypeVar

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
        needed: Needed | None = None,
    ) -> F_co | Needed:
        """Return values, or which segments they need."""


class Request(NamedTuple, Generic[F]):
    """What is wanted of one fill.

    Attributes:
        fill: where to read.
        entities: whose values, in any order, any number of times.
        fold: `Folder.fold`, or another that takes its arguments.
    """

    fill: Fill
    entities: Sequence[bytes]
    fold: Fold[F]


class Values(NamedTuple, Generic[F]):
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
    places: dict[tuple[int, int], dict[int, list[int]]] = {}  # views of one key ask for one list of entities
    open_ = []
    for request in requests:
        same = (id(request.entities), request.fill.shards)
        if same not in places:
            places[same] = _by_shard(request.entities, request.fill.shards)
        open_.append(_Open(request, t, places[same]))
    for _ in range(MOST_ROUNDS):
        asked = [(each, read) for each in open_ if each.answer is None for read in each.reads()]
        if not asked:
            return [each.answer for each in open_ if each.answer is not None]
        fetched: tuple[Fetched, ...] = yield ReadAll(tuple([read for _, read in asked]))
        for (each, read), answer in zip(asked, fetched, strict=True):
            each.take(read, answer)
        for each in open_:
            if each.answer is None:
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

    __slots__ = (
        "_documents",
        "_markers",
        "_named",
        "_needed",
        "_rows",
        "_segments",
        "answer",
        "request",
        "t",
    )

    def __init__(self, request: Request[F], t: int, rows: dict[int, list[int]]) -> None:
        self.request, self.t, self._rows = request, t, rows
        self.answer: Answer[F] | None = None
        entities = request.entities
        self._documents: list[bytes | None] = [None] * len(entities)
        self._markers: list[Any] = [None] * len(entities)
        self._segments: dict[tuple[int, bytes], bytes] = {}
        self._needed: Needed | None = None
        self._named: dict[int, list[tuple[int, bytes]]] = {}
        if not entities:
            self.try_to_fold()

    def reads(self) -> list[Read]:
        """Return what is to be read next: each row's document, always in one moment with the segments it needs."""
        fill, entities, _ = self.request
        return [
            Read(fill.shard(number), tuple([entities[row] for row in rows]), self._segments_of(number))
            for number, rows in self._rows.items()
        ]

    def _segments_of(self, number: int) -> tuple[tuple[bytes, bytes], ...]:
        if not self._named:
            return ()
        return tuple([(self.request.entities[row], name) for row, name in self._named[number]])

    def take(self, read: Read, answer: Fetched) -> None:
        """Take in what a shard answered, in the order in which `reads` asked."""
        if self.answer is not None:
            return
        refused = _refusal(answer.marker, self.t)
        if not isinstance(refused, Marker):
            self.answer = refused
            return
        number = read.shard.number
        for row, stored in zip(self._rows[number], answer.documents, strict=True):
            self._documents[row], self._markers[row] = stored, refused
        if self._named:
            for key, segment in zip(self._named[number], answer.segments, strict=True):
                if segment is not None:
                    self._segments[key] = segment

    def try_to_fold(self) -> None:
        """Fold, if nothing is missing any more; else know what is."""
        folded = self.request.fold(self._documents, self.t, self._segments or None, self._needed)
        if not isinstance(folded, Needed):
            self.answer = Values(folded, tuple(self._markers))
            return
        self._needed = folded
        self._rows, self._named = {}, {}
        for row, name in folded.segments:
            number = shard_number(self.request.entities[row], self.request.fill.shards)
            rows = self._rows.setdefault(number, [])
            if row not in rows:
                rows.append(row)
            self._named.setdefault(number, []).append((row, name))


def _by_shard(entities: Sequence[bytes], shards: int) -> dict[int, list[int]]:
    """Return shard -> the rows of the entities that are there."""
    rows: dict[int, list[int]] = {}
    for row, entity in enumerate(entities):
        rows.setdefault(shard_number(entity, shards), []).append(row)
    return rows


def _refusal(stored: bytes | None, t: int) -> Marker | Missing | NotReady | TooEarly:
    """Return a shard's marker, or why the shard may not be read at `t`."""
    if stored is None:
        return Missing()
    marker = parse_marker(stored)
    if not marker.ready:
        return NotReady()
    return TooEarly(marker.floor) if t < marker.floor else marker
