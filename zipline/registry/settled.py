"""Views whose snapshots name what they compare: a version goes on comparing the columns that there were."""

from __future__ import annotations

from collections.abc import Mapping

from zipline.dsl.feature_view import FeatureView
from zipline.dsl.snapshot import Snapshot
from zipline.dsl.source import EventSource
from zipline.dsl.union import Union
from zipline.plan.sources import Schema


def settled(view: FeatureView, tables: Mapping[str, Schema]) -> FeatureView:
    """Return a view in which every snapshot that compares all columns of its table names them.

    A column that the table gains would make changes of what were none, and so move values.

    Args:
        view: the view.
        tables: source -> column -> type.
    """
    source = view.source
    if isinstance(source, Union):
        members = tuple(_settled(member, tables[member.name]) for member in source.members)
        return view.model_copy(update={"source": source.model_copy(update={"members": members})})
    return view.model_copy(update={"source": _settled(source, tables[source.name])})


def _settled(source: EventSource, table: Schema) -> EventSource:
    copies = source.table
    if not isinstance(copies, Snapshot) or copies.columns is not None:
        return source
    named = copies.model_copy(update={"columns": tuple(sorted(copies.compared(tuple(table))))})
    return source.model_copy(update={"table": named})
