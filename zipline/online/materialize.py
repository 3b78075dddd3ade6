"""Load history into the online state: a new fill beside the one that is read, which it replaces when it is whole."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from zipline.errors import ConfigError, OnlineError, RequestError
from zipline.online import catalog
from zipline.online.calls import Applied, ReadMeta
from zipline.online.fills import Fill
from zipline.online.loads import Load
from zipline.online.protocol import filling
from zipline.online.protocol.bulk import set_ready
from zipline.online.state.view_state import ViewState, view_state
from zipline.online.steps import Steps, run
from zipline.online.stores.base import Store
from zipline.progress import Progress
from zipline.registry.records import Record
from zipline.registry.references import parse_reference
from zipline.registry.registry import Registry
from zipline.registry.served import served
from zipline.time import from_micros

Loads = Callable[[ViewState, Fill], Sequence[Load]]
"""Opens the histories of a view's sources that have a table, as far as a fill brings them."""


@dataclass(frozen=True)
class Loaded:
    """What was loaded of one view.

    Attributes:
        view: `carrier_delays@2`.
        fill: the fill's name.
        events: how many facts were written now; those that a run before had written are not counted.
        resumed: whether a run before had begun it.
    """

    view: str
    fill: str
    events: int
    resumed: bool


def materialize(registry: Registry, name: str, loader: Materialization, until: int | None) -> list[Loaded]:
    """Load the history of a service's views, or of one view, and read it in this version from then on.

    Args:
        registry: where it is registered.
        name: of the service or view, in the version applied last, or `name@version`.
        loader: does the work.
        until: as in `Materialization.load`.

    Raises:
        ConfigError: there is no such service, view or version.
        RequestError: a view of it is not read online.
    """
    records = served(registry, applied_record(registry, name))
    run(catalog.publish(records), loader.store)
    loaded = [loader.load(record, until) for record in records if record.kind == "view"]
    run(catalog.publish(records), loader.store)  # once more: a store may have lost its end meanwhile
    for record in records:
        if record.kind == "service":
            run(catalog.switch(record.name, record.version), loader.store)
    return loaded


def applied_record(registry: Registry, name: str) -> Record:
    """Return the record that a name stands for: of the version applied last, or of `name@version`.

    Raises:
        ConfigError: there is none.
    """
    reference = parse_reference(name)
    kind = registry.kind_of(reference.name)
    if reference.version is not None:
        return registry.record(kind, reference.name, reference.version)
    applied = registry.applied()
    facts = (applied.services if kind == "service" else applied.views) if applied else {}
    if reference.name not in facts:
        raise ConfigError(
            f"{reference.name!r} is not among what was applied last",
            hint=f"zipline apply; or name a version: {reference.name}@{registry.numbers(kind, reference.name)[-1]}",
        )
    return registry.record(kind, reference.name, facts[reference.name].version)


@dataclass
class Materialization:
    """Loads the history of views into a store.

    Args:
        store: where to.
        loads: what there is to be written.
        shards, history: of new fills, see `Fill`.
        progress: is told of every chunk.
        wait: called again and again while a stream catches up with what is read today; it may raise to give up.
        now: the clock, microseconds.
    """

    store: Store
    loads: Loads
    shards: int
    history: int
    progress: Progress
    wait: Callable[[str], None]
    now: Callable[[], int]

    def load(self, record: Record, until: int | None) -> Loaded:
        """Load one view's history up to a moment, and let it be read.

        Args:
            record: of the view's version, published.
            until: microseconds: the tables hold all that was known by then; the clock unless given.

        Raises:
            RequestError: nothing says up to when the tables are complete.
            OnlineError: the store lost the fill.
        """
        state = view_state(record)
        fill, resumed = self._fill(record, state, until)
        loads = self.loads(state, fill)
        chunks = {name: count for load in loads for name, count in load.chunks.items()}
        events = 0
        while True:
            run(filling.start(fill), self.store)
            for load in loads:
                events += load.write(self.store, self.progress)
            self._catch_up(state, fill)
            if run(set_ready(fill, chunks), self.store):
                break
        if fill not in run(catalog.fills(fill.view, fill.version), self.store):
            raise OnlineError(
                f"the online store has lost what it was told of {fill.name} while that was loaded",
                where=f"view {state.title}", hint="load it again",
            )  # fmt: skip
        self._drop_older(fill)
        return Loaded(state.title, fill.name, events, resumed)

    def _fill(self, record: Record, state: ViewState, until: int | None) -> tuple[Fill, bool]:
        """Return the fill that a run before has begun, or a new one."""
        known = run(catalog.fills(record.name, record.version), self.store)
        if known and not run(filling.is_ready(known[-1]), self.store) and until in (None, known[-1].cut):
            return known[-1], True
        cut = _cut(state, until, self.now())
        return run(
            catalog.add_fill(
                record.name, record.version, shards=self.shards, cut=cut, history=self.history, now=self.now()
            ),
            self.store,
        ), False  # fmt: skip

    def _catch_up(self, state: ViewState, fill: Fill) -> None:
        """Wait until the stream has brought the fill as far as the one that is read: nobody reads an older state."""
        read = run(filling.newest_ready(run(catalog.fills(fill.view, fill.version), self.store)), self.store)
        if read is None or read.name == fill.name or not any(source.stream for source in state.sources):
            return
        goal = run(_positions(read, max), self.store)
        while behind := _behind(goal, run(_positions(fill, min), self.store)):
            self.wait(f"{fill.name} waits for the stream: {behind}")

    def _drop_older(self, fill: Fill) -> None:
        for older in run(catalog.fills(fill.view, fill.version), self.store):
            if older.number < fill.number:
                run(catalog.drop_fill(older), self.store)
                run(filling.drop(older), self.store)


def _cut(state: ViewState, until: int | None, now: int) -> int:
    """Return up to when the tables are taken to be complete.

    Raises:
        RequestError: it cannot be told: a stream goes on where a table without ids ends.
    """
    if until is not None and until > now:
        raise RequestError(
            f"--until {from_micros(until):%Y-%m-%dT%H:%M:%SZ} is in the future",
            where=f"view {state.title}", hint="name a moment up to which the tables are complete",
        )  # fmt: skip
    if until is None:
        for source in state.sources:
            if source.has_table and source.stream and not source.id:
                raise RequestError(
                    "nothing says where its table ends and its stream goes on: an event that is in both would "
                    "count twice, one that is in neither would be lost",
                    where=f"source {source.name!r}",
                    hint="say up to when the table holds all that was known: --until 2026-01-31T00:00:00Z, well "
                    "before the last load; or give the source an id",
                )  # fmt: skip
    return now if until is None else until


def _positions(fill: Fill, of: Callable[[Iterable[int]], int]) -> Steps[Mapping[str, int]]:
    """Return log -> how far it has been applied to the shards of a fill: to all (`min`) or to any of them (`max`).

    A shard that no event of a log was for may not have heard of it yet.

    Raises:
        OnlineError: a shard is missing.
    """
    found: list[Mapping[str, Applied]] = []
    for shard in fill.all_shards:
        meta = yield ReadMeta(shard)
        if meta is None:
            raise OnlineError(f"shard {shard.number} of {fill.name} is gone", hint="load it again")
        found.append(meta.logs)
    names = {name for logs in found for name in logs}
    return {name: of(logs[name].offset if name in logs else -1 for logs in found) for name in names}


def _behind(goal: Mapping[str, int], reached: Mapping[str, int]) -> Sequence[str]:
    """Return which logs have not come as far, each with how far it is to go."""
    return [
        f"{log} at {reached.get(log, 0)} of {offset}"
        for log, offset in sorted(goal.items())
        if reached.get(log, -1) < offset
    ]
