"""The sources of a sweep, each with its table: one, or the members of a union."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from zipline.dsl.source import EventSource
from zipline.engines.spark.tables import Relation
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
    """

    select: Select
    types: SourceTypes
    relation: Relation
    keys: tuple[str, ...]

    @property
    def source(self) -> EventSource:
        """The source."""
        return self.select.source

    @property
    def key_names(self) -> dict[str, str]:
        """How the keys' columns are called in queries -> the column."""
        return {f"__zl_key_{i}": column for i, column in enumerate(self.keys)}

    @property
    def columns(self) -> tuple[str, ...]:
        """The table's columns that the plan reads."""
        columns = self.select.input.input.columns
        return tuple(self.relation.types()) if columns is None else columns


def members(sweep: Sweep, types: SweepTypes, relations: Sequence[Relation]) -> list[Member]:
    """Return a sweep's sources with their types and tables."""
    keys = tuple(column for column, _ in sweep.keys)
    return [
        Member(select, each, relation, keys)
        for select, each, relation in zip(sweep.inputs, types.sources, relations, strict=True)
    ]
