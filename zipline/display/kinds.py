"""The types of features, where they can be told at a glance: from memory, or from one local file's footer.

Nothing here reads rows, the network or a whole folder tree; what cannot be told so is left out.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zipline.dsl.aggregation import Feature
from zipline.dsl.derived import Derived
from zipline.dsl.feature_service import FeatureService
from zipline.dsl.feature_view import FeatureView
from zipline.dsl.snapshot import Snapshot
from zipline.dsl.source import EventSource
from zipline.dsl.table import Frame, Parquet, Table
from zipline.types import DataType, from_arrow, map_of, parse_type

if TYPE_CHECKING:
    import pyarrow as pa

    from zipline.plan.nodes import Pin, Plan

MOST_ENTRIES = 1_000
"""How many entries of a folder are looked at to find one file."""

Types = Mapping[str, DataType]


def feature_types(view: FeatureView, pins: Sequence[Pin] = ()) -> Types:
    """Return feature -> type, of those that can be told.

    Args:
        view: whose features are meant; relative paths are of the repository that the current folder is in.
        pins: the types of its sources' columns, where it is a registered version.
    """
    events = _events(view.source.members, _root(), pins)
    found: dict[str, DataType] = {}
    for feature in view.features:
        with suppress(Exception):
            found[feature.name] = _type_of(feature, events, found)
    return found


def service_types(service: FeatureService, pins: Mapping[str, Sequence[Pin]]) -> Types:
    """Return output column -> type, of those that can be told; `pins` are as in `feature_types`, by prefix."""
    from zipline.expressions import parse

    known = {name: parse_type(kind) for name, kind in service.request}
    for item in service.features:
        if isinstance(item, Derived):
            with suppress(Exception):
                known[item.name] = parse(item.expression, derived=True).type_of(known)
            continue
        types = feature_types(item.view, pins[item.prefix])
        known |= {f"{item.prefix}__{name}": types[name] for name in item.names if name in types}
    return known


def plan_types(plan: Plan, observations: Table | None, root: Path) -> Types:
    """Return output column -> type, of those that can be told."""
    from zipline.expressions import parse

    known: dict[str, DataType] = {}
    with suppress(Exception):
        known |= table_types(observations, root) if observations is not None else {}
        known |= {name: parse_type(kind) for name, kind in plan.request}
    for sweep in plan.sweeps:
        events = _events(sweep.sources, root, plan.pins)
        for column in sweep.columns:
            with suppress(Exception):
                known[column.name] = _type_of(column.feature, events, {})
    for derived in plan.root.columns:
        with suppress(Exception):
            visible = {short: known[name] for short, name in derived.columns}
            known[derived.name] = parse(derived.expression, derived=True).type_of(visible)
    return known


def _events(sources: Sequence[EventSource], root: Path, pins: Sequence[Pin]) -> dict[str, DataType]:
    """Return the columns of events; those of a union's members have one type, wherever it can be told."""
    registered = {pin.source: dict(pin.types) for pin in pins}
    events: dict[str, DataType] = {}
    for source in reversed(sources):
        with suppress(Exception):
            events |= event_types(source, registered.get(source) or _declared_types(source, root))
    return events


def event_types(source: EventSource, table: Types) -> Types:
    """Return column -> type, of the table's columns and those of `select`'s that can be told."""
    from zipline.expressions import parse

    events = dict(table)
    for name, text in source.select:
        events.pop(name, None)
        with suppress(Exception):
            events[name] = parse(text).type_of(table)
    return events


def _declared_types(source: EventSource, root: Path) -> Types:
    return table_types(source.table, root) | {column: parse_type(kind) for column, kind in source.declared}


def table_types(table: Table, root: Path) -> dict[str, DataType]:
    """Return column -> type, of the columns that can be told."""
    found: dict[str, DataType] = {}
    for field in _schema(table, root) or ():
        with suppress(Exception):
            found[field.name] = from_arrow(field.type)
    return found


def _type_of(feature: Feature | Derived, events: Types, earlier: Types) -> DataType:
    from zipline.expressions import parse
    from zipline.plan.schema import input_types

    if isinstance(feature, Derived):
        return parse(feature.expression, derived=True).type_of(earlier)
    aggregation = feature.aggregation
    result = aggregation.output_type(input_types(aggregation, events))
    return result if aggregation.by is None else map_of(events[aggregation.by], result)


def _root() -> Path:
    from zipline.configuration import find_root

    here = Path.cwd()
    return find_root(here) or here


def _schema(table: Table, root: Path) -> pa.Schema | None:
    if isinstance(table, Snapshot):
        return _schema(table.table, root)
    if isinstance(table, Frame):
        return _frame_schema(table.data)
    if isinstance(table, Parquet) and "://" not in table.path and "${" not in table.path:
        import pyarrow.parquet as pq

        file = _a_file(root / Path(table.path).expanduser())
        return pq.read_schema(file) if file is not None else None
    return None


def _frame_schema(data: Any) -> pa.Schema | None:
    """Return the schema of rows in memory; of objects whose types only their values tell, nothing."""
    import pyarrow as pa

    if isinstance(data, (pa.Table, pa.RecordBatch, pa.RecordBatchReader)):
        return data.schema
    module = type(data).__module__.partition(".")[0]
    if module == "polars" and hasattr(data, "clear"):
        return data.clear().to_arrow().schema if hasattr(data, "to_arrow") else None
    if module == "pandas" and hasattr(data, "head"):
        schema = pa.Schema.from_pandas(data.head(0), preserve_index=False)
        return pa.schema([field for field in schema if not pa.types.is_null(field.type)])
    return None


def _a_file(path: Path) -> Path | None:
    """Return one of the files that a path stands for: the first that a short look finds."""
    if path.is_file():
        return path
    fixed = path
    while "*" in str(fixed) or "?" in str(fixed) or "[" in str(fixed):
        fixed = fixed.parent
    return next((file for file in _files(fixed) if ".parquet" in file.name or file.suffix == ".pq"), None)


def _files(folder: Path) -> Iterator[Path]:
    """Yield the files below a folder until many entries have been seen."""
    seen, waiting = 0, [folder]
    while waiting:
        try:
            entries = os.scandir(waiting.pop())
        except OSError:
            continue
        with entries:
            for entry in entries:
                seen += 1
                if seen > MOST_ENTRIES:
                    return
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(Path(entry.path))
                elif entry.is_file():
                    yield Path(entry.path)
