"""OnlineClient: reads a service's features from the online store."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any

from zipline.errors import ZiplineError
from zipline.online.features import Features
from zipline.online.reads import Reads, clock_micros
from zipline.online.steps import run
from zipline.online.stores.opening import open_store
from zipline.settings import OnlineSettings
from zipline.time import DurationLike, TimeLike, parse_duration

if TYPE_CHECKING:
    import pyarrow as pa

    from zipline.online.answer import Answer
    from zipline.online.service_state import ServiceState
    from zipline.online.stores.base import Store


class OnlineClient:
    """Reads features at request time; made once, and used from as many threads as there are.

    It needs nothing but the online store: which services there are, and what their features mean, stands there too.

    Args:
        store: `redis://...`, `rediss://...`, `redis+sentinel://...`, `redis+cluster://...` or `embedded:FOLDER`; or a
            store that is open already.
        timeout: of each call of the store, of which a read makes one; seldom more.
        prefix: how the store's keys begin.
        clock: gives the time of reads in microseconds; the machine's unless given.

    Raises:
        ConfigError: the text names no store.
    """

    def __init__(
        self,
        store: str | Store,
        *,
        timeout: DurationLike = "250ms",
        prefix: str = "zl:",
        clock: Callable[[], int] = clock_micros,
    ) -> None:
        self._store = open_store(store, client_settings(timeout, prefix)) if isinstance(store, str) else store
        self._reads = Reads(clock)

    def get(self, service: str, request: Mapping[str, Any], *, at: TimeLike | None = None) -> Features:
        """Return the features of one request.

        Args:
            service: `name`, in the version that is read now, or `name@version`; a view as well.
            request: key and request fields -> value. A field that is absent or None is null.
            at: a past instant that the state still holds; now, unless given.

        Raises:
            RequestError: there is no such service or field, or a value is of another type.
            OnlineError: the instant lies before what the state holds, or something stored cannot be decoded.
            StoreUnavailable: the store is down or slow.
        """
        return run(self._reads.get(service, request, at), self._store)

    def get_each(
        self, service: str, requests: Sequence[Mapping[str, Any]], *, at: TimeLike | None = None
    ) -> list[Features | ZiplineError]:
        """Return of each request what `get` does: its features, or the error that `get` would raise for it.

        For requests of different callers: they are read in one round trip, and one's mistake is not the others'.

        Args:
            service, at: as for `get`.
            requests: each as for `get`.

        Raises:
            RequestError: there is no such service.
            StoreUnavailable: the store is down or slow.
        """
        return run(self._reads.get_each(service, requests, at), self._store)

    def get_many(
        self, service: str, requests: Any, *, at: TimeLike | None = None, statuses: bool = False
    ) -> pa.Table:
        """Return the features of many requests: the columns given, then the features, in the order given.

        Args:
            service: as for `get`.
            requests: a list of dicts as for `get`; or an Arrow, Polars or pandas table, which must have every field
                and may have other columns.
            at: one instant for all of them.
            statuses: add a column `{feature}__status` for each feature. Without, a feature that has no value for some
                request is an error.

        Raises: as `get` does.
        """
        return self.answer(service, requests, at=at).table(statuses=statuses)

    def answer(self, service: str, requests: Any, *, at: TimeLike | None = None) -> Answer:
        """Return the same with statuses, errors and positions: what `get_many` and a server write out."""
        return run(self._reads.answer(service, requests, at), self._store)

    def service(self, name: str) -> ServiceState:
        """Return what is known of a service: its fields and their types, its features and theirs.

        Raises:
            RequestError: there is no such service.
            OnlineError: its state is not complete yet.
        """
        return run(self._reads.service(name), self._store)

    def services(self) -> list[str]:
        """Return the services that can be read, each in the version that is read now: `delay_model@3`."""
        return run(self._reads.services(), self._store)

    def close(self) -> None:
        """Let go of the store's connections and files."""
        self._store.close()

    def __enter__(self) -> OnlineClient:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def client_settings(timeout: DurationLike, prefix: str) -> OnlineSettings:
    """Return what a client says of its store."""
    return OnlineSettings(timeout_us=parse_duration(timeout, what="timeout"), prefix=prefix)
