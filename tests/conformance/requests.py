"""Short ways to write a small case down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from tests.conformance.dataset import STAMP
from tests.conformance.engines import Case
from zipline.dsl import Entity, EventSource, FeatureView, Frame

TIMES = {"at", "known", "t", "asof"}


def table(rows: Sequence[Mapping[str, Any]], **types: Any) -> pa.Table:
    """Return rows as a table; columns `t`, `at` and `known` are times in microseconds, others as given or guessed."""
    names = list(dict.fromkeys(name for row in rows for name in row)) or list(types)
    columns = {}
    for name in names:
        kind = types.get(name, STAMP if name in TIMES else None)
        columns[name] = pa.array([row.get(name) for row in rows], type=kind)
    return pa.table(columns)


def view(
    events: pa.Table, features: Sequence[Any], *, keys: Sequence[str] = ("k",), **source: Any
) -> FeatureView:
    """Return the view `v` of an entity with these keys."""
    declared = EventSource("events", table=Frame(events), **{"event_time": "at", **source})
    return FeatureView("v", entity=Entity("thing", keys=list(keys)), source=declared, features=features)


def ask(features: Any, *times: int, key: Any = 1, **request: Any) -> Case:
    """Return a case that observes one key at some times."""
    kind = pa.int64() if isinstance(key, int) else None
    return Case(features, table([{"t": t, "k": key} for t in times], k=kind), **request)
