"""A client that answers from memory, so that the routes are tested without a store."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, cast

import pyarrow as pa

from zipline.errors import OnlineError, RequestError, ZiplineError, nearest
from zipline.online.answer import Answer
from zipline.online.features import Features
from zipline.online.given import check_fields
from zipline.online.service_state import Computed, ServiceState
from zipline.online.statuses import Status
from zipline.time import to_micros
from zipline.types import (
    BINARY,
    BOOL,
    DATE,
    FLOAT64,
    INT64,
    STRING,
    TIMESTAMP,
    DataType,
    decimal,
    list_of,
    map_of,
    struct_of,
    to_arrow,
)  # fmt: skip


def _state(title: str, request: Mapping[str, DataType], kinds: Mapping[str, DataType]) -> ServiceState:
    """Return a service without views: of its outputs nobody asks how they are computed."""
    computed = tuple(Computed(name, cast("Any", None), (), frozenset()) for name in kinds)
    return ServiceState(title, (), request, computed, kinds, tuple(kinds), None)


NOW = to_micros("2024-06-01T12:00:00.5Z")
MODEL = _state(
    "delay_model@3",
    {"carrier": STRING, "distance": FLOAT64, "token": BINARY},
    {"delays__count_1d": INT64, "delays__mean_1d": FLOAT64},
)
KINDS: Mapping[str, DataType] = {
    "flag": BOOL, "number": FLOAT64, "infinite": FLOAT64, "price": decimal(10, 2), "bytes": BINARY, "day": DATE,
    "moment": TIMESTAMP, "listed": list_of(FLOAT64), "pair": struct_of(("a", INT64), ("b", TIMESTAMP)),
    "by_number": map_of(INT64, FLOAT64), "by_flag": map_of(BOOL, INT64), "by_day": map_of(DATE, INT64),
    "vector": DataType("vector", element=FLOAT64, size=2), "absent": INT64,
}  # fmt: skip
VALUES: Mapping[str, Any] = {
    "flag": True, "number": 0.1, "infinite": -math.inf, "price": Decimal("12.50"), "bytes": b"\x00\xff",
    "day": date(2024, 6, 1), "moment": datetime(2024, 6, 1, 12, 30, tzinfo=UTC), "listed": [1.0, math.nan, None],
    "pair": {"a": 1, "b": None}, "by_number": {7: math.inf}, "by_flag": {False: 2}, "by_day": {date(1, 2, 3): 4},
    "vector": [0.0, 1.5], "absent": None,
}  # fmt: skip
EVERYTHING = _state("every_type@1", {"carrier": STRING}, KINDS)


@dataclass
class StandIn:
    """Answers as an `OnlineClient` does: the count is the length of the carrier's name.

    Attributes:
        states: the services, by name.
        error: raised by reads.
        calls: what was asked.
    """

    states: dict[str, ServiceState] = field(
        default_factory=lambda: {"delay_model": MODEL, "every_type": EVERYTHING}
    )
    error: Exception | None = None
    calls: list[Any] = field(default_factory=list)
    closed: bool = False

    def service(self, name: str) -> ServiceState:
        """Return a service."""
        found = self.states.get(name.partition("@")[0])
        if found is None or name not in (found.title, found.title.partition("@")[0]):
            raise RequestError(f"there is no service {name!r}", hint=nearest(name, self.states))
        return found

    def services(self) -> list[str]:
        """Return the services."""
        if isinstance(self.error, OnlineError):
            raise self.error
        return sorted(state.title for state in self.states.values())

    def get(
        self, service: str, request: Mapping[str, Any], *, at: str | None = None, timeout: str | None = None
    ) -> Features:
        """Return the features of one request."""
        return self.answer(service, [request], at=at).row(0) if service != "every_type" else self._every(at)

    def get_each(
        self, service: str, requests: Sequence[Mapping[str, Any]], *, at: str | None = None
    ) -> list[Features | ZiplineError]:
        """Return the features of each request, or its error; but one that all have is raised."""
        found: list[Features | ZiplineError] = []
        for each in requests:
            try:
                found.append(self.get(service, each, at=at))
            except ZiplineError as error:
                if error is self.error:
                    raise
                found.append(error)
        return found

    def answer(
        self, service: str, requests: Sequence[Mapping[str, Any]], *, at: str | None = None,
        timeout: str | None = None,
    ) -> Answer:  # fmt: skip
        """Return the features of many requests."""
        self.calls.append((service, requests, at))
        if self.error is not None:
            raise self.error
        state = self.service(service)
        for each in requests:
            check_fields(state.title, each, state.fields)
        given = pa.Table.from_pylist(
            [{name: each.get(name) for name in state.fields} for each in requests],
            pa.schema([(name, to_arrow(kind)) for name, kind in state.fields.items()]),
        )
        carriers = given["carrier"].to_pylist()
        if state is EVERYTHING:
            rows = [dict(self._every(at)) for _ in carriers]
            columns = {
                name: pa.array([_pairs(row[name]) for row in rows], to_arrow(kind))
                for name, kind in KINDS.items()
            }
        else:
            columns = {
                "delays__count_1d": pa.array([len(name or "") for name in carriers], pa.int64()),
                "delays__mean_1d": pa.array([None if not name else 0.5 for name in carriers], pa.float64()),
            }
        failed = {"delays__mean_1d": {row: "overflow" for row, name in enumerate(carriers) if name == "bad"}}
        return Answer(state, to_micros(at) if at else NOW, NOW, given, columns, failed, ())

    def close(self) -> None:
        """Remember it."""
        self.closed = True

    def _every(self, at: str | None) -> Features:
        statuses = {name: Status.NULL if value is None else Status.PRESENT for name, value in VALUES.items()}
        return Features(EVERYTHING, dict(VALUES), statuses, {}, to_micros(at) if at else NOW, NOW, [])


def _pairs(value: Any) -> Any:
    return list(value.items()) if isinstance(value, dict) and "a" not in value else value


class NoStore:
    """A store that is only closed."""

    closed = False

    def do(self, call: Any) -> Any:
        """Answer as an empty catalog does."""
        return None

    def close(self) -> None:
        """Remember it."""
        self.closed = True
