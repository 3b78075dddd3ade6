"""Features: what one read gives, a mapping of feature to value that knows how each value came about."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from zipline.display import Displayed
from zipline.errors import RequestError, nearest
from zipline.online.statuses import Status
from zipline.time import from_micros

if TYPE_CHECKING:
    from zipline.display.card import Card
    from zipline.online.calls import Marker
    from zipline.online.service_state import ServiceState


class Features(Displayed, Mapping[str, Any]):
    """The features of one request at one instant: `features["carrier_delays__late_7d"]`, `dict(features)`.

    A feature whose status is `ERROR` has the value None, and `errors` says why.

    Attributes:
        service: the version that was read: `delay_model@3`.
        time: the instant of the read, microseconds; what was known before it is seen.
        statuses: feature -> how its value came about.
        errors: feature -> why it has no value.
    """

    def __init__(
        self,
        state: ServiceState,
        values: dict[str, Any],
        statuses: dict[str, Status],
        errors: dict[str, str],
        time: int,
        now: int,
        markers: Sequence[Marker | None],
    ) -> None:
        self.service = state.title
        self.time = time
        self.statuses: Mapping[str, Status] = statuses
        self.errors: Mapping[str, str] = errors
        self._values = values
        self._now = now
        self._read = tuple(zip(state.parts, markers, strict=True))

    def __getitem__(self, feature: str) -> Any:
        return self._values[feature]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def to_dict(self) -> dict[str, Any]:
        """Return the values as a dict of their own: what `dict(features)` gives, at once."""
        return self._values.copy()

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

    @property
    def freshness(self) -> Mapping[str, timedelta | None]:
        """View -> how far behind the clock its stream was; None where no stream has been applied, or no key given."""
        return {
            part.prefix: None if marker is None else behind(self._now, part.watermark(marker))
            for part, marker in self._read
        }

    @property
    def positions(self) -> Mapping[str, Mapping[str, int]]:
        """View -> log -> the offset up to which it had been applied: what the values were computed of."""
        return {part.prefix: positions(marker) for part, marker in self._read}

    @property
    def markers(self) -> Mapping[str, Marker | None]:
        """View -> what the shard of its entity said then, for a log of reads; None where a key is null."""
        return {part.prefix: marker for part, marker in self._read}

    def card(self) -> Card:
        """Return what is shown of it."""
        from zipline.display.features import features_card

        return features_card(self)


def positions(marker: Marker | None) -> Mapping[str, int]:
    """Return log -> the offset up to which a shard had it applied."""
    return {} if marker is None else {log: applied.offset for log, applied in marker.logs.items()}


def behind(now: int, watermark: int | None) -> timedelta | None:
    """Return how far a watermark is behind the clock."""
    return None if watermark is None else timedelta(microseconds=max(0, now - watermark))
