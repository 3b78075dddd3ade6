"""What `zipline preview` shows: the features of a few entities at one time, and whether they were found at all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from zipline.aggregations import Count, TimeSinceLast
from zipline.cli.entities import read_entities
from zipline.cli.looking import look
from zipline.cli.values import as_objects, shown, type_name
from zipline.dsl.aggregation import Feature
from zipline.dsl.feature_view import FeatureView, Selection
from zipline.dsl.window import Window
from zipline.time import TimeLike
from zipline.types import from_arrow

if TYPE_CHECKING:
    import polars as pl
    import pyarrow as pa

    from zipline.store import FeatureStore

TRIED = 4  # entities per shown one: whoever has an event in the windows comes first


@dataclass(frozen=True)
class Previewed:
    """One entity.

    Attributes:
        keys: its key values.
        found: whether an event of it can be seen through any window of the view.
        values: feature -> value; where nothing was found, those of no events.
    """

    keys: Mapping[str, Any]
    found: bool
    values: Mapping[str, Any]

    @property
    def status(self) -> str:
        """`PRESENT`, or `NOT_FOUND`: the word that an online read has for it."""
        return "PRESENT" if self.found else "NOT_FOUND"

    @property
    def title(self) -> str:
        """Its key values, as they head a column."""
        return ", ".join(shown(value) for value in self.keys.values())


@dataclass(frozen=True)
class Preview:
    """The features of some entities.

    Attributes:
        types: feature -> type.
        entities: in the order asked for; of those that were not named, the ones with events come first.
        notes: what limits the values.
    """

    types: Mapping[str, str]
    entities: Sequence[Previewed]
    notes: Sequence[str]


def preview_of(
    store: FeatureStore,
    chosen: Selection,
    named: Sequence[str],
    at: datetime,
    as_of: TimeLike | None,
    count: int,
) -> Preview:
    """Compute the features of the named entities, or of some that have events.

    Args:
        chosen: the view, or some features of it.
        named: the texts of `--entity`.
        at: the time of the values.
        as_of: only what was known by then is seen; now unless given.
        count: how many entities are shown where none is named.
    """
    counts = tuple(_count(i, window) for i, window in enumerate(_windows(chosen.view)))
    counted = _with(chosen, (*chosen.names, *(each.name for each in counts)), counts)
    schema = look(store, counted, at, as_of).schema
    fields = [schema.field(key) for key in chosen.view.entity.keys]
    if named:
        entities = _table(read_entities(named, {each.name: from_arrow(each.type) for each in fields}), fields)
    else:
        bare = _with(chosen, tuple(each.name for each in counts), counts)
        entities = _with_events(look(store, bare, at, as_of).head(count * TRIED), fields, count)
    result = look(store, counted, at, as_of, entities)
    shown_ones = _previewed(result.to_arrow(), chosen, counts) if entities.num_rows else []
    types = {name: type_name(schema.field(f"{chosen.prefix}__{name}").type) for name in chosen.names}
    notes = [*result.notes, *_missing_notes(store, chosen, shown_ones, at, as_of, bool(named))]
    return Preview(types, shown_ones, notes)


def _windows(view: FeatureView) -> Sequence[Window]:
    """Return the windows through which the view sees events."""
    windows = (each.window for each in view.features if isinstance(each, Feature))
    return list({window.meaning: window for window in windows}.values())


def _count(number: int, window: Window) -> Feature:
    """Return a count of the events in a window, by a name that no feature can have."""
    return Feature(name=f"status__{number}", aggregation=Count(), window=window)


def _with(chosen: Selection, names: tuple[str, ...], added: Sequence[Feature]) -> Selection:
    view = chosen.view.model_copy(update={"features": (*chosen.view.features, *added)})
    return chosen.model_copy(update={"view": view, "names": names})


def _with_events(tried: pl.DataFrame, fields: Sequence[pa.Field], count: int) -> pa.Table:
    """Return some entities, those with an event in the windows first."""
    counts = [name for name in tried.columns if "__status__" in name]
    keys = [field.name for field in fields]
    ordered = sorted(tried.iter_rows(named=True), key=lambda row: not any(row[name] for name in counts))
    return _table([{key: row[key] for key in keys} for row in ordered[:count]], fields)


def _table(entities: Sequence[Mapping[str, Any]], fields: Sequence[pa.Field]) -> pa.Table:
    import pyarrow as pa

    return pa.Table.from_pylist(list(entities), pa.schema(fields))


def _previewed(table: pa.Table, chosen: Selection, counts: Sequence[Feature]) -> list[Previewed]:
    keys = chosen.view.entity.keys
    found = [as_objects(table[f"{chosen.prefix}__{each.name}"]) for each in counts]
    columns = {key: as_objects(table[key]) for key in keys}
    columns |= {name: as_objects(table[f"{chosen.prefix}__{name}"]) for name in chosen.names}
    return [
        Previewed(
            {key: columns[key][row] for key in keys},
            any(each[row] for each in found),
            {name: columns[name][row] for name in chosen.names},
        )
        for row in range(table.num_rows)
    ]


def _missing_notes(
    store: FeatureStore,
    chosen: Selection,
    entities: Sequence[Previewed],
    at: datetime,
    as_of: TimeLike | None,
    named: bool,
) -> Iterator[str]:
    """Say of the entities that were not found when their last event was, if there is any."""
    missing = [each for each in entities if not each.found]
    if not entities:
        yield f"source {chosen.view.source.name!r} has no event that can be seen at {shown(at)}"
    if not missing:
        return
    times = _last_seen(store, chosen, missing, at, as_of)
    if not named and len(missing) == len(entities) and (last := max(filter(None, times), default=None)):
        yield f"none of these has an event in the view's windows; the last was at {shown(last)}: look then, with --at"
        return
    for each, seen in zip(missing, times, strict=True):
        past = (
            f"no event in the view's windows; the last was at {shown(seen)}" if seen else "no event is known"
        )
        yield f"{chosen.view.entity.name} {each.title}: {past}"


def _last_seen(
    store: FeatureStore, chosen: Selection, missing: Sequence[Previewed], at: datetime, as_of: TimeLike | None
) -> list[datetime | None]:
    import pyarrow as pa

    last = Feature(name="status__last", aggregation=TimeSinceLast(), window=Window.lifetime())
    asked = _with(chosen, (last.name,), (last,))
    result = look(store, asked, at, as_of, pa.Table.from_pylist([dict(each.keys) for each in missing]))
    ages = result.to_arrow().columns[-1].to_pylist()
    return [None if age is None else (at - timedelta(seconds=age)).replace(microsecond=0) for age in ages]
