"""Views for tests of the state, without a registry, and facts of their rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from tests.conformance.plain import schema_of
from zipline.dsl import Entity, EventSource, FeatureView, Frame
from zipline.expressions import parse
from zipline.expressions.evaluate import evaluate
from zipline.online.state.facts import Facts
from zipline.online.state.view_state import ViewState
from zipline.plan.build import build
from zipline.plan.nodes import Visibility
from zipline.plan.schema import check_sweep

STAMP = pa.timestamp("us", tz="UTC")


def state_of(features: Sequence[Any], columns: pa.Schema, **source: Any) -> ViewState:
    """Return the state of a view over a source with times, a key `k` and these columns."""
    schema = pa.schema([("at", STAMP), ("known", STAMP), ("k", pa.int64()), *columns])
    table = Frame(schema.empty_table())
    events = EventSource("events", table=table, event_time="at", knowledge_time="known", **source)
    view = FeatureView("v", entity=Entity("thing", keys="k"), source=events, features=features)
    (sweep,) = build(view, time="t", keys=None, visibility=Visibility(0)).sweeps
    return ViewState("v@1", view, sweep, check_sweep(sweep, [schema_of(schema.empty_table())]))


def facts_of(state: ViewState, rows: Sequence[Mapping[str, Any]], entity: bytes = b"1") -> Facts:
    """Return rows as facts of one entity."""
    (source,) = state.sources
    assert isinstance(source.table, Frame)
    kinds = source.table.data.schema
    columns = {each.name: pa.array([row.get(each.name) for row in rows], type=each.type) for each in kinds}
    schema = schema_of(kinds.empty_table())
    masks = {
        text: evaluate(parse(text), columns, schema, len(rows))
        .fill_null(False)
        .to_numpy(zero_copy_only=False)
        for text in state.masks
    }
    return Facts(
        [entity] * len(rows),
        np.array([row["at"] for row in rows], np.int64),
        np.array([row["known"] for row in rows], np.int64),
        {name: columns[name] for name in state.columns},
        masks,
    )
