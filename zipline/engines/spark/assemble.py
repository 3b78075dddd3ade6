"""Output rows on Spark: observations, their features, and what is derived from them, by the evaluator of every path."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import types as st

from zipline.engines.kernels.values import canonical
from zipline.engines.spark.failures import telling
from zipline.engines.spark.native import Native
from zipline.engines.spark.observations import OWN, Asked
from zipline.engines.spark.sql import quote
from zipline.engines.spark.wire import packed, spark_of, unpacked
from zipline.expressions import parse
from zipline.expressions.evaluate import evaluate
from zipline.plan.nodes import DerivedColumn, Plan
from zipline.plan.schema import PlanTypes
from zipline.types import DataType, to_arrow


def assembled(plan: Plan, types: PlanTypes, asked: Asked, given: Native) -> DataFrame:
    """Return the output: the observations' columns as they were, then the features."""
    frame = _derived(plan, types, asked, given) if plan.root.columns else asked.frame
    own = [f"{OWN}{i}" for i in range(len(given.frame.columns))]
    outputs = [quote(name) for name in plan.root.outputs]
    return frame.selectExpr(*own, *outputs).toDF(*given.frame.columns, *plan.root.outputs)


def _derived(plan: Plan, types: PlanTypes, asked: Asked, given: Native) -> DataFrame:
    """Return the observations with the derived columns, in order."""
    read = {name for each in plan.root.columns for _, name in each.columns}
    own = {
        name: i for i, name in enumerate(given.frame.columns) if name in read and name not in asked.features
    }
    inputs = {f"in_{i}": name for name, i in own.items()}
    rows = asked.frame.selectExpr(
        "*", *(f"{given.widened(name, f'{OWN}{i}')} AS in_{i}" for name, i in own.items())
    )
    kinds = {name: given.types()[name] for name in own} | dict(asked.features)
    outputs = {each.name: types.assembled[each.name] for each in plan.root.columns}
    fields = rows.schema.fields + [st.StructField(name, spark_of(kind)) for name, kind in outputs.items()]
    derive = Derive(plan.root.columns, inputs, kinds, dict(types.assembled), outputs)
    return rows.mapInArrow(derive, st.StructType(fields))


@dataclass(frozen=True)
class Derive:
    """Computes derived columns inside a task.

    Attributes:
        columns: what to compute, in order.
        inputs: the frame's column -> the observations' column that it holds.
        kinds: the types of those and of the features.
        assembled: the type in which each is read.
        outputs: derived column -> its type.
    """

    columns: Sequence[DerivedColumn]
    inputs: Mapping[str, str]
    kinds: Mapping[str, DataType]
    assembled: Mapping[str, DataType]
    outputs: Mapping[str, DataType]

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield the rows with the derived columns beside the others."""
        with telling():
            for batch in batches:
                yield self._derived(batch)

    def _derived(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        named = {self.inputs.get(name, name): batch[name] for name in batch.schema.names}
        found: dict[str, pa.Array] = {}
        for derived in self.columns:
            values, kinds = {}, {}
            for short, name in derived.columns:
                kinds[short] = self.assembled[name]
                have = self.kinds.get(name, self.assembled[name])
                column = found[name] if name in found else unpacked(named[name], have)
                target = to_arrow(kinds[short])
                values[short] = column if column.type == target else column.cast(target)
            value = evaluate(parse(derived.expression, derived=True), values, kinds, batch.num_rows)
            found[derived.name] = canonical(value.cast(to_arrow(self.assembled[derived.name])))
        given = [batch[name] for name in batch.schema.names]
        added = [packed(found[name], kind) for name, kind in self.outputs.items()]
        return pa.RecordBatch.from_arrays([*given, *added], names=[*batch.schema.names, *self.outputs])
