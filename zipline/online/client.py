"""OnlineClient: reads a service's features from the online store."""

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
    from zipline.online.stores.base import Store


class OnlineClient:
    """Reads features at request time; made once, used from as many threads as there are.

    Args:
        store: `redis://...`, `rediss://...`, `redis+sentinel://...`, `redis+cluster://...` or `embedded:FOLDER`.
        timeout: of one call of the store; a read that takes longer is a `StoreUnavailable`.
        prefix: with what the store's keys begin.
    """

    def __init__(self, store: str | Store, *, timeout: DurationLike = "250ms", prefix: str = "zl:") -> None:
        raise NotImplementedError

    def get(
        self,
        service: str,
        request: Mapping[str, Any],
        *,
        at: TimeLike | None = None,
        timeout: DurationLike | None = None,
    ) -> Features:
        """Return the features of one request.

        Args:
            service: `name`, the version applied last, or `name@version`; a view as well.
            request: key and request fields -> value. A field that is absent or None is null.
            at: a past instant; now, unless given.
            timeout: of the whole read, in place of the client's.

        Raises:
            RequestError: there is no such service or field, or a value is of another type.
            OnlineError: the instant lies before what the state still holds, or something stored cannot be decoded.
            StoreUnavailable: the store is down or slow.
        """
        raise NotImplementedError

    def get_many(
        self,
        service: str,
        requests: Any,
        *,
        at: TimeLike | None = None,
        statuses: bool = False,
        timeout: DurationLike | None = None,
    ) -> pa.Table:
        """Return the features of many requests: the columns given, then the features, in the order given.

        Args:
            service: as for `get`.
            requests: a list of dicts, or an Arrow, Polars or pandas table.
            at: one past instant for all of them.
            statuses: add a column `{feature}__status` for each feature. Without, a feature without a value for some
                request is an error.
            timeout: as for `get`.

        Raises: as `get` does.
        """
        raise NotImplementedError

    def answer(
        self, service: str, requests: Any, *, at: TimeLike | None = None, timeout: DurationLike | None = None
    ) -> Answer:
        """Return the same with statuses, errors and positions: what `get_many` and a server write out."""
        raise NotImplementedError

    def service(self, name: str) -> ServiceState:
        """Return what is known of a service: its fields and their types, its features and theirs."""
        raise NotImplementedError

    def services(self) -> list[str]:
        """Return the services that can be read, each in the version applied last: `delay_model@3`."""
        raise NotImplementedError

    def close(self) -> None:
        """Let go of the store's connections."""
        raise NotImplementedError

    def __enter__(self) -> OnlineClient:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
