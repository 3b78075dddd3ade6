"""Where the rows of a pinned version lie and stream from today: how they are read stays, the place is the newest."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from zipline.dsl.feature_view import FeatureView
from zipline.dsl.source import EventSource
from zipline.dsl.streams import Stream
from zipline.dsl.table import NoTable, Table
from zipline.dsl.union import Union
from zipline.registry.applied import Applied
from zipline.registry.meaning import table_meaning

_Place: TypeAlias = tuple[Table, Stream | None]


def located(view: FeatureView, states: Iterable[Applied]) -> FeatureView:
    """Return a view that reads its sources where they lie today.

    Args:
        view: as recorded.
        states: the applied states, newest first; the first that names a source says where it lies.
    """
    missing = {source.name for source in view.source.members}
    places: dict[str, _Place] = {}
    for state in states:
        places |= {
            name: (state.sources[name], state.streams.get(name)) for name in missing & state.sources.keys()
        }
        missing -= state.sources.keys()
        if not missing:
            break
    source = view.source
    if isinstance(source, Union):
        members = tuple(_moved(each, places) for each in source.members)
        return view.model_copy(update={"source": source.model_copy(update={"members": members})})
    return view.model_copy(update={"source": _moved(source, places)})


def _moved(source: EventSource, places: Mapping[str, _Place]) -> EventSource:
    table, stream = places.get(source.name, (source.table, source.stream))
    return source.model_copy(update={"table": relocated(source.table, table), "stream": stream})


def relocated(table: Table, place: Table) -> Table:
    """Return a table with its own meaning, at another's place, as far as that other can be read in its way.

    >>> from zipline.dsl.table import Csv, Parquet
    >>> relocated(Csv("old.csv", null="NA"), Csv("new.csv"))
    Csv(path='new.csv', delimiter=',', null=('NA',))
    >>> relocated(Parquet("old.parquet"), Csv("new.csv"))
    Csv(path='new.csv', delimiter=',', null=())
    """
    if isinstance(
        place, NoTable
    ):  # what it was given up for is no table: the old rows still lie where they did
        return table
    meaning = table_meaning(table)
    if table_meaning(place) == meaning:
        return place
    if type(place) is not type(table):
        return table
    for field in type(table).model_fields:
        value = getattr(place, field)
        if isinstance(value, Table):
            value = relocated(getattr(table, field), value)
        moved = table.model_copy(update={field: value})
        if table_meaning(moved) == meaning:
            table = moved
    return table
