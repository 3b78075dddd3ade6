"""Answer: the features of many requests, with what is to be said of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from zipline.online.features import Features
from zipline.online.service_state import ServiceState
from zipline.online.statuses import Status

if TYPE_CHECKING:
    import pyarrow as pa


class Answer:
    """The features of many requests, in their order.

    Attributes:
        service: what was read.
        time: the instant of the read, microseconds.
        given: the requests' columns, as they were given.
        columns: output column -> values, in the types of a training set; null where an error is.
        errors: (row, column) -> why it has no value.
    """

    service: ServiceState
    time: int
    given: pa.Table
    columns: Mapping[str, pa.Array]
    errors: Mapping[tuple[int, str], str]

    def __len__(self) -> int:
        return int(self.given.num_rows)

    def statuses(self, column: str) -> Sequence[Status]:
        """Return how the values of a column came about."""
        raise NotImplementedError

    def table(self, *, statuses: bool = False) -> pa.Table:
        """Return the requests' columns and the features; with `statuses`, `{feature}__status` after them.

        Raises:
            OnlineError: without `statuses`, a feature has no value for some request.
        """
        raise NotImplementedError

    def row(self, number: int) -> Features:
        """Return the features of one request."""
        raise NotImplementedError

    def positions(self, row: int) -> Mapping[str, Mapping[str, int]]:
        """Return view -> log -> the offset up to which it had been applied where a request's entity is."""
        raise NotImplementedError

    @property
    def freshness(self) -> Mapping[str, timedelta | None]:
        """View -> how far behind the clock its stream was, where it was furthest; None where none was applied."""
        raise NotImplementedError
