"""Output rows: observations, the sweeps' columns, and what is derived from them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import pyarrow as pa

from zipline.engines.duckdb.observations import Chunk
from zipline.engines.kernels.values import canonical, one_chunk
from zipline.expressions import parse
from zipline.expressions.evaluate import evaluate
from zipline.plan.nodes import Plan
from zipline.plan.schema import PlanTypes
from zipline.types import to_arrow

BATCH = 131_072


def assemble(
    plan: Plan, types: PlanTypes, chunk: Chunk, sweeps: Sequence[Mapping[str, pa.Array]], schema: pa.Schema
) -> Iterator[pa.RecordBatch]:
    """Yield the output of a chunk in batches, in the order of its observations."""
    features = {name: column for sweep in sweeps for name, column in sweep.items()}
    for start in range(0, max(chunk.table.num_rows, 1), BATCH):
        given = chunk.table.slice(start, BATCH)
        columns = {name: column.slice(start, BATCH) for name, column in features.items()}
        _derive(plan, types, given, columns)
        outputs = [columns[name] for name in plan.root.outputs]
        arrays = [*(one_chunk(column) for column in given.columns), *outputs]
        yield pa.RecordBatch.from_arrays(arrays, schema=schema)


def _derive(plan: Plan, types: PlanTypes, given: pa.Table, columns: dict[str, pa.Array]) -> None:
    """Add the derived columns, in order."""
    for derived in plan.root.columns:
        inputs, kinds = {}, {}
        for short, name in derived.columns:
            kinds[short] = types.assembled[name]
            column = columns[name] if name in columns else one_chunk(given[name])
            target = to_arrow(kinds[short])
            inputs[short] = column if column.type == target else column.cast(target)
        expression = parse(derived.expression, derived=True)
        value = evaluate(expression, inputs, kinds, len(given))
        columns[derived.name] = canonical(value.cast(to_arrow(types.assembled[derived.name])))
