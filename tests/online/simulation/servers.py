"""Servers that lose the end of what they were told: memory stores with a journal of the calls that changed them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from zipline.online import calls
from zipline.online.calls import Call, Shard
from zipline.online.stores.base import Store
from zipline.online.stores.memory import MemoryStore

READING: Final = (calls.ReadMeta, calls.ListEntities, calls.Read, calls.ReadAll)


class Server:
    """One server; its shards lose their ends together.

    Args:
        opened: makes the empty store that it is.
    """

    def __init__(self, opened: Callable[[], Store]) -> None:
        self.journal: list[tuple[int, Call]] = []
        self._opened = opened
        self.store = opened()

    def do(self, call: Call, now: int) -> Any:
        """Make a call."""
        if not isinstance(call, READING):
            self.journal.append((now, call))
        return self.store.do(call)

    def roll_back(self, calls: int, since: int) -> None:
        """Forget the last calls, none from before a time."""
        while calls and self.journal and self.journal[-1][0] >= since:
            self.journal.pop()
            calls -= 1
        self.store.close()
        self.store = self._opened()
        for _, call in self.journal:
            self.store.do(call)


class Mirrored:
    """A store in memory and a real one, which must give the same answers."""

    def __init__(self, real: Store) -> None:
        self._memory, self._real = MemoryStore(), real

    def do(self, call: Call) -> Any:
        """Make a call in both; entities are listed in the order of the one in memory, so that runs are the same."""
        expected, answer = self._memory.do(call), self._real.do(call)
        if isinstance(call, calls.ListEntities):
            return expected
        assert answer == expected, f"{call} gave {answer}, not {expected}"
        return answer

    def close(self) -> None:
        """Close the real one."""
        self._real.close()


class Servers:
    """A store whose shards are spread over servers."""

    def __init__(self, count: int, opened: Callable[[], Store] = MemoryStore) -> None:
        self.all = [Server(opened) for _ in range(count)]

    def close(self) -> None:
        """Close all of them."""
        for server in self.all:
            server.store.close()

    def of(self, shard: Shard) -> Server:
        """Return the server of a shard."""
        return self.all[shard.number % len(self.all)]

    def do(self, call: Call, now: int) -> Any:
        """Make a call where its shard is."""
        if isinstance(call, calls.ReadAll):
            return tuple(self.of(read.shard).do(read, now) for read in call.reads)
        assert not isinstance(call, (calls.GetEntry, calls.PutEntry, calls.ListEntries))
        return self.of(call.shard).do(call, now)
