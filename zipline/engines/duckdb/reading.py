"""Reading: what a source says of how the rows of its table are read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from zipline.dsl.source import EventSource
from zipline.dsl.timestamp import Timestamp
from zipline.types import DataType, parse_type


@dataclass(frozen=True)
class Reading:
    """How rows are read.

    Attributes:
        declared: column -> the type that it is read as.
        skip: whether rows that cannot be read are left out, rather than an error.
        times: the columns that hold times: a row where one of them is no time cannot be read.
    """

    declared: Mapping[str, DataType] = field(default_factory=dict)
    skip: bool = False
    times: tuple[Timestamp, ...] = ()


PLAIN: Final = Reading()


def reading_of(source: EventSource) -> Reading:
    """Return how the rows of a source are read."""
    times = [source.event_time, *([source.knowledge_time] if source.knowledge_time else [])]
    declared = {column: parse_type(kind) for column, kind in source.declared}
    return Reading(declared, source.on_error == "skip", tuple(times))
