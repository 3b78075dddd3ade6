"""Each pass, before and after, as plans that a reader can compare."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

import zipline as zl
from zipline.dsl.aggregation import features_of
from zipline.plan.nodes import (
    Assemble,
    Column,
    Derive,
    DerivedColumn,
    Plan,
    Scan,
    Select,
    Sweep,
    Versions,
    Visibility,
)
from zipline.plan.passes import drop_unread, merge_sweeps, optimize, prune_columns, push_id_filter

KEYS = (("user", "user"),)


def source(**options: Any) -> zl.EventSource:
    return zl.EventSource("events", table=zl.Parquet("events.parquet"), event_time="ts", **options)


def sweep(
    events: zl.EventSource | zl.Union,
    *aggregations: Any,
    keys: tuple[tuple[str, str], ...] = KEYS,
    view: str = "v",
) -> Sweep:
    """Return a sweep as `build` makes it: everything read, nothing pushed."""
    columns = [Column(f"{view}__{each.name}", each) for item in aggregations for each in features_of(item)]
    inputs = tuple(
        Select(Versions(Scan(each), ("user",)), each.select, each.where) for each in events.members
    )
    return Sweep(inputs, keys, tuple(columns))


def plan(
    *sweeps: Sweep, derived: tuple[DerivedColumn, ...] = (), outputs: tuple[str, ...] | None = None
) -> Plan:
    every = tuple(column.name for each in sweeps for column in each.columns) + tuple(
        each.name for each in derived
    )
    root = Derive(Assemble(sweeps), derived, every if outputs is None else outputs)
    return Plan(root, zl.Timestamp("t"), Visibility(0))


def names(built: Plan) -> list[list[str]]:
    return [[column.name for column in each.columns] for each in built.sweeps]


def test_views_of_one_source_and_key_share_a_sweep() -> None:
    events = source()
    before = plan(sweep(events, zl.Count()), sweep(events, zl.Sum("x"), view="w"))
    after = merge_sweeps(before)
    assert names(before) == [["v__count"], ["w__x_sum"]]
    assert names(after) == [["v__count", "w__x_sum"]]
    assert after.sweeps[0].inputs == before.sweeps[0].inputs
    assert merge_sweeps(after) == after


def test_a_column_asked_twice_is_swept_once() -> None:
    events = source()
    assert names(merge_sweeps(plan(sweep(events, zl.Count()), sweep(events, zl.Count(), zl.Max("x"))))) == [
        ["v__count", "v__x_max"]
    ]


@pytest.mark.parametrize(
    "other",
    [
        sweep(source(), zl.Max("x"), keys=(("user", "seller"),), view="w"),
        sweep(source(where="x > 0"), zl.Max("x"), view="w"),
        sweep(source(delay="1h"), zl.Max("x"), view="w"),
    ],
)
def test_other_keys_and_other_events_are_swept_apart(other: Sweep) -> None:
    before = plan(sweep(source(), zl.Count()), other)
    assert merge_sweeps(before) == before


def test_what_nobody_reads_is_dropped() -> None:
    events = source(select={"twice": "x * 2", "unread": "x * 3"})
    rate = DerivedColumn("v__rate", "twice_sum / 2", (("twice_sum", "v__twice_sum"),))
    before = plan(
        sweep(events, zl.Sum("twice"), zl.Sum("unread"), zl.Count()), derived=(rate,), outputs=("v__rate",)
    )
    after = drop_unread(before)
    assert names(after) == [["v__twice_sum"]]
    assert after.sweeps[0].inputs[0].columns == (("twice", "x * 2"),)


def test_a_sweep_without_columns_is_dropped() -> None:
    events = source()
    before = plan(sweep(events, zl.Count()), sweep(events, zl.Max("x"), view="w"), outputs=("w__x_max",))
    assert names(drop_unread(before)) == [["w__x_max"]]


@pytest.mark.parametrize("where", ["flight > 3", "flight > 3 AND leg = 1", "flight + leg IN (1, 2)"])
def test_a_filter_on_the_id_alone_goes_below_versions(where: str) -> None:
    events = source(id=["flight", "leg"], where=where)
    (after,) = push_id_filter(plan(sweep(events, zl.Count()))).sweeps
    assert after.inputs[0].where is None
    assert after.inputs[0].input.where == where


@pytest.mark.parametrize(
    ("where", "id"),
    [
        ("x > 0", ["flight"]),
        ("flight > 3 AND x > 0", ["flight"]),
        ("user = 'a'", ["flight"]),
        ("ts > TIMESTAMP '2024-01-01'", ["flight"]),
        ("flight > 3", None),
        (None, ["flight"]),
    ],
)
def test_any_other_filter_stays_above_versions(where: str | None, id: list[str] | None) -> None:
    before = plan(sweep(source(id=id, where=where), zl.Count()))
    assert push_id_filter(before) == before
    (after,) = optimize(before).sweeps
    assert after.inputs[0].where == where
    assert after.inputs[0].input.where is None


def test_only_the_columns_that_are_named_are_read() -> None:
    events = source(
        knowledge_time="known", id="flight", deleted="gone", sequence="lsn",
        select={"late": "delay > 15"}, where="distance > 0",
    )  # fmt: skip
    features = [
        zl.Count(where="late AND carrier = 'UA'").named("n"),
        zl.LastK(["dest", "event_time"], 3),
        zl.Sum("x", by="origin"),
    ]
    (after,) = prune_columns(plan(sweep(events, *features))).sweeps
    assert after.inputs[0].input.input.columns == (
        "ts", "known", "flight", "gone", "lsn", "user", "delay", "distance", "carrier", "dest", "x", "origin",
    )  # fmt: skip


def test_a_pushed_filter_still_has_its_columns_read() -> None:
    events = source(id="flight", where="flight > 3")
    (after,) = optimize(plan(sweep(events, zl.Max("x")))).sweeps
    assert after.inputs[0].input.input.columns == ("ts", "flight", "user", "x")


def test_an_events_own_time_is_a_column_of_its_own_alone() -> None:
    (after,) = prune_columns(plan(sweep(source(), zl.Last("event_time")))).sweeps
    assert after.inputs[0].input.input.columns == ("ts", "user", "event_time")


def test_select_in_place_of_a_column_reads_what_it_reads() -> None:
    events = source(select={"x": "y + 1"})
    (after,) = optimize(plan(sweep(events, zl.Max("x")))).sweeps
    assert after.inputs[0].input.input.columns == ("ts", "user", "y")


def test_passes_leave_everything_else_as_it_was() -> None:
    before = plan(sweep(source(), zl.Count()))
    after = optimize(before)
    assert replace(after, root=before.root) == before
    assert after.root.outputs == before.root.outputs


BOTH = zl.Union(
    "both",
    [
        source(id="flight", where="flight > 3", select={"late": "delay > 15", "unread": "y"}),
        zl.EventSource("others", table=zl.Parquet("others"), event_time="at", where="z > 0"),
    ],
)


def test_every_member_of_a_union_is_pruned_and_pushed_by_itself() -> None:
    (after,) = optimize(plan(sweep(BOTH, zl.Count(where="late").named("n")))).sweeps
    first, second = after.inputs
    assert first.columns == (("late", "delay > 15"),)
    assert (first.where, first.input.where) == (None, "flight > 3")
    assert first.input.input.columns == ("ts", "flight", "user", "delay")
    assert (second.columns, second.where, second.input.where) == ((), "z > 0", None)
    assert second.input.input.columns == ("at", "user", "z", "late")


def test_views_of_one_union_share_a_sweep() -> None:
    before = plan(sweep(BOTH, zl.Count()), sweep(BOTH, zl.Max("late"), view="w"))
    assert names(merge_sweeps(before)) == [["v__count", "w__late_max"]]
    part = sweep(zl.Union("part", BOTH.members[:1]), zl.Max("late"), view="w")
    assert len(merge_sweeps(plan(sweep(BOTH, zl.Count()), part)).sweeps) == 2


def test_a_union_knows_what_its_members_know() -> None:
    plain, late = source(), zl.EventSource("late", table=zl.Parquet("l"), event_time="at", delay="1h")
    versions = zl.EventSource("versions", table=zl.Parquet("v"), event_time="at", delay="1h", id="id")
    for members, known, versioned in (
        ([plain], False, False), ([plain, late], True, False), ([plain, versions], True, True),
        ([source(id="flight")], False, False),
    ):  # fmt: skip
        union = sweep(zl.Union("u", members), zl.Count())
        assert (union.has_knowledge, union.has_versions) == (known, versioned)
    assert sweep(zl.Union("u", [plain, late]), zl.Count()).title == "events + late"
