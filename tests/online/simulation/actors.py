"""Who takes part: each is steps without end that know nothing of each other; None gives the turn away."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any, Final, TypeAlias

from tests.online.simulation.rows import facts_of
from tests.online.simulation.world import World
from zipline.errors import StoreUnavailable
from zipline.online.calls import NOWHERE, Call
from zipline.online.protocol import bulk, compacting, filling, forgetting, reading, writing
from zipline.online.protocol.outcome import Outcome

Acting: TypeAlias = Generator[Call | None, Any, None]


def worker(world: World, name: str) -> Acting:
    """Consume logs and write what they say, as `zipline stream` does."""
    writers: dict[str, writing.Writer] = {}
    positions: dict[str, int] = {}
    while True:
        yield None
        mine = world.assigned.get(name, [])
        if not mine:
            continue
        log = world.dice.choice(mine)
        try:
            if log not in positions:
                writer = writers.setdefault(log, writing.Writer(world.state, world.fill, log))
                position = yield from writer.load(world.now(name))
                if position is None:
                    yield from filling.start(world.fill)
                    continue
                positions[log] = position
                if world.replays:
                    positions[log], world.replays = NOWHERE, False
                elif world.prefetched and position != NOWHERE:
                    positions[log], world.prefetched = max(position, world.middle(log)), False
            outcome, position, grown = yield from _round(world, name, writers[log], positions[log])
        except StoreUnavailable:
            continue
        positions[log] = position
        if outcome is not Outcome.DONE:
            del positions[log]
        for entity in grown:
            yield from _compact(world, name, entity)


def _round(
    world: World, name: str, writer: writing.Writer, position: int
) -> Generator[Call, Any, tuple[Outcome, int, tuple[bytes, ...]]]:
    batch = world.consume(writer.log, position, world.dice.choice((1, 2, 8)))
    watermark = world.now(name) if batch.last else batch.newest
    written = yield from writer.write(batch.facts, batch.start, batch.stop, watermark)
    grown = written.grown
    if written.outcome is Outcome.DONE:
        written = yield from writer.idle(world.now(name), watermark)
    if written.outcome is Outcome.DONE:
        written = yield from writer.reread(world.now(name))
    return written.outcome, batch.stop, grown


def compactor(world: World, name: str) -> Acting:
    """Compact one document after another."""
    while True:
        yield None
        yield from _compact(world, name, world.dice.choice(world.entities))


def _compact(world: World, name: str, entity: bytes) -> Acting:
    try:
        yield from compacting.compact(
            world.state, world.fill, entity, world.now(name), world.scenario.lead, logs=world.logs
        )
    except StoreUnavailable:
        return


def tidier(world: World, name: str) -> Acting:
    """Walk through shards: expire and compact."""
    while True:
        yield None
        shard = world.dice.choice(world.fill.all_shards)
        try:
            yield from compacting.tidy(
                world.state, world.fill, shard, world.now(name), world.scenario.lead, logs=world.logs
            )
        except StoreUnavailable:
            continue


def forgetter(world: World, name: str) -> Acting:
    """Walk through the id index: forget what is settled."""
    forgetter = forgetting.Forgetter(world.state, world.fill, world.logs)
    while True:
        yield None
        shard = world.dice.choice(world.fill.all_shards)
        try:
            world.forgotten += yield from forgetter.walk(shard, world.now(name), world.clock)
        except StoreUnavailable:
            continue


def loader(world: World, name: str) -> Acting:
    """Load history, and let the fill be read; where a store loses some of it, again."""
    while True:
        yield None
        try:
            if not (yield from filling.is_ready(world.fill)):
                yield from _load(world)
        except StoreUnavailable:
            continue


def _load(world: World) -> Acting:
    yield from filling.start(world.fill)
    if world.fill.cut is None:
        yield from bulk.set_ready(world.fill, {})
        return
    load = bulk.Bulk(world.state, world.fill, "s")
    chunk = yield from load.load()
    while chunk is not None and chunk < len(world.chunks):
        rows = world.chunks[chunk]
        facts = facts_of(rows) if rows else world.no_facts
        written = yield from load.write(chunk, facts)
        chunk = chunk + 1 if written.outcome is Outcome.DONE else (yield from load.load())
    if chunk is not None:
        yield from bulk.set_ready(world.fill, {"s": len(world.chunks)})


def reader(world: World, name: str) -> Acting:
    """Read some entities at some moment, and compare."""
    while True:
        yield None
        entities = [world.dice.choice(world.entities) for _ in range(world.dice.choice((1, 2, 3)))]
        t = world.clock + world.dice.choice((0, 0, 1, -1_000_000, -5_000_000, 2_000_000))
        try:
            yield from read(world, name, entities, t)
        except StoreUnavailable:
            continue


def read(world: World, name: str, entities: list[bytes], t: int) -> Generator[Call, Any, reading.Answer[Any]]:
    """Read entities, compare what came, and return the answer."""
    (answer,) = yield from reading.read([reading.Request(world.fill, entities, world.fold)], t)
    if isinstance(answer, reading.Values):
        for entity, value, marker in zip(entities, answer.folded, answer.markers, strict=True):
            world.check(entity, t, value, marker, name)
    return answer


ACTORS: Final[dict[str, Callable[[World, str], Acting]]] = {
    "worker-1": worker, "worker-2": worker, "worker-3": worker, "compactor": compactor, "tidier": tidier,
    "loader": loader, "reader": reader, "forgetter": forgetter,
}  # fmt: skip
