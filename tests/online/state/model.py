"""The state of an entity as it should be: facts as plain Python, and what a read of a document sees, step by step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, reduce
from typing import Any

import numpy as np
import pyarrow as pa

import zipline as zl
from tests.aggregations.test_laws import observe
from zipline.dsl.aggregation import Aggregation, Input
from zipline.dsl.feature_view import FeatureView
from zipline.online.state.facts import Facts
from zipline.online.state.gathering import gathered
from zipline.online.state.opened import opened, segment_records
from zipline.online.state.policy import Policy
from zipline.online.state.records import joined
from zipline.online.state.resolution import resolved
from zipline.online.state.tiles import touched
from zipline.online.state.view_state import ViewState
from zipline.plan.build import build
from zipline.plan.nodes import Visibility
from zipline.plan.schema import check_sweep
from zipline.types import BOOL, FLOAT64, INT64, STRING, TIMESTAMP, DataType, to_arrow

SECOND = 1_000_000
CORRECTIONS = 6
SCHEMA = {
    "entity": STRING, "time": TIMESTAMP, "known": TIMESTAMP, "x": FLOAT64, "n": INT64, "s": STRING, "id": STRING,
    "gone": BOOL,
}  # fmt: skip
WINDOWS = (
    zl.Window("4s"), zl.Window("6s", hop="2s"), zl.Window("3s", offset="2s"), zl.Window("5s", align="3s"),
    zl.Window.lifetime(), zl.Window("4s", offset="1s", hop="2s"), zl.Window("20s", hop="5s"),
    zl.Window.lifetime(offset="3s"), zl.Window.lifetime(align="4s"),
    zl.Window("15s"), zl.Window("12s", offset="5s"), zl.Window("20s", align="2s"),
)  # fmt: skip
AGGREGATIONS = (
    zl.Count(), zl.Sum("x"), zl.Last("s"), zl.Max("n", by="s"), zl.Sum("n", where="x > 0").named("n_up"),
    zl.DecayedSum("x", half_life="1s"),
)  # fmt: skip
TINY = Policy(raw_bytes=0, tile_events=4, tile_bytes=1 << 20, fewest=2, most_tiles=4)


@dataclass(frozen=True)
class Row:
    """A fact of one entity; times in seconds."""

    time: int
    known: int
    x: float | None
    n: int | None
    s: str | None
    id: str = ""
    rank: int = 0
    kept: bool = True

    @property
    def columns(self) -> dict[str, Any]:
        return {"x": self.x, "n": self.n, "s": self.s}


def state_of(view: FeatureView, schema: Mapping[str, DataType]) -> ViewState:
    plan = build(view, time="time", keys=None, visibility=Visibility(0))
    (sweep,) = plan.sweeps
    return ViewState(f"{view.name}@1", view, sweep, check_sweep(sweep, [schema]))


@cache
def view(windows: tuple[int, ...], *, ids: bool) -> ViewState:
    """Return the state of a view over some of the windows."""
    source = zl.EventSource(
        "s", table=zl.Parquet("s.parquet"), event_time="time", knowledge_time="known",
        id="id" if ids else None, deleted="gone" if ids else None, corrections=f"{CORRECTIONS}s" if ids else None,
    )  # fmt: skip
    features = [
        each.named(f"{each.default_stem()}_{at}").over(WINDOWS[at]) for each in AGGREGATIONS for at in windows
    ]
    return state_of(zl.FeatureView("v", entity=zl.Entity("entity"), source=source, features=features), SCHEMA)


def facts_of(state: ViewState, rows: Sequence[Row], entity: bytes = b"e") -> Facts:
    """Return rows as facts."""
    return Facts(
        [entity] * len(rows),
        np.array([row.time * SECOND for row in rows], np.int64),
        np.array([row.known * SECOND for row in rows], np.int64),
        {
            name: pa.array([row.columns[name] for row in rows], to_arrow(kind))
            for name, kind in state.columns.items()
        },
        {"x > 0": np.array([row.x is not None and row.x > 0 for row in rows], np.bool_)},
        *(
            (
                [row.id.encode() for row in rows],
                [b"%03d" % row.rank for row in rows],
                np.array([row.kept for row in rows], np.bool_),
            )
            if state.has_ids
            else ()
        ),
    )


def seen(rows: Sequence[Row], t: int, *, ids: bool) -> list[Row]:
    """Return the rows that are events for a read at t (aligned), whatever the window."""
    known = [row for row in rows if row.known * SECOND < t]
    if not ids:
        return known
    found = []
    for identity in {row.id for row in rows}:
        versions = sorted({(row.known, row.rank): row for row in rows if row.id == identity}.items())
        latest: Row | None = None
        for _, row in versions:
            if latest is not None and row.known - latest.known > CORRECTIONS:
                found.append(latest)
            if row.known * SECOND >= t:
                break
            latest = row
        found += [latest] if latest is not None else []
    distinct = {(row.id, row.known, row.rank): row for row in found}
    return [row for row in distinct.values() if row.kept]


def expected(state: ViewState, rows: Sequence[Row], t: int) -> dict[str, Any]:
    """Return what every feature observes at t microseconds, straight from the rows."""
    answers = {}
    for feature in state.features:
        aggregation, window = feature.aggregation, feature.window
        lower, upper = window.bounds(t)
        aligned = t - t % window.align_us if window.align_us else t
        inside = [
            row
            for row in seen(rows, aligned, ids=state.has_ids)
            if (lower is None or lower <= row.time * SECOND) and row.time * SECOND < upper
        ]
        answers[feature.name] = _observed(aggregation, _partials(aggregation, inside), aligned)
    return answers


def _partials(aggregation: Aggregation, rows: Sequence[Row]) -> dict[Any, Any]:
    groups: dict[Any, Any] = {}
    for row in rows:
        group = row.columns[aggregation.by] if aggregation.by is not None else 0
        value = row.columns[aggregation.columns[0]] if aggregation.columns else None
        if (aggregation.where and not (row.x is not None and row.x > 0)) or group is None:
            continue
        if aggregation.columns and value is None:
            continue
        event = Input(row.time * SECOND, row.known * SECOND, value)
        groups[group] = aggregation.add(groups.get(group, aggregation.zero()), event)
    return groups


def _observed(aggregation: Aggregation, groups: Mapping[Any, Any], t: int) -> Any:
    zero = aggregation.zero()
    kept = {group: partial for group, partial in groups.items() if partial != zero}
    if not kept:
        return "no events"
    return {
        group: observe(aggregation, partial)
        for group, partial in sorted(kept.items())
        if not aggregation.is_empty(partial, t)
    } or "no events"


def folded(state: ViewState, document: bytes, segments: Mapping[bytes, bytes], t: int) -> dict[str, Any]:
    """Return what every feature observes of a document at t microseconds: a reader, slow and plain."""
    found = opened(state, document)
    assert found.floor <= t
    assert found.lost is None
    opens = touched(state, found.tiles, found.raw)
    parts = [found.raw]
    tiles = []
    for tile, reads in zip(found.tiles, opens, strict=True):
        if reads:
            assert tile.segment is not None
            parts.append(segment_records(state, segments[tile.segment]))
        else:
            tiles.append(tile)
    raw = resolved(state, joined(state.layout, parts))
    answers = {}
    for feature in state.features:
        number = next(
            at for at, each in enumerate(state.aggregations)
            if each == feature.aggregation.model_copy(update={"stem": "x", "default": None})
        )  # fmt: skip
        lower, upper = feature.window.bounds(t)
        lower = -(2**63) if lower is None else lower
        aligned = t - t % feature.window.align_us if feature.window.align_us else t
        chosen, partials = [raw], []
        for tile in tiles:
            if tile.last < lower or tile.first >= upper:
                continue
            if lower <= tile.first and tile.last < upper and tile.known < aligned:
                partials.append(state.codecs[number].decode(tile.partials[number]))
            else:
                assert tile.segment is not None, "a boundary parts a tile that has no segment"
                chosen.append(segment_records(state, segments[tile.segment]))
        records = joined(state.layout, chosen)
        visible = records.kept & ~records.stubs & (records.known < aligned) & (aligned <= records.until)
        inside = visible & (records.times >= lower) & (records.times < upper)
        partials.append(gathered(feature.aggregation, records.take(inside)))
        answers[feature.name] = _observed(
            feature.aggregation, reduce(_merged(feature.aggregation), map(_groups(feature.aggregation), partials), {}),
            aligned,
        )  # fmt: skip
    return answers


def _groups(aggregation: Aggregation) -> Any:
    return lambda partial: partial if aggregation.by is not None else {0: partial}


def _merged(aggregation: Aggregation) -> Any:
    def merge(left: Mapping[Any, Any], right: Mapping[Any, Any]) -> dict[Any, Any]:
        merged = dict(left)
        for group, partial in right.items():
            merged[group] = aggregation.merge(merged[group], partial) if group in merged else partial
        return merged

    return merge
