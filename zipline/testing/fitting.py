"""Types for columns in which no event has a value: any type will do in which the definitions fit.

All of the column's values are null, so the features' values do not depend on which one it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from zipline.dsl.aggregation import Aggregation
from zipline.dsl.default import check_default
from zipline.dsl.derived import Derived
from zipline.dsl.feature_view import Selection
from zipline.dsl.source import EventSource
from zipline.errors import DefinitionError
from zipline.expressions import parse
from zipline.types import BOOL, DATE, FLOAT64, INT64, NULL, STRING, TIMESTAMP, DataType, map_of

CANDIDATES: Final = (FLOAT64, INT64, STRING, BOOL, TIMESTAMP, DATE)


def fitting_type(
    column: str, source: EventSource, uses: Iterable[Selection], types: Mapping[str, DataType]
) -> DataType | None:
    """Return a type for a column with which every use of it is allowed; None if there is none.

    Args:
        column: of the source's table.
        uses: the parts of views that read the source.
        types: of the table's columns; those of others without a value are null.
    """
    if column == source.sequence:
        return INT64
    aggregations = [
        feature.aggregation
        for item in uses
        for name in item.names
        if not isinstance(feature := item.view.feature(name), Derived)
    ]
    for kind in CANDIDATES:
        if _fits(source, aggregations, {**types, column: kind}):
            return kind
    return None


def _fits(source: EventSource, aggregations: Iterable[Aggregation], types: Mapping[str, DataType]) -> bool:
    try:
        seen = {**types, **{name: parse(text).type_of(types) for name, text in source.select}}
        if source.where is not None:
            parse(source.where).type_of(types)
        for aggregation in aggregations:
            if aggregation.where is not None:
                parse(aggregation.where).type_of(seen)
            _check(aggregation, seen)
    except DefinitionError:
        return False
    return True


def _check(aggregation: Aggregation, types: Mapping[str, DataType]) -> None:
    inputs = [TIMESTAMP if name == "event_time" else types.get(name, NULL) for name in aggregation.columns]
    if NULL in inputs:
        return
    result = aggregation.output_type(inputs)
    if aggregation.by is not None:
        by = types.get(aggregation.by, NULL)
        if not by.is_key and by != NULL:
            raise DefinitionError(f"{by} cannot group")
        result = map_of(by, result)
    check_default(aggregation, result)
