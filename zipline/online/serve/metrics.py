"""What Prometheus is told: latencies, values by status, pushes, and how fresh the views are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from zipline.online.statuses import Status

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry, Counter, Histogram
    from prometheus_client.core import Metric

BUCKETS: Final = (
    0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0
)  # fmt: skip
SHARED: Final = "PROMETHEUS_MULTIPROC_DIR"
"""The environment's name of the folder in which workers of one server put their figures together."""


@dataclass(frozen=True)
class ViewFreshness:
    """How fresh a view is.

    Attributes:
        view: `carrier_delays@2`.
        behind: seconds that its streams are behind the clock; None where nothing was ever applied.
        freshness: seconds that they may be; None where the view does not say.
        offsets: log -> the offset up to which it has been applied.
    """

    view: str
    behind: float | None
    freshness: float | None
    offsets: dict[str, int]


class Metrics:
    """The figures of one worker; `exposition` adds up those of all.

    Args:
        shared: whether several workers put their figures together, in the folder that `SHARED` names.
    """

    def __init__(self, *, shared: bool = False) -> None:
        from prometheus_client import CollectorRegistry, Counter, Histogram

        self._shared = shared
        self._of_route: dict[tuple[str, int], Counter] = {}
        self._of_service: dict[str, tuple[Histogram, Counter, dict[str, Counter]]] = {}
        self._registry = registry = CollectorRegistry()
        self.requests = Counter(
            "zipline_requests", "Requests, by route and status of HTTP.", ("route", "code"), registry=registry
        )
        self.read_seconds = Histogram(
            "zipline_read_seconds", "From a read's body to its answer.", ("service",), buckets=BUCKETS,
            registry=registry,
        )  # fmt: skip
        self.entities = Counter(
            "zipline_read_entities", "Entities that were read.", ("service",), registry=registry
        )
        self.values = Counter(
            "zipline_values", "Values that were read, by status.", ("service", "status"), registry=registry
        )
        self.pushed = Counter(
            "zipline_pushed_rows", "Rows that were pushed and are durable.", ("source",), registry=registry
        )
        self.push_seconds = Histogram(
            "zipline_push_seconds", "From a push's body to its acknowledgement.", ("source",),
            buckets=BUCKETS, registry=registry,
        )  # fmt: skip
        self.logged = Counter("zipline_logged_rows", "Rows put into the feature log.", registry=registry)
        self.not_logged = Counter(
            "zipline_not_logged_rows", "Rows that the feature log had no room for, or could not write.",
            registry=registry,
        )  # fmt: skip

    def answered(self, route: str, status: int) -> None:
        """Count a request."""
        known = self._of_route.get((route, status))
        if known is None:
            known = self._of_route[route, status] = self.requests.labels(route, str(status))
        known.inc()

    def read(self, service: str, seconds: float, entities: int, statuses: Mapping[str, int]) -> None:
        """Count a read.

        Args:
            service: `delay_model@3`.
            seconds: that it took.
            entities: how many were read.
            statuses: status -> how many values have it.
        """
        known = self._of_service.get(service)
        if known is None:
            known = self._of_service[service] = (
                self.read_seconds.labels(service), self.entities.labels(service),
                {each.value: self.values.labels(service, each.value) for each in Status},
            )  # fmt: skip
        timed, counted, values = known
        timed.observe(seconds)
        counted.inc(entities)
        for status, count in statuses.items():
            values[status].inc(count)

    def exposition(self, views: Sequence[ViewFreshness]) -> bytes:
        """Return all figures in Prometheus' text format, those of the views beside them."""
        from prometheus_client import CollectorRegistry, generate_latest
        from prometheus_client.multiprocess import MultiProcessCollector

        counted = self._registry
        if self._shared:
            counted = CollectorRegistry()
            MultiProcessCollector(counted)  # type: ignore[no-untyped-call]
        return generate_latest(counted) + generate_latest(_of_views(views))


def _of_views(views: Sequence[ViewFreshness]) -> CollectorRegistry:
    from prometheus_client import CollectorRegistry

    class _Views:
        def collect(self) -> Iterable[Metric]:
            return _gauges(views)

    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Views())
    return registry


def _gauges(views: Sequence[ViewFreshness]) -> Iterable[Metric]:
    from prometheus_client.core import GaugeMetricFamily

    behind = GaugeMetricFamily(
        "zipline_view_lag_seconds", "How far the view's streams are behind the clock.", labels=("view",)
    )
    allowed = GaugeMetricFamily(
        "zipline_view_freshness_seconds", "How far they may be until values are STALE.", labels=("view",)
    )
    offsets = GaugeMetricFamily(
        "zipline_view_offset", "The offset up to which a log has been applied.", labels=("view", "log")
    )
    for each in views:
        if each.behind is not None:
            behind.add_metric((each.view,), each.behind)
        if each.freshness is not None:
            allowed.add_metric((each.view,), each.freshness)
        for log, offset in each.offsets.items():
            offsets.add_metric((each.view, log), offset)
    return behind, allowed, offsets
