"""Servers that lose the end of what they were told: memory stores with a journal of the calls that changed them."""

from __future__ import annotations

from typing import Any, Final

from zipline.online import calls
from zipline.online.calls import Call, Shard
from zipline.online.stores.memory import MemoryStore

READING: Final = (calls.ReadMeta, calls.ListEntities, calls.Read, calls.ReadAll)


class Server:
    """One server; its shards lose their ends together."""

    def __init__(self) -> None:
        self.journal: list[Call] = []
        self.store = MemoryStore()

    def do(self, call: Call) -> Any:
        """Make a call."""
        if not isinstance(call, READING):
            self.journal.append(call)
        return self.store.do(call)

    def roll_back(self, calls: int) -> None:
        """Forget the last calls."""
        del self.journal[max(len(self.journal) - calls, 0) :]
        self.store = MemoryStore()
        for call in self.journal:
            self.store.do(call)


class Servers:
    """A store whose shards are spread over servers."""

    def __init__(self, count: int) -> None:
        self.all = [Server() for _ in range(count)]

    def of(self, shard: Shard) -> Server:
        """Return the server of a shard."""
        return self.all[shard.number % len(self.all)]

    def do(self, call: Call) -> Any:
        """Make a call where its shard is."""
        if isinstance(call, calls.ReadAll):
            return tuple(self.of(read.shard).do(read) for read in call.reads)
        assert not isinstance(call, (calls.GetEntry, calls.PutEntry, calls.ListEntries))
        return self.of(call.shard).do(call)
