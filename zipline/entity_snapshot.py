"""EntitySnapshot: the features of entities at one time, computed when a result is asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from zipline.dsl.table import Frame, Table
from zipline.engines.base import Engine, Rows
from zipline.errors import RequestError
from zipline.plan.nodes import Plan
from zipline.time import from_micros
from zipline.training_set import TrainingSet
from zipline.types import TIMESTAMP, parse_type, to_arrow

if TYPE_CHECKING:
    import pyarrow as pa

    from zipline.display.card import Card
    from zipline.engines.spark.engine import SparkEngine


class EntitySnapshot(TrainingSet):
    """A training set whose observations are entities, all of them at one time.

    Args:
        plan: what to compute; its time column is added to the entities.
        at: microseconds.
        entities: a table of the observations' key columns (and request fields, and what else is to be kept); every
            entity that has an event before `at` unless given.
        engine: where it runs.
        spark: gives the engine of `to_spark()`, where another one was asked for.
    """

    def __init__(
        self,
        plan: Plan,
        at: int,
        entities: Table | None,
        engine: Engine,
        spark: Callable[[], SparkEngine] | None = None,
    ) -> None:
        if entities is None:
            _check_entities_are_one_kind(plan)
        super().__init__(plan, entities if entities is not None else Frame(None), engine, spark)
        self._every = entities is None
        self._at = at

    def card(self) -> Card:
        """Return what is shown of it, for which nothing is computed."""
        from zipline.display.results import training_set_card

        given = None if self._every else self._observations
        root = getattr(self._engine, "root", Path())
        return training_set_card("EntitySnapshot", self._plan, given, self.notes, root, at=self._at)

    def _asked(self, rows: Rows, engine: SparkEngine | None = None) -> Table:
        if self._every and engine is not None:
            _check_no_time(engine.keys(self._plan).names, self._plan.time.column)
            return Frame(engine.seen(self._plan, self._at))
        if not self._every:
            found = (engine or self._engine).read(self._observations, rows)
        elif rows.limit == 0:
            found = self._engine.keys(self._plan).empty_table()
        else:
            found = self._engine.entities(self._plan, self._at, rows)
        return Frame(_with_time(found, self._plan.time.column, self._at))


def no_observations(plan: Plan, engine: Engine) -> Frame:
    """Return the observations that a plan asks for, without a row: enough for `explain`."""
    import pyarrow as pa

    table = engine.keys(plan).empty_table()
    for field, kind in plan.request:
        if field not in table.column_names:
            table = table.append_column(field, pa.array([], to_arrow(parse_type(kind))))
    return Frame(_with_time(table, plan.time.column, 0))


def _with_time(entities: pa.Table, column: str, at: int) -> pa.Table:
    import pyarrow as pa

    _check_no_time(entities.column_names, column)
    moment = pa.scalar(from_micros(at), to_arrow(TIMESTAMP))
    return entities.append_column(column, pa.repeat(moment, entities.num_rows))


def _check_no_time(columns: Sequence[str], time: str) -> None:
    if time in columns:
        raise RequestError(
            f"the entities have a column {time!r} already, which is to hold the time",
            hint="drop or rename it",
        )


def _check_entities_are_one_kind(plan: Plan) -> None:
    kinds = dict.fromkeys(tuple(sorted(column for _, column in sweep.keys)) for sweep in plan.sweeps)
    if len(kinds) > 1:
        shown = " and ".join(f"({', '.join(kind)})" for kind in kinds)
        raise RequestError(
            f"its views have different keys, {shown}, so that it is open which belong together",
            hint="say which entities are meant: entities=..., a table with these columns",
        )
    if plan.request:
        fields = ", ".join(field for field, _ in plan.request)
        raise RequestError(
            f"it requests {fields}, which no source holds", hint="give entities=..., a table that does"
        )
