"""What every engine can do: give schemas, run plans, explain them."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from zipline.dsl.source import EventSource
from zipline.dsl.table import Table
from zipline.plan.nodes import Plan, Sweep
from zipline.plan.schema import PlanTypes
from zipline.plan.sources import Schema
from zipline.progress import Progress

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Rows:
    """Which observations or entities a run is for: all, or the first `limit`."""

    limit: int | None = None


@dataclass(frozen=True)
class Events:
    """Some of the events that a sweep's observations may see, in no order.

    Attributes:
        sweep: whose events they are.
        times: int64[n], microseconds.
        known, until: each event is known at `known < t <= until`; None where all always are.
        columns: those that features read.
        masks: the text of a `where` -> bool[n], the events for which it is true.
    """

    sweep: Sweep
    times: NDArray[np.int64]
    known: NDArray[np.int64] | None
    until: NDArray[np.int64] | None
    columns: pa.Table
    masks: Mapping[str, NDArray[np.bool_]]


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

    def tables(self, sources: Iterable[EventSource]) -> Mapping[EventSource, Schema]:
        """Return the types of the columns of each source's table; no rows are read."""

    def read(self, table: Table, rows: Rows) -> pa.Table:
        """Return the rows of a table, in order, as they are."""

    def keys(self, plan: Plan) -> pa.Schema:
        """Return the key columns that a plan's observations have, typed as in the sources; no rows are read."""

    def entities(self, plan: Plan, at: int, rows: Rows) -> pa.Table:
        """Return, in order, the distinct keys of the events that can be seen at a time (microseconds).

        All sweeps of the plan have the same key columns.
        """

    def events(self, plan: Plan, observations: Table) -> Generator[Events, None, None]:
        """Return, sweep by sweep and in batches, the events of the observations' entities that windows may see.

        Events between the first and the last observation's time, and those before that which windows reach.
        """

    def left_out(self, plan: Plan, observations: Table) -> Mapping[str, Mapping[str, int]]:
        """Return source -> column -> how many of its rows a null in that column leaves out.

        Of a source that skips rows that cannot be read, `(unreadable)` counts these.
        """

    def explain(self, plan: Plan, observations: Table) -> str:
        """Return the plan, the queries, what is read and the kernel's steps as text."""
