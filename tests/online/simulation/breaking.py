"""Ways to break a rule: contexts in which a part of the protocol, the store or the world does something else."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import replace
from typing import Any, TypeAlias
from unittest.mock import patch

from tests.online.simulation.actors import ACTORS, Acting
from tests.online.simulation.simulation import Actor, Simulation
from zipline.errors import StoreUnavailable
from zipline.online import calls
from zipline.online.calls import NOWHERE, Call
from zipline.online.stores import meaning
from zipline.online.stores.place import document

Broken: TypeAlias = Callable[[], AbstractContextManager[Any]]


def swapped(target: Any, name: str, value: Any) -> Broken:
    """Return what puts something else in the place of an attribute."""
    return lambda: patch.object(target, name, value)


def together(*broken: Broken) -> Broken:
    """Return what breaks several things, where one alone is held by another."""

    @contextmanager
    def context() -> Iterator[None]:
        with ExitStack() as stack:
            for each in broken:
                stack.enter_context(each())
            yield

    return context


def stored(call: type, step: Callable[[Any, Any], Any]) -> Broken:
    """Return what has the store do something else for a call."""
    return lambda: patch.dict(meaning._STEPS, {call: step})


def split(parts: Callable[[Call], Sequence[Call]]) -> Broken:
    """Return what makes several calls of one, so that something may happen between them."""

    def actor(self: Simulation, name: str) -> Actor:
        return Actor(name, _split(ACTORS[name](self.world, name), parts))

    return lambda: patch.object(Simulation, "_actor", actor)


def _split(steps: Acting, parts: Callable[[Call], Sequence[Call]]) -> Acting:
    call = next(steps)
    while True:
        answer: Any = None
        try:
            for part in [None] if call is None else parts(call):
                answer = yield part
                if answer is False or getattr(answer, "done", True) is False:
                    break
        except StoreUnavailable as error:
            call = steps.throw(error)
        else:
            call = steps.send(answer)


def offset_apart(call: Call) -> Sequence[Call]:
    """Return an append to documents, and one that moves the offset."""
    if not isinstance(call, calls.Append) or call.bulk or call.start == call.stop:
        return [call]
    return [replace(call, stop=call.start, watermark=NOWHERE), replace(call, deltas=())]


def progress_apart(call: Call) -> Sequence[Call]:
    """Return an append of a bulk load, and one that moves its progress."""
    if not isinstance(call, calls.Append) or not call.bulk:
        return [call]
    return [replace(call, stop=call.start), replace(call, deltas=(), segments=())]


def segments_apart(call: Call) -> Sequence[Call]:
    """Return a compaction without its segments, and a call that writes them."""
    if not isinstance(call, calls.Compact) or not call.segments:
        return [call]
    later = replace(call, length=len(call.head), digest=hashlib.sha1(call.head).digest(), dropped=())
    return [replace(call, segments=()), later]


def append_wherever(place: Any, call: calls.Append) -> Any:
    """Append, wherever the offset stands."""
    meta = place.meta(call.shard)
    if meta is None or call.bulk:
        return meaning._append(place, call)
    start = meta.logs[call.log].offset if call.log in meta.logs else NOWHERE
    return meaning._append(place, replace(call, start=start))


def bulk_wherever(place: Any, call: calls.Append) -> Any:
    """Append a bulk load's chunk, wherever its progress stands."""
    meta = place.meta(call.shard)
    if meta is None or not call.bulk:
        return meaning._append(place, call)
    return meaning._append(place, replace(call, start=meta.bulk.get(call.log, NOWHERE)))


def append_to_nothing(place: Any, call: calls.Append) -> Any:
    """Append to a shard that does not exist as to a new one."""
    if place.meta(call.shard) is None:
        place.set_meta(call.shard, calls.Meta(ready=True, cut=None, floor=-(1 << 60)))
        call = replace(call, start=NOWHERE)
    return meaning._append(place, call)


def compact_by_length(place: Any, call: calls.Compact) -> bool:
    """Compact a document that is long enough, whatever its bytes."""
    read = (place.get(call.shard, document(call.entity)) or b"")[: call.length]
    return meaning._compact(place, replace(call, digest=hashlib.sha1(read).digest()))


def compact_all(place: Any, call: calls.Compact) -> bool:
    """Compact a document, and forget what was appended since it was read."""
    done = meaning._compact(place, call)
    if done:
        key = document(call.entity)
        place.set(call.shard, key, call.head)
    return done
