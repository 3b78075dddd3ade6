"""AsyncOnlineClient: the same reads for asyncio."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any

from zipline.online.features import Features
from zipline.online.service_state import ServiceState
from zipline.time import DurationLike, TimeLike

if TYPE_CHECKING:
    import pyarrow as pa

    from zipline.online.answer import Answer
    from zipline.online.stores.base import AsyncStore


class AsyncOnlineClient:
    """Reads features at request time, for asyncio; `OnlineClient` says what arguments and answers are.

    One read has the client's timeout, or that of an `asyncio.timeout` around it.
    """

    def __init__(
        self, store: str | AsyncStore, *, timeout: DurationLike = "250ms", prefix: str = "zl:"
    ) -> None:
        raise NotImplementedError

    async def get(
        self,
        service: str,
        request: Mapping[str, Any],
        *,
        at: TimeLike | None = None,
    ) -> Features:
        """Return the features of one request."""
        raise NotImplementedError

    async def get_many(
        self,
        service: str,
        requests: Any,
        *,
        at: TimeLike | None = None,
        statuses: bool = False,
    ) -> pa.Table:
        """Return the features of many requests: the columns given, then the features."""
        raise NotImplementedError

    async def answer(self, service: str, requests: Any, *, at: TimeLike | None = None) -> Answer:
        """Return the same with statuses, errors and positions."""
        raise NotImplementedError

    async def service(self, name: str) -> ServiceState:
        """Return what is known of a service."""
        raise NotImplementedError

    async def services(self) -> list[str]:
        """Return the services that can be read."""
        raise NotImplementedError

    async def close(self) -> None:
        """Let go of the store's connections."""
        raise NotImplementedError

    async def __aenter__(self) -> AsyncOnlineClient:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()
