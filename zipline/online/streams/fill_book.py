"""What there is to stream: the fills that the online store's catalog tells of, and the streams of their sources."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from zipline.errors import OnlineError, nearest
from zipline.online import catalog
from zipline.online.calls import GetEntry, ListEntries, PutEntry
from zipline.online.fills import Fill
from zipline.online.protocol import filling
from zipline.online.protocol.bulk import set_ready
from zipline.online.state.view_state import ViewState, view_state
from zipline.online.steps import Steps, run
from zipline.online.stores.base import Store

_GROUP = "stream/group"


@dataclass(frozen=True)
class Streamed:
    """A view version, and the fills that its streams are written to."""

    state: ViewState
    fills: tuple[Fill, ...]


@dataclass
class FillBook:
    """Knows the fills that are to be written, and makes the first of a view that has nothing but its streams.

    A view whose sources have tables waits for `zipline materialize`, unless told not to: read without their history
    its values would be wrong.

    Attributes:
        store: whose catalog.
        names: of the views, in all of their versions; all views unless given.
        shards, history: of fills that it makes, see `Fill`.
        now: the clock, microseconds.
        awaits_history: False where nothing that came before the streams matters.
    """

    store: Store
    names: frozenset[str]
    shards: int
    history: int
    now: Callable[[], int]
    awaits_history: bool = True
    _states: dict[str, ViewState] = field(default_factory=dict)

    def read(self) -> tuple[Streamed, ...]:
        """Return what is to be written now; the catalog is read anew.

        Raises:
            OnlineError: an entry is not what zipline wrote, or there is no view of a name.
            StoreUnavailable: try again later.
        """
        found = []
        for title in self._titles():
            state = self._state(title)
            name, _, version = title.partition("@")
            fills = run(catalog.fills(name, int(version)), self.store)
            if not fills and not (self.awaits_history and any(source.has_table for source in state.sources)):
                fills = (self._first(name, int(version)),)
            found.append(Streamed(state, fills))
        return tuple(found)

    def group(self) -> str:
        """Return what tells this store's consumer groups from those of others: two stores never share partitions."""
        return run(_group(), self.store)

    def restore(self, fill: Fill) -> bool:
        """Make the shards of a fill again that the store has lost; return whether the catalog still has it.

        Without history it is read at once; with one, `zipline materialize` must load it again.
        """
        if fill not in run(catalog.fills(fill.view, fill.version), self.store):
            return False
        self._start(fill)
        return True

    def _titles(self) -> Iterable[str]:
        titles = [each.removeprefix("view/") for each in run(_list("view/"), self.store)]
        known = {title.partition("@")[0] for title in titles}
        for name in sorted(self.names - known):
            raise OnlineError(
                f"view {name!r} is not in the online store",
                hint=f"{nearest(name, known)}; register it, online=True: zipline apply",
            )
        return [title for title in titles if not self.names or title.partition("@")[0] in self.names]

    def _state(self, title: str) -> ViewState:
        if title not in self._states:
            name, _, version = title.partition("@")
            self._states[title] = view_state(run(catalog.view_record(name, int(version)), self.store))
        return self._states[title]

    def _first(self, name: str, version: int) -> Fill:
        """Make the first fill of a view; of several workers that do, the first one's counts."""
        made = run(
            catalog.add_fill(
                name, version, shards=self.shards, cut=None, history=self.history, now=self.now()
            ),
            self.store,
        )
        first = run(catalog.fills(name, version), self.store)[0]
        if first != made:
            run(catalog.drop_fill(made), self.store)
        self._start(first)
        return first

    def _start(self, fill: Fill) -> None:
        run(filling.start(fill), self.store)
        if fill.cut is None:
            run(set_ready(fill, {}), self.store)


def _list(prefix: str) -> Steps[list[str]]:
    return (yield ListEntries(prefix))  # type: ignore[no-any-return]


def _group() -> Steps[str]:
    while True:
        known: bytes | None = yield GetEntry(_GROUP)
        if known is not None:
            return known.decode()
        yield PutEntry(_GROUP, None, f"zipline-{uuid.uuid4().hex[:12]}".encode())
