"""What the routes of a server work with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from zipline.online.serve.deadlines import Deadlines
from zipline.online.serve.guard import Guard
from zipline.online.serve.lane import Lane
from zipline.online.serve.limits import Limits

if TYPE_CHECKING:
    from zipline.online.client import OnlineClient
    from zipline.online.feature_log import FeatureLog
    from zipline.online.serve.metrics import Metrics
    from zipline.online.stores.base import Store


class Pushing(Protocol):
    """Takes rows of a source that is pushed to."""

    def __call__(
        self, source: str, rows: Sequence[Mapping[str, Any]], *, idempotency_key: str | None = None
    ) -> int:
        """Return how many rows are durable.

        Raises:
            ConfigError: there is no such source.
            RequestError: it is not pushed to, or a row does not fit its schema.
            StreamError: the log cannot be written.
        """


@dataclass
class Serving:
    """One worker's parts.

    Attributes:
        store: where the state lies.
        client: reads from it.
        metrics: counts.
        push: takes rows; None where there is no feature repository that says what they are.
        guard: lets requests in.
        limits: of each request.
        log: of what was answered; None where none is kept.
        lane: where calls of the client are made.
        bodies: how long bodies may take to come.
        leaving: whether the server is about to stop, and wants no more traffic.
        active: how many requests are being answered.
    """

    store: Store
    client: OnlineClient
    metrics: Metrics
    push: Pushing | None = None
    guard: Guard = field(default_factory=lambda: Guard(None))
    limits: Limits = field(default_factory=Limits)
    log: FeatureLog | None = None
    lane: Lane = field(default_factory=Lane)
    bodies: Deadlines = field(init=False)
    leaving: bool = False
    active: int = 0

    def __post_init__(self) -> None:
        """Hold bodies to the limit."""
        self.bodies = Deadlines(self.limits.seconds)

    def close(self) -> None:
        """Write what is in the log's buffer, and let go of everything."""
        self.lane.close()
        if self.log is not None:
            self.log.close()
        self.client.close()  # and the store with it
