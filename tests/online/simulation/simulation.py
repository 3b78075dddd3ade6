"""Run a scenario: one call at a time, of whoever the seed says, with something going wrong between any two."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, Final
from unittest.mock import patch

from tests.online.simulation.actors import ACTORS, Acting
from tests.online.simulation.codecs import Codec
from tests.online.simulation.rows import values_at
from tests.online.simulation.scenario import CORRECTIONS, SECOND, Scenario
from tests.online.simulation.world import World, Wrong
from zipline.errors import StoreUnavailable
from zipline.online.calls import Call
from zipline.online.protocol import blind, bulk, compacting, forgetting, reading, runs
from zipline.online.stores.base import Store
from zipline.online.stores.memory import MemoryStore

PATIENCE: Final = 6000
"""Steps after which a run that should come to rest is stuck."""

MOST_ACTORS: Final = 10


@dataclass
class Actor:
    """Steps that are being taken; `call` is the one that they wait for."""

    name: str
    steps: Acting
    call: Call | None = None
    started: bool = False
    frozen_until: int = 0


class Simulation:
    """A run of a scenario.

    Attributes:
        trace: what happened, in words, if it is to be told.
    """

    def __init__(
        self,
        scenario: Scenario,
        codec: Codec,
        *,
        tell: bool = False,
        opened: Callable[[], Store] = MemoryStore,
    ) -> None:
        self.world = World(scenario, codec, opened)
        self.trace: list[str] | None = [] if tell else None
        self._actors = [self._actor(each) for each in ("worker-1", "loader", *scenario.actors)]
        self._ghosts: list[Call] = []
        self._step = 0
        self._rebalance()

    def run(self) -> None:
        """Take steps, let all come to rest, and compare every entity.

        Raises:
            Wrong: a read gave what it must not, or nothing comes to rest.
        """
        for _ in range(self.world.scenario.steps):
            self._act()
        self._come_to_rest()
        self._compare()

    def _act(self) -> None:
        dice, faults = self.world.dice, self.world.scenario.faults
        self._step += 1
        self.world.tick()
        if self.world.scenario.lag and self._step in (1, self.world.scenario.lag):
            self._rebalance()
        if self._ghosts and dice.random() < 0.1:
            self._make(self._ghosts.pop(dice.randrange(len(self._ghosts))), "a ghost")
        if faults and dice.random() < self.world.scenario.fault_rate:
            self._fault(dice.choice(faults))
        actor = dice.choice(self._actors)
        if actor.frozen_until <= self._step:
            self._advance(actor)

    def _advance(self, actor: Actor) -> None:
        """Make the call that an actor waits for, and give it the answer."""
        try:
            if not actor.started:
                actor.started = True
                actor.call = next(actor.steps)
            elif actor.call is None:
                actor.call = actor.steps.send(None)
            else:
                actor.call = actor.steps.send(self._make(actor.call, actor.name))
        except StopIteration:
            raise AssertionError(f"{actor.name} has ended") from None

    def _fail(self, actor: Actor, made: str) -> None:
        """Let an actor's call fail: it was made, was not, or will be some time later."""
        if actor.call is None:
            return
        self._say(f"{actor.name}: {made} {actor.call}")
        if made == "lost":
            self._make(actor.call, actor.name)
        elif made == "ghost":
            self._ghosts.append(actor.call)
        actor.call = actor.steps.throw(StoreUnavailable("the simulation says so"))

    def _make(self, call: Call, who: str) -> Any:
        answer = self.world.servers.do(call, self.world.clock)
        if self.trace is not None:
            self._say(f"{who}: {call} -> {answer}")
        return answer

    def _fault(self, fault: str) -> None:
        world, dice = self.world, self.world.dice
        actor = dice.choice(self._actors)
        if fault in ("lost", "refused", "ghost"):
            self._fail(actor, fault)
        elif fault == "crash":
            self._crash(actor)
        elif fault == "freeze":
            self._freeze(actor)
        elif fault == "rollback":
            server = dice.choice(world.servers.all)
            calls = dice.choice((1, 2, 5, 20, 100))
            self._say(f"a server forgets {calls} calls")
            server.roll_back(calls, world.clock - world.scenario.most_lost)
            world.rolled_back = True
        elif fault == "skew":
            world.skew[actor.name] = dice.choice(
                (0, -3600 * SECOND, -SECOND, SECOND, world.scenario.most_skew)
            )
        elif fault == "replay":
            world.replays = True
            self._crash(actor)
        elif fault == "prefetch":
            world.prefetched = True
            self._crash(actor)
        else:
            self._rebalance()

    def _freeze(self, actor: Actor) -> None:
        """Take an actor for dead and begin another one; it goes on some time later."""
        if len(self._actors) < MOST_ACTORS:
            actor.frozen_until = self._step + self.world.dice.choice((10, 40, 150))
            self._actors.append(self._actor(actor.name))

    def _crash(self, actor: Actor) -> None:
        """Begin an actor anew; the call on its way may be made all the same."""
        self._say(f"{actor.name} crashes")
        if actor.call is not None and self.world.dice.random() < 0.3:
            self._make(actor.call, actor.name)
        self._actors[self._actors.index(actor)] = self._actor(actor.name)

    def _actor(self, name: str) -> Actor:
        return Actor(name, ACTORS[name](self.world, name))

    def _rebalance(self) -> None:
        """Give each log to a worker or two; one that is in the midst of a batch does not notice yet."""
        world = self.world
        workers = sorted({each.name for each in self._actors if each.name.startswith("worker")})
        world.assigned = {each: [] for each in workers}
        lagging = 0 < self._step < world.scenario.lag
        for log in world.logs[lagging:]:
            for each in world.dice.choices(workers, k=world.dice.choice((1, 1, 2))):
                world.assigned[each].append(log)

    def _come_to_rest(self) -> None:
        """Let everything arrive, with nothing going wrong any more, until every shard holds all of it."""
        world = self.world
        self._say("nothing goes wrong any more")
        world.clock = max([world.clock, world.fill.cut or 0, *(row.arrival for row in world.rows())])
        world.skew.clear()
        world.replays = world.prefetched = False
        for actor in self._actors:
            actor.frozen_until = 0
        for step in range(PATIENCE):
            world.tick()
            if self._ghosts:
                self._make(self._ghosts.pop(), "a ghost")
            self._advance(world.dice.choice(self._actors))
            if step % 50 == 0:
                self._rebalance()
            if step % 10 == 0 and world.dead_end() is None:
                return
        raise Wrong(f"nothing comes to rest: {world.dead_end()}")

    def _compare(self) -> None:
        """Read every entity at several moments, before and after a last compaction; all rows must be in them."""
        world = self.world
        self._read_all()
        world.clock += world.dice.choice((0, SECOND, 5 * SECOND))
        for entity in world.entities:
            self._finish(
                compacting.compact(world.state, world.fill, entity, world.clock, world.scenario.lead)
            )
        self._read_all()

    def _read_all(self) -> None:
        world, rows = self.world, self._all_rows()
        for ahead in world.dice.sample((-3 * SECOND, -SECOND, 0, 1, 2 * SECOND, 4 * SECOND, 9 * SECOND), 3):
            t = world.clock + ahead
            (answer,) = self._finish(
                reading.read([reading.Request(world.fill, world.entities, world.fold)], t)
            )
            if isinstance(answer, reading.TooEarly) and t < answer.floor <= world.clock + 6 * SECOND:
                continue
            if not isinstance(answer, reading.Values):
                raise Wrong(f"the end got {answer} at {t}")
            for entity, value in zip(world.entities, answer.folded, strict=True):
                expected = values_at(rows, world.state.windows, entity, t, CORRECTIONS)
                if value != expected:
                    raise Wrong(f"at the end {entity!r} at {t} is {value}, not {expected}")

    def _all_rows(self) -> list[Any]:
        world = self.world
        streamed = [each.row for log in world.scenario.logs for each in log if world.is_streamed(each.row)]
        return [*(world.scenario.table if world.fill.cut is not None else ()), *streamed]

    def _finish(self, steps: Any) -> Any:
        try:
            call = next(steps)
            while True:
                call = steps.send(self._make(call, "the end"))
        except StopIteration as end:
            return end.value

    def _say(self, what: str) -> None:
        if self.trace is not None:
            self.trace.append(f"{self._step:4} {(self.world.clock) / 1e6:.3f} {what}")


@contextmanager
def small(codec: Codec) -> Iterator[None]:
    """Make the protocol's sizes so small that few rows meet them, and use a codec."""
    with ExitStack() as stack:
        for module, name, value in (
            (runs, "MOST_DELTAS", 2), (bulk, "MOST_DELTAS", 2),
            (blind, "COMPACT_AT", 400), (compacting, "_LISTED", 1), (forgetting, "_LISTED", 5),
            (compacting, "_WORTH_IT", 200),
        ):  # fmt: skip
            stack.enter_context(patch.object(module, name, value))
        stack.enter_context(codec.used())
        yield
