"""What every store does: the calls, one at a time, each whole or not at all."""

from __future__ import annotations

from typing import Any, Protocol

from zipline.online.calls import Call


class Store(Protocol):
    """A place where the online state lives.

    The answer to each call is what the call's class says. Calls may be made from several threads.

    Raises:
        StoreUnavailable: it is down, slow or out of memory; the call may or may not have been applied.
        OnlineError: what is stored is not what zipline stores.
    """

    def do(self, call: Call) -> Any:
        """Make a call and return its answer."""

    def close(self) -> None:
        """Let go of connections and files."""


class AsyncStore(Protocol):
    """The same for asyncio: what reading needs, `ReadAll`, `Read`, `ReadMeta` and the catalog."""

    async def do(self, call: Call) -> Any:
        """Make a call and return its answer."""

    async def close(self) -> None:
        """Let go of connections."""
