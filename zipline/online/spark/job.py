"""What a query's tasks are told, and what they answer: all of it is small and can be sent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from zipline.errors import ZiplineError
from zipline.online.fills import Fill
from zipline.online.stores.base import Store
from zipline.online.streams.base import Partition
from zipline.online.streams.opening import Place
from zipline.settings import Settings


@dataclass(frozen=True)
class Job:
    """What is the same for all tasks of a query.

    Attributes:
        name: tells one query from another, in a process that works for several.
        open: opens the store.
        settings: whose texts have no variables left, as a process elsewhere has others.
        root: the folder for dead letters, where none is named.
        clock: nanoseconds since the epoch.
        readings: (view title, number of the source, where its records come from).
        logs: view title -> all logs that it is written from.
    """

    name: str
    open: Callable[[], Store]
    settings: Settings
    root: Path
    clock: Callable[[], int]
    readings: tuple[tuple[str, int, Place], ...]
    logs: Mapping[str, frozenset[str]]


@dataclass(frozen=True)
class Goal:
    """A reading's fill, and up to where it has been written as far as the driver knows; `NOWHERE`: nothing has."""

    title: str
    source_number: int
    fill: Fill
    position: int


@dataclass(frozen=True)
class Span:
    """What is to be applied of a partition in one micro-batch: from an offset up to, not including, another one."""

    partition: Partition
    start: int
    stop: int
    goals: tuple[Goal, ...]


@dataclass(frozen=True)
class Answer:
    """What became of a span.

    Attributes:
        partition: whose.
        outcome: "done": all of it is written, and every shard stands at its end; "again": something stood in the way,
            or another writer did; "astray": the store lacks what was before it, so that it must be read from there.
        why: of an outcome that is not "done".
        watermark: as in `Batch`.
        failure: what must end the query.
        figures: of the work, as `Counts` tells them.
        grown: (number of the goal, entities) of documents that are still to be folded.
    """

    partition: Partition
    outcome: Literal["done", "again", "astray"]
    why: str = ""
    watermark: int = -1
    failure: tuple[type[ZiplineError], str, str | None, str | None] | None = None
    figures: Mapping[str, Any] = field(default_factory=dict)
    grown: tuple[tuple[int, tuple[bytes, ...]], ...] = ()
