"""Features: what one read gives, a mapping of feature to value that knows how each value came about."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from zipline.display import Displayed
from zipline.errors import RequestError, nearest
from zipline.online.statuses import Status
from zipline.time import from_micros

if TYPE_CHECKING:
    from zipline.display.card import Card
    from zipline.online.calls import Marker


class Features(Displayed, Mapping[str, Any]):
    """The features of one request at one instant: `features["carrier_delays__late_7d"]`, `dict(features)`.

    A feature whose status is `ERROR` has the value None, and `errors` says why.

    Attributes:
        service: the version that was read: `delay_model@3`.
        time: the instant of the read, microseconds; what was known before it is seen.
        statuses: feature -> how its value came about.
        errors: feature -> why it has no value.
    """

    __slots__ = ("__dict__", "_markers", "_now", "_values", "errors", "service", "statuses", "time")

    def __init__(
        self,
        service: str,
        values: dict[str, Any],
        statuses: dict[str, Status],
        errors: dict[str, str],
        time: int,
        now: int,
        markers: Mapping[str, Marker | None],
    ) -> None:
        self.service = service
        self.time = time
        self.statuses: Mapping[str, Status] = statuses
        self.errors: Mapping[str, str] = errors
        self._values = values
        self._now = now
        self._markers = markers

    def __getitem__(self, feature: str) -> Any:
        return self._values[feature]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def status(self, feature: str) -> Status:
        """Return how a feature's value came about.

        Raises:
            RequestError: the service has no such feature.
        """
        try:
            return self.statuses[feature]
        except KeyError:
            raise RequestError(
                f"{self.service} has no feature {feature!r}", hint=nearest(feature, self.statuses)
            ) from None

    @property
    def at(self) -> datetime:
        """The instant of the read, UTC."""
        return from_micros(self.time)

    @cached_property
    def freshness(self) -> Mapping[str, timedelta | None]:
        """View -> how far behind the clock its stream was; None where no stream has been applied, or no key given."""
        return {
            view: None if marker is None or marker.watermark is None else _behind(self._now, marker.watermark)
            for view, marker in self._markers.items()
        }

    @cached_property
    def positions(self) -> Mapping[str, Mapping[str, int]]:
        """View -> log -> the offset up to which it had been applied: what the values were computed of."""
        return {
            view: {} if marker is None else {log: applied.offset for log, applied in marker.logs.items()}
            for view, marker in self._markers.items()
        }

    def card(self) -> Card:
        """Return what is shown of it."""
        from zipline.display.results import features_card

        return features_card(self)


def _behind(now: int, watermark: int) -> timedelta:
    return timedelta(microseconds=max(0, now - watermark))
