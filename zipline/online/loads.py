"""How the history of one source comes into a fill: whole, and from where a run before stood."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from zipline.online.fills import Fill
from zipline.online.protocol import filling
from zipline.online.protocol.bulk import Bulk
from zipline.online.protocol.outcome import Outcome
from zipline.online.state.facts import Facts
from zipline.online.state.view_state import ViewState
from zipline.online.steps import run
from zipline.online.stores.base import Store
from zipline.progress import Progress


class Load(Protocol):
    """The history of one source on its way into a fill."""

    @property
    def chunks(self) -> Mapping[str, int]:
        """What every shard must hold of it when it is whole, as `set_ready` asks for it."""

    def write(self, store: Store, progress: Progress) -> int:
        """Write what a store lacks of it; return how many facts that was.

        Raises:
            StoreUnavailable: the store is down.
            DataError: a row cannot be read or computed.
        """


class SourceHistory(Protocol):
    """The history of one source, in chunks that are the same facts each time.

    Attributes:
        chunks: how many there are.
    """

    chunks: int

    def facts(self, first: int) -> Iterator[tuple[int, Facts]]:
        """Return the chunks from a number on, in order."""


@dataclass(frozen=True)
class ChunkLoad:
    """Writes chunks that this process reads.

    Attributes:
        state: the view's.
        fill: where to.
        source: whose history it is.
        history: the chunks.
    """

    state: ViewState
    fill: Fill
    source: str
    history: SourceHistory

    @property
    def chunks(self) -> Mapping[str, int]:
        """What every shard must hold."""
        return {self.source: self.history.chunks}

    def write(self, store: Store, progress: Progress) -> int:
        """Write the chunks from where the store stands; return how many facts were written."""
        bulk, written = Bulk(self.state, self.fill, self.source), 0
        while True:
            first = run(bulk.load(), store)
            if first is None:
                run(filling.start(self.fill), store)
                continue
            progress.begin(self.history.chunks - first)
            for chunk, facts in self.history.facts(first):
                outcome = run(bulk.write(chunk, facts), store).outcome
                if outcome is not Outcome.DONE:
                    break
                written += len(facts)
                progress.step(f"{self.state.view.name}: {self.source}")
            else:
                return written
