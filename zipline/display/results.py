"""Cards of a store and of what it gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from zipline.display.card import Card
from zipline.display.kinds import plan_types
from zipline.display.values import exact_moment, shown_value
from zipline.display.written import time_column, what, window_of, written
from zipline.dsl.derived import Derived
from zipline.dsl.feature_service import FeatureService
from zipline.dsl.feature_view import FeatureView
from zipline.dsl.table import Table

if TYPE_CHECKING:
    from zipline.plan.nodes import Plan
    from zipline.registry import Applied
    from zipline.timeline import Timeline


def store_card(
    root: Path,
    views: Mapping[str, FeatureView],
    services: Mapping[str, FeatureService],
    applied: Applied | None,
) -> Card:
    """Return the card of a store: what its repository defines, and which version of it was applied last."""
    versions = {} if applied is None else {name: each.version for name, each in applied.views.items()}
    numbers = {} if applied is None else {name: each.version for name, each in applied.services.items()}
    rows = [_view_row(view, _version(versions, name)) for name, view in views.items()]
    rows += [_service_row(service, _version(numbers, name)) for name, service in services.items()]
    facts = [
        ("folder", str(root)),
        ("applied", applied.applied_at if applied is not None else "never" if rows else ""),
    ]
    columns = ("kind", "name", "applied", "features", "entity", "source", "owner")
    notes = () if rows else ("no definitions here: they are given to training_set() as objects",)
    return Card("FeatureStore", root.name, "", facts, columns, rows, notes, "definitions")


def training_set_card(
    kind: str,
    plan: Plan,
    observations: Table | None,
    notes: Sequence[str],
    root: Path,
    *,
    at: int | None = None,
) -> Card:
    """Return the card of a training set: what is asked for, and nothing of its rows.

    Args:
        kind: how it is called.
        plan: what it computes.
        observations: None where they are every entity.
        notes: what limits its answers.
        root: what relative paths of tables are relative to.
        at: of a snapshot, its time in microseconds.
    """
    types = plan_types(plan, observations, root)
    texts = {derived.name: derived.expression for derived in plan.root.columns}
    for column in (column for sweep in plan.sweeps for column in sweep.columns):
        texts[column.name] = f"{what(column.feature)} {window_of(column.feature)}"
    rows = [[name, str(types.get(name, "?")), texts.get(name, "")] for name in plan.root.outputs]
    facts = [
        ("of", written(observations) if observations is not None else "every entity that can be seen"),
        ("time", time_column(plan.time) if at is None else exact_moment(at)),
        ("as of", exact_moment(plan.visibility.as_of)),
        ("versions", ", ".join(dict.fromkeys(pin.title for pin in plan.pins))),
    ]
    unknown = ("?: a type that takes a look at the data: .schema has it",)
    said = [*notes, *(unknown if any(row[1] == "?" for row in rows) else ())]
    name = f"of {len(rows)} features"
    return Card(kind, name, "", facts, ("feature", "type", "what"), rows, said)


def timeline_card(timeline: Timeline) -> Card:
    """Return the card of a timeline: what it is of, and its first and last rows."""
    from zipline.timeline.result import moment_text

    stretch = timeline.stretch
    table = timeline.to_arrow()
    whole = table.num_rows <= 12
    parts = [table] if whole else [table.slice(0, 5), table.slice(table.num_rows - 5)]
    rows: list[Sequence[str]] = []
    for part in parts:
        rows += [["…"] * table.num_columns] if rows else []
        moments = part["time"].cast("int64").to_pylist()
        for moment, row in zip(moments, part.to_pylist(), strict=True):
            rows.append([moment_text(moment), *(shown_value(row[name]) for name in timeline.features)])
    facts = [
        ("entity", stretch.entity_text),
        ("from", f"{moment_text(stretch.first)} UTC"),
        ("to", f"{moment_text(stretch.last)} UTC"),
        ("rows", f"{len(timeline):,}, " + (f"every {stretch.every}" if stretch.every else "at every change")),
    ]
    return Card("Timeline", stretch.view, "", facts, table.column_names, rows, timeline.notes, "rows")


def _view_row(view: FeatureView, version: str) -> Sequence[str]:
    return (
        "view",
        view.name,
        version,
        str(len(view.features)),
        view.entity.name,
        view.source.name,
        view.owner,
    )


def _service_row(service: FeatureService, version: str) -> Sequence[str]:
    outputs = sum(1 if isinstance(item, Derived) else len(item.names) for item in service.features)
    return ("service", service.name, version, str(outputs), "", "", service.owner)


def _version(versions: Mapping[str, int], name: str) -> str:
    return f"@{versions[name]}" if name in versions else ""
