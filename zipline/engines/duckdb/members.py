"""The sources of a sweep, each with its table: one, or the members of a union."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from zipline.dsl.source import EventSource
from zipline.engines.duckdb.tables import Relation
from zipline.engines.duckdb.versions import REPEATED
from zipline.plan.nodes import Select, Sweep
from zipline.plan.schema import SweepTypes
from zipline.plan.sources import SourceTypes


@dataclass(frozen=True)
class Member:
    """One source of a sweep.

    Attributes:
        select: what is read of it.
        types: of its columns.
        relation: its table.
        keys: its table's columns that hold the entity's keys.
        number: its place among the sweep's sources.
    """

    select: Select
    types: SourceTypes
    relation: Relation
    keys: tuple[str, ...]
    number: int = 0

    @property
    def repeated(self) -> str:
        """The table of the database that holds its ids with several versions: one for each source of a sweep."""
        return f"{REPEATED}_{self.number}" if self.number else REPEATED

    @property
    def source(self) -> EventSource:
        """The source."""
        return self.select.source

    @property
    def key_names(self) -> list[str]:
        """How the keys' columns are called in queries."""
        return [f"__zl_key_{i}" for i in range(len(self.keys))]

    @property
    def columns(self) -> tuple[str, ...]:
        """The table's columns that the plan reads."""
        columns = self.select.input.input.columns
        return tuple(self.relation.types()) if columns is None else columns


def members(sweep: Sweep, types: SweepTypes, relations: Sequence[Relation]) -> list[Member]:
    """Return a sweep's sources with their types and tables."""
    keys = tuple(column for column, _ in sweep.keys)
    return [
        Member(select, each, relation, keys, number)
        for number, (select, each, relation) in enumerate(
            zip(sweep.inputs, types.sources, relations, strict=True)
        )
    ]
