"""Read the documents of many entities in many fills in one round trip, and fold them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeAlias, TypeVar

from zipline.online.calls import Marker
from zipline.online.fills import Fill
from zipline.online.state.fold import Needed
from zipline.online.steps import Steps

F_co = TypeVar("F_co", covariant=True)
F = TypeVar("F")


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
    raise NotImplementedError
    yield
