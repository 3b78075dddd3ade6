"""What a run on Spark would do, as text: the plan, Spark's physical plan of it, what is read, the kernel's steps."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import redirect_stdout

from pyspark.sql import DataFrame

from zipline.engines.spark.members import members
from zipline.engines.spark.native import Native
from zipline.engines.spark.tables import Relation
from zipline.plan.explained import kernel_lines, plan_lines, sweep_title
from zipline.plan.nodes import Plan
from zipline.plan.schema import PlanTypes


def explained(
    plan: Plan, types: PlanTypes, relations: Sequence[Sequence[Relation]], observations: str, frame: DataFrame
) -> str:
    """Return the explanation of a plan; nothing but schemas was read for it."""
    lines = [*plan_lines(plan, observations)]
    for number, (sweep, swept, tables) in enumerate(
        zip(plan.sweeps, types.sweeps, relations, strict=True), 1
    ):
        lines += ["", sweep_title(number, sweep)]
        for member in members(sweep, swept, tables):
            how = "Spark" if isinstance(member.relation, Native) else "DuckDB, in a task of Spark's"
            lines.append(f"  reads {member.relation.title}, columns {', '.join(member.columns)}, by {how}")
        lines += [f"  {line}" for line in kernel_lines(sweep, swept)]
    return "\n".join([*lines, "", "Spark's physical plan", *_physical(frame)])


def _physical(frame: DataFrame) -> Iterator[str]:
    text = io.StringIO()
    with redirect_stdout(text):
        frame.explain("simple")
    for line in text.getvalue().splitlines():
        if line.strip() and not line.startswith("=="):
            yield f"  {line}"
