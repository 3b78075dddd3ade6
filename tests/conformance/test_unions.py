"""Several sources as one: each with its own rows, ids, versions and times, and none before another."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations
from typing import Any

import pyarrow as pa
import pytest

import zipline as zl
from tests.conformance.check import agree, expect
from tests.conformance.dataset import STAMP
from tests.conformance.engines import ENGINES, TRAINING_SETS, Case
from tests.conformance.requests import ask, table
from zipline.aggregations import Count, First, Last, LastK, Max, Sum
from zipline.dsl import Entity, EventSource, FeatureView, Frame, Snapshot, Union, Window
from zipline.errors import DataError


def member(name: str, rows: pa.Table, **options: Any) -> EventSource:
    return EventSource(name, table=Frame(rows), **{"event_time": "at", **options})


def view(members: Sequence[EventSource], features: Sequence[Any], **options: Any) -> FeatureView:
    entity = Entity("thing", keys=list(options.pop("entity", ("k",))))
    return FeatureView("v", entity=entity, source=Union("all_of_them", members), features=features, **options)


CLICKS = member(
    "clicks", table([{"at": 10, "k": 1, "x": 1}, {"at": 30, "k": 1, "x": 4}, {"at": 5, "k": 2, "x": 9}])
)
SAVES = member("saves", table([{"at": 20, "k": 1, "x": 2}, {"at": 20, "k": 3, "x": 8}]))


def test_events_of_all_members_count() -> None:
    features = view([CLICKS, SAVES], [Sum("x"), LastK("x", 3), Count().over("15us")])
    expect(
        ask(features, 11, 21, 31),
        v__x_sum=[1, 3, 7],
        v__x_last3=[[1], [2, 1], [4, 2, 1]],
        v__count_15us=[1, 2, 2],
    )
    expect(ask(features, 99, key=2), v__x_sum=[9])
    expect(ask(features, 99, key=3), v__x_sum=[8])


def test_a_union_of_one_is_that_one() -> None:
    features = [Sum("x"), LastK("x", 3)]
    alone = FeatureView("v", entity=Entity("thing", keys="k"), source=CLICKS, features=features)
    assert agree(ask(view([CLICKS], features), 11, 31)) == agree(ask(alone, 11, 31))


def test_id_one_of_a_member_is_not_id_one_of_another() -> None:
    rows = [
        {"id": 1, "at": 10, "known": 10, "k": 1, "x": 1},
        {"id": 1, "at": 10, "known": 20, "k": 1, "x": 2},
    ]
    options = {"id": "id", "knowledge_time": "known"}
    one, other = member("one", table(rows), **options), member("other", table(rows[:1]), **options)
    expect(ask(view([one, other], [Sum("x"), Count()]), 11, 20, 21), v__x_sum=[2, 2, 3], v__count=[2, 2, 2])


def test_the_same_rows_under_two_names_count_twice() -> None:
    twin = EventSource("twin", table=CLICKS.table, event_time="at")
    expect(ask(view([CLICKS, twin], [Sum("x"), Count()]), 99), v__x_sum=[10], v__count=[4])


def test_times_ids_where_and_select_are_each_members_own() -> None:
    one = member(
        "one", table([{"at": 10, "k": 1, "x": 1}, {"at": 11, "k": 1, "x": -1}]), where="x > 0",
        select={"what": "'one'", "v": "x"},
    )  # fmt: skip
    millis = pa.table({"ms": [0, 1], "k": [1, 1], "y": [2.5, 4.5], "gone": [False, True], "id": [1, 2]})
    other = EventSource(
        "other", table=Frame(millis), event_time=zl.Timestamp("ms", unit="ms"), delay="5us", id="id", deleted="gone",
        select={"what": "'other'", "v": "CAST(y AS BIGINT)"},
    )  # fmt: skip
    features = view([one, other], [Sum("v", by="what"), Sum("v", where="what = 'other'").named("others")])
    expect(
        ask(features, 5, 6, 11, 2000),
        v__v_sum_by_what=[{}, {"other": 2}, {"one": 1, "other": 2}, {"one": 1, "other": 2}],
        v__others=[None, 2, 2, 2],
    )


def test_keys_name_the_column_of_every_member() -> None:
    rows = [{"at": 10, "buyer": "a", "x": 1}]
    features = view(
        [member("one", table(rows)), member("other", table(rows))], [Sum("x")], keys={"k": "buyer"}
    )
    expect(ask(features, 11, key="a"), v__x_sum=[2])


def test_what_has_no_knowledge_time_is_known_as_it_happens() -> None:
    """
    plain      10    20
    late       10                known 25
    """
    late = member("late", table([{"at": 10, "known": 25, "k": 1, "x": 4}]), knowledge_time="known")
    plain = member("plain", table([{"at": 10, "k": 1, "x": 1}, {"at": 20, "k": 1, "x": 2}]))
    features = view([late, plain], [Sum("x"), Sum("x").over(Window("9us", offset="2us"))])
    expect(
        ask(features, 10, 11, 12, 13, 21, 25, 26),
        v__x_sum=[None, 1, 1, 1, 3, 3, 7],
        v__x_sum_9us_offset_2us=[None, None, None, 1, 1, 2, 2],
    )
    expect(ask(features, 11, 21, hindsight=True), v__x_sum=[5, 7])
    expect(ask(features, 99, as_of=24), v__x_sum=[3])
    expect(ask(features, 99, as_of=25), v__x_sum=[7])
    expect(ask(features, 99, as_of=19), v__x_sum=[1])
    expect(ask(features, 99, as_of=10), v__x_sum=[1])


def test_ties_go_by_knowledge_time_which_may_be_the_event_time() -> None:
    late = member("late", table([{"at": 10, "known": 25, "k": 1, "x": 1}]), knowledge_time="known")
    early = member("early", table([{"at": 10, "known": 5, "k": 1, "x": 7}]), knowledge_time="known")
    plain = member("plain", table([{"at": 10, "k": 1, "x": 4}, {"at": 10, "k": 1, "x": 5}]))
    features = view([late, plain, early], [LastK("x", 9), First("x"), Last("x")])
    expect(ask(features, 26), v__x_last9=[[1, 5, 4, 7]], v__x_first=[7], v__x_last=[1])
    expect(ask(features, 11, hindsight=True), v__x_last9=[[1, 5, 4, 7]])
    expect(ask(view([plain, CLICKS], [LastK("x", 9)]), 26), v__x_last9=[[5, 4, 1]])


def test_versions_and_plain_rows_together() -> None:
    rows: list[dict[str, Any]] = [
        {"id": 1, "at": 10, "known": 10, "k": 1, "x": 1, "gone": False},
        {"id": 1, "at": 10, "known": 20, "k": 1, "x": 2, "gone": False},
        {"id": 1, "at": None, "known": 30, "k": None, "x": None, "gone": True},
    ]
    versions = member("versions", table(rows), id="id", knowledge_time="known", deleted="gone")
    repeats = member("repeats", table([{"at": 15, "k": 1, "x": 16, "id": 1} for _ in range(2)]), id="id")
    late = member("late", table([{"at": 10, "k": 1, "x": 32}]), delay="15us")
    features = view([versions, repeats, late, SAVES], [Sum("x"), Max("x").over("20us")])
    expect(
        ask(features, 11, 16, 21, 26, 31, 41),
        v__x_sum=[1, 17, 20, 52, 50, 50],
        v__x_max_20us=[1, 16, 16, 32, 16, None],
    )


def test_a_snapshot_may_be_a_member() -> None:
    copies = table([{"asof": 1, "k": 1, "x": 1}, {"asof": 9, "k": 1, "x": 2}, {"asof": 30, "k": 2, "x": 2}])
    dimension = EventSource("dimension", table=Snapshot(Frame(copies), date="asof", id="k", delay="1us"))
    features = view([dimension, CLICKS], [LastK("x", 4), Count()])
    expect(
        ask(features, 3, 11, 31, 32),
        v__x_last4=[[1], [1, 2], [4, 1, 2], [4, 1]],
        v__count=[1, 2, 3, 2],
    )


@pytest.mark.parametrize("hindsight", [False, True])
def test_the_order_of_members_does_not_matter(hindsight: bool) -> None:
    late = member("late", table([{"at": 10, "known": 25, "k": 1, "x": 1}]), knowledge_time="known")
    members = [CLICKS, SAVES, late]
    answers = [
        agree(ask(view(each, [LastK("x", 9), Sum("x")]), 15, 26, 40, hindsight=hindsight)).rows
        for each in permutations(members)
    ]
    assert all(answer == answers[0] for answer in answers)


def test_members_may_have_other_columns() -> None:
    more = member("more", table([{"at": 12, "k": 1, "x": 2, "note": "n", "y": 1.5}]))
    expect(ask(view([CLICKS, more], [Sum("x")]), 99), v__x_sum=[7])


def test_narrower_types_are_widened_in_each_member() -> None:
    small = pa.table(
        {
            "at": pa.array([12], pa.timestamp("ms")),
            "k": pa.array([1], pa.int8()),
            "x": pa.array([2], pa.int16()),
        }
    )
    expect(ask(view([CLICKS, member("small", small)], [Sum("x")]), 99, 12_001), v__x_sum=[5, 7])


def test_views_share_what_they_can() -> None:
    union = Union("both", [CLICKS, SAVES])
    thing = Entity("thing", keys="k")
    one = FeatureView("one", entity=thing, source=union, features=[Sum("x")])
    other = FeatureView("other", entity=thing, source=union, features=[Max("x").over("15us")])
    alone = FeatureView("alone", entity=thing, source=SAVES, features=[Max("x")])
    expect(ask([one, other, alone], 21, 31), one__x_sum=[3, 7], other__x_max_15us=[2, 4], alone__x_max=[2, 2])


def test_members_without_rows() -> None:
    empty = pa.table(
        {"at": pa.array([], STAMP), "k": pa.array([], pa.int64()), "x": pa.array([], pa.int64())}
    )
    expect(ask(view([member("empty", empty), SAVES], [Sum("x")]), 21), v__x_sum=[2])
    expect(ask(view([member("empty", empty), member("void", empty)], [Sum("x")]), 21), v__x_sum=[None])


@pytest.mark.parametrize("engine", TRAINING_SETS)
def test_a_members_conflict_is_its_own(engine: str) -> None:
    rows = table([{"id": 7, "at": 10, "k": 1, "x": 1}, {"id": 7, "at": 10, "k": 1, "x": 2}])
    case: Case = ask(view([SAVES, member("twice", rows, id="id")], [Sum("x")]), 11)
    with pytest.raises(DataError) as raised:
        ENGINES[engine](case)
    assert raised.value.where == "source 'twice'"
