"""The events that a request's observations can see, one by one, from Spark: what a timeline is drawn from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa
from pyspark.sql import SparkSession, functions

from zipline.engines.base import Events
from zipline.engines.duckdb.observations import Chunk
from zipline.engines.duckdb.span import span_of
from zipline.engines.duckdb.sweeps import integers
from zipline.engines.duckdb.versions import KNOWN, TIME, UNTIL
from zipline.engines.kernels.values import one_chunk
from zipline.engines.spark.events import event_frame
from zipline.engines.spark.members import members
from zipline.engines.spark.observations import of_chunk
from zipline.engines.spark.sql import quote
from zipline.engines.spark.sweeps import as_source_sql
from zipline.engines.spark.tables import Relation
from zipline.engines.spark.wire import unpacked
from zipline.plan.nodes import Plan
from zipline.plan.schema import PlanTypes


def visible_events(
    session: SparkSession, plan: Plan, types: PlanTypes, relations: Sequence[Sequence[Relation]], chunk: Chunk
) -> Iterator[Events]:
    """Yield, sweep by sweep, the events of the observations' entities that some window may see, in no order."""
    asked = of_chunk(session, chunk)
    for sweep, swept, tables in zip(plan.sweeps, types.sweeps, relations, strict=True):
        span = span_of(sweep, asked.span.first, asked.span.last)
        events = event_frame(plan, sweep, members(sweep, swept, tables), span, looking=True)
        keys = [f"key_{i}" for i in range(len(sweep.keys))]
        wanted = asked.frame.selectExpr(
            *(
                f"{as_source_sql(quote(asked.keys[column]), asked.kinds[column], kind)} AS {key}"
                for key, (_, column), kind in zip(keys, sweep.keys, swept.keys, strict=True)
            )
        ).distinct()
        rows = events.frame.join(functions.broadcast(wanted), keys, "left_semi").toArrow()
        columns = {name: one_chunk(rows[name]) for name in rows.column_names}
        kinds = swept.sources[0].events
        times = integers(columns, TIME)
        assert times is not None
        yield Events(
            sweep,
            np.asarray(times, np.int64),
            None if plan.visibility.hindsight else integers(columns, KNOWN),
            None if plan.visibility.hindsight else integers(columns, UNTIL),
            pa.table(
                {name: unpacked(columns[f"event_{i}"], kinds[name]) for i, name in enumerate(events.columns)}
            ),
            {
                text: columns[f"mask_{i}"].to_numpy(zero_copy_only=False)
                for i, text in enumerate(events.masks)
            },
        )
