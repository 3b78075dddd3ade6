"""What a view may be read online with: refused by name, when it is made, is what has no bounded state."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from zipline.dsl.aggregation import Feature
from zipline.dsl.derived import Derived
from zipline.dsl.snapshot import Snapshot
from zipline.dsl.source import EventSource
from zipline.errors import DefinitionError
from zipline.time import parse_duration


def check_online(sources: Sequence[EventSource], features: Sequence[Feature | Derived]) -> None:
    """Refuse, by name, what cannot be read online: semantics.md section 9.

    Raises:
        DefinitionError: a feature's state would grow for ever, or a source's events have none.
    """
    for feature in features:
        if isinstance(feature, Feature):
            _check_feature(feature)
    for source in sources:
        _check_source(source)


def parse_freshness(
    freshness: str | timedelta | None, online: bool, sources: Sequence[EventSource]
) -> int | None:
    """Return a freshness in microseconds.

    Raises:
        DefinitionError: it is no duration, or nothing of the view could ever be late.
    """
    if freshness is None:
        return None
    micros = parse_duration(freshness, what="freshness")
    if not online:
        raise DefinitionError(
            "has a freshness and is not read online", hint="write online=True, or leave freshness out"
        )
    if not any(source.stream for source in sources):
        raise DefinitionError(
            "has a freshness, and its source has no stream that could be late",
            hint="give the source a stream=, or leave freshness out: what is only materialized is as old as its cut",
        )
    return micros


def _check_feature(feature: Feature) -> None:
    column, aggregation = feature.grows_with, feature.aggregation
    if column is None:
        return
    cause = f"by={column!r}" if aggregation.by is not None else aggregation.title()
    approximate = type(aggregation).__name__ == "CountDistinct" and aggregation.by is None
    raise DefinitionError(
        f"a lifetime {cause} keeps every value of {column!r} that there ever was, which online state cannot",
        where=f"feature {feature.name!r}",
        hint="give it a window such as .over('365d'), or limit=n, beyond which it is an error"
        + (", or use ApproxCountDistinct" if approximate else "")
        + "; or leave it out of the online view",
    )


def _check_source(source: EventSource) -> None:
    place = f"source {source.name!r}"
    if isinstance(source.table, Snapshot):
        raise DefinitionError(
            "a Snapshot cannot be read online: what changed is known only when a whole copy has come", where=place,
            hint="give the changes themselves as a source, with id= and deleted=, or leave online out",
        )  # fmt: skip
    if source.id and source.corrections_us is None:
        raise DefinitionError(
            "has an id and no corrections, so that its online state would keep every id for ever", where=place,
            hint="say how late a correction may come: corrections='30d'",
        )  # fmt: skip
