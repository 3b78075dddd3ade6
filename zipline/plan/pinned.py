"""Pinned versions in a request: computed from their records, of columns typed as when they were registered."""

from __future__ import annotations

from collections.abc import Mapping

from zipline.dsl.feature_service import FeatureService
from zipline.dsl.feature_view import Selection
from zipline.dsl.source import EventSource
from zipline.errors import SchemaError
from zipline.plan.nodes import Pin, Plan
from zipline.plan.sources import Schema


class PinnedSelection(Selection):
    """Features of a registered version of a view; its definition is the record's.

    Attributes:
        version: its number.
        pins: the types of its sources' columns.
    """

    version: int
    pins: tuple[Pin, ...]


class PinnedService(FeatureService):
    """A registered version of a service; its views are pinned.

    Attributes:
        version: its number.
    """

    version: int


def check_pins(plan: Plan, tables: Mapping[EventSource, Schema]) -> None:
    """Refuse a table whose columns are no longer what a pinned version was registered with.

    Raises:
        SchemaError: a column that the request reads is gone, or has another type.
    """
    scans = [select.input.input for sweep in plan.sweeps for select in sweep.inputs]
    read = {(scan.source, column) for scan in scans for column in scan.columns or ()}
    for pin in plan.pins:
        table = tables.get(pin.source, {})
        for column, kind in pin.types:
            if (pin.source, column) not in read or table.get(column) == kind:
                continue
            found = f"is {table[column]}" if column in table else "is gone"
            raise SchemaError(
                f"column {column!r} {found}, and {pin.title} was registered with {kind}",
                where=f"source {pin.source.name!r}",
                hint=f"give {pin.title} a table with its columns as they were, or apply the definition anew and use "
                "that version",
            )
