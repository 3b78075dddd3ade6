"""What rules look at: the definitions, and the facts of their sources where data are read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from zipline.dsl.aggregation import Feature
from zipline.dsl.feature_service import FeatureService
from zipline.dsl.feature_view import FeatureView
from zipline.dsl.source import EventSource
from zipline.dsl.union import Source, Union
from zipline.errors import ZiplineError

if TYPE_CHECKING:
    from zipline.engines.duckdb.facts import Facts


@dataclass(frozen=True)
class Subject:
    """What is judged.

    Attributes:
        views: the views that are judged.
        services: all of the repository, for who uses what.
        facts: of the sources that were read; none where data are not to be read.
        unread: view -> why it cannot be computed over its tables.
    """

    views: tuple[FeatureView, ...]
    services: tuple[FeatureService, ...] = ()
    facts: Mapping[EventSource, Facts] = field(default_factory=dict)
    unread: Mapping[str, ZiplineError] = field(default_factory=dict)

    @property
    def sources(self) -> tuple[EventSource, ...]:
        """The sources of the views, each once."""
        return tuple(dict.fromkeys(source for view in self.views for source in members(view.source)))

    def read(self) -> Iterator[tuple[EventSource, Facts]]:
        """Yield the sources whose rows were looked at, and have some."""
        for source in self.sources:
            if source in self.facts and self.facts[source].kept:
                yield source, self.facts[source]

    def read_by(self, view: FeatureView) -> list[tuple[EventSource, Facts]]:
        """Return those of them that a view reads; none where it cannot be computed over its tables."""
        if view.name in self.unread:
            return []
        own = members(view.source)
        return [(source, facts) for source, facts in self.read() if source in own]


def members(source: Source) -> tuple[EventSource, ...]:
    """Return the event sources that a source is made of."""
    return source.members if isinstance(source, Union) else (source,)


def aggregated(view: FeatureView) -> list[Feature]:
    """Return a view's features but the derived ones."""
    return [feature for feature in view.features if isinstance(feature, Feature)]


def reach(feature: Feature) -> int | None:
    """Return how long before `t` a feature's window begins, in microseconds at most; None for a lifetime."""
    window = feature.window
    if window.length_us is None:
        return None
    return window.length_us + window.offset_us + window.hop_us + window.align_us
