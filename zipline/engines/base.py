"""What every engine can do: give schemas, run plans, explain them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from zipline.dsl.table import Table
from zipline.plan.nodes import Plan
from zipline.plan.schema import PlanTypes
from zipline.progress import Progress

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Rows:
    """Which observations or entities a run is for: all, or the first `limit`."""

    limit: int | None = None


class Engine(Protocol):
    """A place where plans run; all engines give the same bits."""

    def types(self, plan: Plan, observations: Table) -> PlanTypes:
        """Return the types of a plan's columns, checked against the real schemas; no rows are read."""

    def schema(self, plan: Plan, observations: Table) -> pa.Schema:
        """Return the schema of the output; no rows are read."""

    def run(
        self, plan: Plan, observations: Table, rows: Rows, progress: Progress
    ) -> Iterator[pa.RecordBatch]:
        """Compute the output, observation by observation in their order, in batches."""

    def read(self, table: Table, rows: Rows) -> pa.Table:
        """Return the rows of a table, in order, as they are."""

    def keys(self, plan: Plan) -> pa.Schema:
        """Return the key columns that a plan's observations have, typed as in the sources; no rows are read."""

    def entities(self, plan: Plan, at: int, rows: Rows) -> pa.Table:
        """Return, in order, the distinct keys of the events that can be seen at a time (microseconds).

        All sweeps of the plan have the same key columns.
        """

    def left_out(self, plan: Plan, observations: Table) -> Mapping[str, Mapping[str, int]]:
        """Return source -> column -> how many of its rows a null in that column leaves out."""

    def explain(self, plan: Plan, observations: Table) -> str:
        """Return the plan, the queries, what is read and the kernel's steps as text."""
