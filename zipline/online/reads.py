"""Reads: from a name and what is asked to features, as steps that any store can drive."""

from __future__ import annotations

import time as machine
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from zipline.errors import OnlineError, StoreUnavailable, ZiplineError
from zipline.online.answer import Answer
from zipline.online.asked import OneAsked, Wanted, ask_each, ask_many, ask_one
from zipline.online.assembling import answer, features
from zipline.online.catalog import services
from zipline.online.features import Features
from zipline.online.protocol.reading import Answer as ReadAnswer
from zipline.online.protocol.reading import Fold, Missing, NotReady, Request, TooEarly, Values, read
from zipline.online.resolving import Resolved, Resolver
from zipline.online.service_state import ServiceState
from zipline.online.state.fold import Folded, Needed
from zipline.online.steps import Steps
from zipline.time import TimeLike, from_micros, to_micros

A = TypeVar("A", bound=Wanted)


def moment_text(micros: int) -> str:
    """Return a time as `at=` takes it."""
    return from_micros(micros).isoformat().replace("+00:00", "Z")


def clock_micros() -> int:
    """Return the machine's time in microseconds since the epoch."""
    return machine.time_ns() // 1000


def monotonic_micros() -> int:
    """Return microseconds that never go back."""
    return machine.monotonic_ns() // 1000


class Reads:
    """What a client does, whatever its store; made once, for many threads.

    Args:
        clock: gives the time of reads, microseconds since the epoch.
        monotonic: gives microseconds that never go back.
    """

    def __init__(
        self, clock: Callable[[], int] = clock_micros, monotonic: Callable[[], int] = monotonic_micros
    ) -> None:
        self._clock = clock
        self._resolver = Resolver(monotonic)

    def service(self, name: str) -> Steps[ServiceState]:
        """Return how a service is read now."""
        return (self._resolver.known(name) or (yield from self._resolver.resolve(name))).service

    def services(self) -> Steps[list[str]]:
        """Return the services that can be read, each in the version that is."""
        found = yield from services()
        return [f"{name}@{version}" for name, version in sorted(found.items())]

    def get(self, name: str, request: Mapping[str, Any], at: TimeLike | None) -> Steps[Features]:
        """Return the features of one request."""
        now = self._clock()
        service, one, found, time = yield from self._read(
            name, now, at, lambda service, time: ask_one(service, request, time)
        )
        return features(service, one, [0] * len(found), found, time, now)

    def get_each(
        self, name: str, requests: Sequence[Mapping[str, Any]], at: TimeLike | None
    ) -> Steps[list[Features | ZiplineError]]:
        """Return of each request what `get` does, its features or its error; they are read together."""
        now = self._clock()
        try:
            service, each, found, time = yield from self._read(
                name, now, at, lambda service, time: ask_each(service, requests, time)
            )
        except StoreUnavailable:
            raise
        except OnlineError as error:
            if len(requests) == 1:
                return [error]
            alone = []
            for request in requests:
                alone += yield from self.get_each(name, [request], at)
            return alone
        return [
            features(service, one, rows, found, time, now) if isinstance(one, OneAsked) else one
            for one, rows in zip(each.ones, each.rows, strict=True)
        ]

    def answer(self, name: str, requests: Any, at: TimeLike | None) -> Steps[Answer]:
        """Return the features of many requests."""
        now = self._clock()
        service, many, found, time = yield from self._read(
            name, now, at, lambda service, time: ask_many(service, requests, time)
        )
        return answer(service, many, found, time, now)

    def _read(
        self, name: str, now: int, at: TimeLike | None, ask: Callable[[ServiceState, int], A]
    ) -> Steps[tuple[ServiceState, A, list[Values[Folded]], int]]:
        """Return what is asked of a service, the folded documents of each of its parts, and as of when."""
        time = now if at is None else to_micros(at)
        resolved = self._resolver.known(name) or (yield from self._resolver.resolve(name))
        wanted = ask(resolved.service, time)
        answers = yield from read(_requests(resolved, wanted), time)
        if any(isinstance(each, (Missing, NotReady)) for each in answers):
            # Another fill has taken over, and this one is gone; or a server lost it.
            resolved = yield from self._resolver.resolve(name, anew=True)
            wanted = ask(resolved.service, time)
            answers = yield from read(_requests(resolved, wanted), time)
        floors = [each.floor for each in answers if isinstance(each, TooEarly)]
        if at is None and floors:
            # A busy entity's state begins just now by the clock of a worker, which is ahead of this one.
            time = max(floors)
            wanted = ask(resolved.service, time)
            answers = yield from read(_requests(resolved, wanted), time)
        return resolved.service, wanted, [_values(each, resolved, time) for each in answers], time


def _requests(resolved: Resolved, wanted: Wanted) -> list[Request[Folded]]:
    return [
        Request(fill, entities, _and_none(part.folder.fold) if null or not entities else part.folder.fold)
        for part, fill, entities, null in zip(
            resolved.service.parts, resolved.fills, wanted.entities, wanted.null, strict=True
        )
    ]


def _and_none(fold: Fold[Folded]) -> Fold[Folded]:
    """Return a fold that has one more row, of no entity: what requests with a null key get."""

    def folded(
        documents: Sequence[bytes | None],
        t: int,
        segments: Mapping[tuple[int, bytes], bytes] | None = None,
        needed: Needed | None = None,
    ) -> Folded | Needed:
        return fold([*documents, None], t, segments, needed)

    return folded


def _values(answer: ReadAnswer[Folded], resolved: Resolved, time: int) -> Values[Folded]:
    if isinstance(answer, Values):
        return answer
    if isinstance(answer, TooEarly):
        raise OnlineError(
            f"{moment_text(time)} is before what the online state still holds: from {moment_text(answer.floor)} on",
            where=resolved.service.title,
            hint="read a later instant, or keep more with [online] history; a training set has any instant",
        )
    lost = "is gone" if isinstance(answer, Missing) else "is not complete any more"
    raise OnlineError(
        f"the state of a view {lost}: {', '.join(dict.fromkeys(fill.name for fill in resolved.fills))}",
        where=resolved.service.title,
        hint="the online store lost keys, or was restored from an older copy: zipline materialize loads them again",
    )
