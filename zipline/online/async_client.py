"""AsyncOnlineClient: the same reads for asyncio."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any

from zipline.errors import ZiplineError
from zipline.online.client import client_settings
from zipline.online.features import Features
from zipline.online.reads import Reads, clock_micros
from zipline.online.steps import run_async
from zipline.online.stores.opening import open_async_store
from zipline.time import DurationLike, TimeLike

if TYPE_CHECKING:
    import pyarrow as pa

    from zipline.online.answer import Answer
    from zipline.online.service_state import ServiceState
    from zipline.online.stores.base import AsyncStore


class AsyncOnlineClient:
    """Reads features at request time, for one event loop; `OnlineClient` says what arguments and answers are."""

    def __init__(
        self,
        store: str | AsyncStore,
        *,
        timeout: DurationLike = "250ms",
        prefix: str = "zl:",
        clock: Callable[[], int] = clock_micros,
    ) -> None:
        opened = (
            open_async_store(store, client_settings(timeout, prefix)) if isinstance(store, str) else store
        )
        self._store: AsyncStore = opened
        self._reads = Reads(clock)

    async def get(self, service: str, request: Mapping[str, Any], *, at: TimeLike | None = None) -> Features:
        """Return the features of one request."""
        return await run_async(self._reads.get(service, request, at), self._store)

    async def get_each(
        self, service: str, requests: Sequence[Mapping[str, Any]], *, at: TimeLike | None = None
    ) -> list[Features | ZiplineError]:
        """Return of each request its features, or the error that `get` would raise for it."""
        return await run_async(self._reads.get_each(service, requests, at), self._store)

    async def get_many(
        self, service: str, requests: Any, *, at: TimeLike | None = None, statuses: bool = False
    ) -> pa.Table:
        """Return the features of many requests: the columns given, then the features."""
        return (await self.answer(service, requests, at=at)).table(statuses=statuses)

    async def answer(self, service: str, requests: Any, *, at: TimeLike | None = None) -> Answer:
        """Return the same with statuses, errors and positions."""
        return await run_async(self._reads.answer(service, requests, at), self._store)

    async def service(self, name: str) -> ServiceState:
        """Return what is known of a service."""
        return await run_async(self._reads.service(name), self._store)

    async def services(self) -> list[str]:
        """Return the services that can be read."""
        return await run_async(self._reads.services(), self._store)

    async def close(self) -> None:
        """Let go of the store's connections and files."""
        await self._store.close()

    async def __aenter__(self) -> AsyncOnlineClient:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()
