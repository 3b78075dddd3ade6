"""The algebra of every aggregation, folded over tiles of events, against the reference."""

from __future__ import annotations

from array import array
from random import Random
from typing import Any

import pytest

from tests.conformance.cells import OPTIONS
from tests.conformance.dataset import DAY, EVENTS, plain_rows, table_of
from tests.conformance.plain import exact, rows_of, schema_of
from zipline import aggregations
from zipline.aggregations.vectors import VectorAggregation
from zipline.dsl.aggregation import Aggregation, Input
from zipline.reference.statistics import Event, output_type, result
from zipline.reference.values import canonical

SCHEMA = schema_of(table_of([], EVENTS))
ROWS = [row for row in rows_of(table_of(plain_rows())) if row["at"] is not None and row["known"] is not None]
ALONE = [
    pytest.param(getattr(aggregations, name)(*args, **fields), id=f"{name}-{option}")
    for name, options in OPTIONS.items()
    for option, (args, fields) in options.items()
    if not {"by", "where", "default"} & set(fields)
]


def value_of(aggregation: Aggregation, row: dict[str, Any]) -> Any:
    """Return what an aggregation is given of an event."""
    values = [row["at"] if name == "event_time" else row[name] for name in aggregation.columns]
    if isinstance(aggregation.column, tuple):
        return tuple(canonical(value) for value in values)
    value = canonical(values[0]) if values else None
    single = aggregation.column == "v32" and isinstance(aggregation, VectorAggregation)
    return array("f", value) if single and value is not None else value


@pytest.mark.parametrize("aggregation", ALONE)
def test_folded_tiles_give_the_reference(aggregation: Aggregation) -> None:
    random = Random(1)
    several = isinstance(aggregation.column, tuple) or aggregation.column is None
    for size in (1, 2, 5, 40):
        rows = random.sample(ROWS, size)
        events = [Event(row["at"], row["known"], row) for row in rows]
        expected = result(aggregation, events, SCHEMA, DAY)
        tiles = [aggregation.zero() for _ in range(3)]
        for row in rows:
            value = value_of(aggregation, row)
            if value is None and not (several or aggregation.keeps_nulls):
                continue
            tile = random.randrange(3)
            tiles[tile] = aggregation.add(tiles[tile], Input(row["at"], row["known"], value))
        folded = aggregation.merge(aggregation.merge(tiles[2], tiles[0]), tiles[1])
        assert exact(aggregation.finish(folded, DAY)) == exact(expected), output_type(aggregation, SCHEMA)
