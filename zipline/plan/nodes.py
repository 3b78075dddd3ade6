"""The plan: a small graph of frozen nodes, from the tables of the sources to the columns of the output.

    Scan -> Versions -> Select -> Sweep -> Assemble -> Derive

A sweep over a union has several selects, one for each member. A node says what is wanted; `plan.passes` rewrites the
graph, and an engine lowers it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from zipline.dsl.aggregation import Feature
from zipline.dsl.source import EventSource
from zipline.dsl.timestamp import Timestamp
from zipline.types import DataType


@dataclass(frozen=True)
class Scan:
    """Read a source's table; `columns` are the table's own that are read (all of them until pruned)."""

    source: EventSource
    columns: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Versions:
    """Give each row the time from which it is known and the one from which a newer version replaces it.

    Of a snapshot's copies only the rows that are new or changed are versions; an id that a copy lacks ends there.

    Attributes:
        keys: the source columns of the entity's keys, read where versions tie.
        where: a filter on the id alone, the only one that may run below this step.
    """

    input: Scan
    keys: tuple[str, ...]
    where: str | None = None


@dataclass(frozen=True)
class Select:
    """Add the source's `select` columns to the version that wins, and keep the rows that `where` holds for."""

    input: Versions
    columns: tuple[tuple[str, str], ...]
    where: str | None

    @property
    def source(self) -> EventSource:
        """The source whose rows these are."""
        return self.input.input.source


@dataclass(frozen=True)
class Column:
    """A feature under the name of its output column; `types` are filled in when schemas are known."""

    name: str
    feature: Feature


@dataclass(frozen=True)
class Sweep:
    """Walk events and observations of each entity in time order, once, and answer every window's aggregations.

    Attributes:
        inputs: the events of each source, put together: one, or the members of a union.
        keys: (source column, observation column) of each key part.
    """

    inputs: tuple[Select, ...]
    keys: tuple[tuple[str, str], ...]
    columns: tuple[Column, ...]

    @property
    def sources(self) -> tuple[EventSource, ...]:
        """The sources whose events are swept."""
        return tuple(each.source for each in self.inputs)

    @property
    def title(self) -> str:
        """How messages and `explain()` call what is swept."""
        return " + ".join(source.name for source in self.sources)

    @property
    def has_knowledge(self) -> bool:
        """Whether some events become known at a time of their own; those of the other sources are, as they happen."""
        return any(source.has_knowledge for source in self.sources)

    @property
    def has_versions(self) -> bool:
        """Whether later rows may replace some events."""
        return any(source.has_knowledge and source.id for source in self.sources)


@dataclass(frozen=True)
class Assemble:
    """Put the sweeps' columns beside the observations, one row each, in the observations' order."""

    inputs: tuple[Sweep, ...]


@dataclass(frozen=True)
class DerivedColumn:
    """An expression over output columns; `columns` maps its names to those of the assembled table."""

    name: str
    expression: str
    columns: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Derive:
    """Compute the derived columns, in order, and hand out `outputs`."""

    input: Assemble
    columns: tuple[DerivedColumn, ...]
    outputs: tuple[str, ...]


@dataclass(frozen=True)
class Visibility:
    """The knowledge axis of a request: what is known at `as_of` (microseconds), and whether late data counts early."""

    as_of: int
    hindsight: bool = False


@dataclass(frozen=True)
class Pin:
    """The types of a source's columns with which a version was registered.

    Attributes:
        title: the version, such as `carrier_delays@2`.
        types: (column, type) of the columns that it reads.
    """

    title: str
    source: EventSource
    types: tuple[tuple[str, DataType], ...]


@dataclass(frozen=True)
class Plan:
    """A request, resolved.

    Attributes:
        root: the graph.
        time: the observations' time column.
        request: (field, type) that the observations must have beside keys and time.
        visibility: as_of and hindsight.
        pins: what the tables must still be for the registered versions among the views.
    """

    root: Derive
    time: Timestamp
    visibility: Visibility
    request: tuple[tuple[str, str], ...] = field(default=())
    pins: tuple[Pin, ...] = ()

    @property
    def sweeps(self) -> tuple[Sweep, ...]:
        """The plan's sweeps."""
        return self.root.input.inputs


Node: TypeAlias = Scan | Versions | Select | Sweep | Assemble | Derive
