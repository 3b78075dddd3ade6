"""Corrections and deletions: which row of an id counts, and when."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pyarrow as pa
import pytest

from tests.conformance.check import expect
from tests.conformance.engines import ENGINES, TRAINING_SETS, Case
from tests.conformance.requests import ask, table, view
from zipline.aggregations import Count, First, Last, LastK, Max, Sum
from zipline.errors import DataError

VERSIONED = {"id": "id", "knowledge_time": "known"}
DELETED = {**VERSIONED, "deleted": "gone"}


def row(
    id: Any, at: int | None, known: int | None, x: int | None, *, k: int | None = 1, **more: Any
) -> dict[str, Any]:
    return {"id": id, "at": at, "known": known, "x": x, "k": k, **more}


def test_a_correction_counts_once_it_is_known() -> None:
    rows = table([row("a", 10, 10, 1), row("a", 10, 20, 2), row("a", 10, 30, 4)])
    features = view(rows, [Sum("x"), Count()], **VERSIONED)
    expect(ask(features, 10, 11, 20, 21, 30, 31), v__x_sum=[None, 1, 1, 2, 2, 4], v__count=[0, 1, 1, 1, 1, 1])
    expect(ask(features, 11, hindsight=True), v__x_sum=[4])
    expect(ask(features, 31, as_of=29), v__x_sum=[2])
    expect(ask(features, 11, as_of=29, hindsight=True), v__x_sum=[2])


def test_a_correction_may_move_an_event_to_another_entity() -> None:
    rows = table([row("a", 10, 10, 1, k=1), row("a", 10, 20, 1, k=2)])
    features = view(rows, [Count()], **VERSIONED)
    expect(ask(features, 15, 21, key=1), v__count=[1, 0])
    expect(ask(features, 15, 21, key=2), v__count=[0, 1])


def test_a_correction_may_move_an_event_in_time() -> None:
    rows = table([row("a", 10, 10, 1), row("a", 50, 20, 1)])
    features = view(rows, [Count(), Count().over("15us")], **VERSIONED)
    expect(ask(features, 15, 21, 50, 51, 66), v__count=[1, 0, 0, 1, 1], v__count_15us=[1, 0, 0, 1, 0])


def test_of_one_knowledge_time_the_greater_sequence_wins() -> None:
    rows = table([row("a", 10, 10, 9, lsn=1), row("a", 10, 10, 1, lsn=2), row("a", 10, 10, 99, lsn=None)])
    expect(ask(view(rows, [Sum("x")], **VERSIONED, sequence="lsn"), 11), v__x_sum=[1])


def test_then_a_deletion_wins() -> None:
    """Whatever the rest of the row says: its other columns would put the deletion first."""
    rows = table([row("a", 10, 10, 9, gone=False, lsn=1, a=2), row("a", 10, 10, 1, gone=True, lsn=1, a=1)])
    expect(ask(view(rows, [Count()], **DELETED, sequence="lsn"), 11), v__count=[0])
    expect(ask(view(rows, [Count()], **DELETED), 11), v__count=[0])
    later = table([row("a", 10, 10, 9, gone=False, lsn=2), row("a", 10, 10, 1, gone=True, lsn=1)])
    expect(ask(view(later, [Count()], **DELETED, sequence="lsn"), 11), v__count=[1])


def test_then_the_greater_row_by_time_keys_and_columns_in_order_of_name() -> None:
    by_time = table([row("a", 9, 10, 9, k=1), row("a", 10, 10, 1, k=1)])
    expect(ask(view(by_time, [Sum("x")], **VERSIONED), 11), v__x_sum=[1])
    by_key = table([row("a", 10, 10, 9, k=1), row("a", 10, 10, 1, k=2)])
    expect(ask(view(by_key, [Sum("x")], **VERSIONED), 11), v__x_sum=[None])
    by_columns = table([row("a", 10, 10, 9, a=None, z=5), row("a", 10, 10, 1, a=0, z=4)])
    expect(ask(view(by_columns, [Sum("x")], **VERSIONED), 11), v__x_sum=[1])


def test_ties_read_columns_that_no_feature_reads() -> None:
    tags = pa.list_(pa.int64())
    rows = table(
        [row("a", 10, 10, 9, a=[1, None]), row("a", 10, 10, 1, a=[1, 0]), row("a", 10, 10, 5, a=[1])], a=tags
    )
    expect(ask(view(rows, [Sum("x")], **VERSIONED), 11), v__x_sum=[1])
    pair = pa.struct([("p", pa.float64()), ("q", pa.string())])
    nested = [{"p": 1.0, "q": "z"}, {"p": float("nan"), "q": None}, {"p": None, "q": "zz"}]
    rows = table([row("a", 10, 10, x, a=each) for x, each in zip((9, 1, 5), nested, strict=True)], a=pair)
    expect(ask(view(rows, [Sum("x")], **VERSIONED), 11), v__x_sum=[1])


def test_a_version_delivered_twice_counts_once() -> None:
    rows = table([row("a", 10, 10, 1), row("a", 10, 10, 1), row("b", 10, 10, 1), row("b", 10, 10, 1)])
    expect(ask(view(rows, [Count(), LastK("x", 5)], **VERSIONED), 11), v__count=[2], v__x_last5=[[1, 1]])


def test_versions_of_one_time_may_leave_one_by_one() -> None:
    """What is known together is in order of value, and leaves in the order in which it is corrected.

    x at 10      1       2    3        all known at 10
    corrected    never   30   20
    """
    for names in permutations("abc"):  # an engine may meet them in the order of their ids
        named = dict(zip([1, 2, 3], names, strict=True))
        rows = [row(name, 10, 10, x) for x, name in named.items()]
        rows += [row(named[3], 11, 20, 0), row(named[2], 12, 30, 0)]
        features = view(
            table(rows), [LastK("x", 9), Last("x").over("15us"), First("x"), Max("x")], **VERSIONED
        )
        expect(
            ask(features, 11, 20, 21, 25, 31),
            v__x_last9=[[3, 2, 1], [3, 2, 1], [0, 2, 1], [0, 2, 1], [0, 0, 1]],
            v__x_last_15us=[3, 3, 0, 0, None],
            v__x_first=[1, 1, 1, 1, 1],
            v__x_max=[3, 3, 2, 2, 1],
        )


def test_without_an_id_a_duplicate_counts_twice() -> None:
    rows = table([row("a", 10, 10, 1), row("a", 10, 10, 1)])
    expect(ask(view(rows, [Count()], knowledge_time="known"), 11), v__count=[2])


def test_a_tombstone_may_have_only_its_id() -> None:
    rows = table([row("a", 10, 10, 1, gone=None), row("a", None, 20, None, k=None, gone=True)])
    features = view(rows, [Count()], **DELETED)
    expect(ask(features, 11, 20, 21, 99), v__count=[1, 1, 0, 0])
    expect(ask(features, 11, hindsight=True), v__count=[0])
    expect(ask(features, 99, as_of=19), v__count=[1])


def test_a_later_version_brings_a_withdrawn_event_back() -> None:
    rows = table(
        [
            row("a", 10, 10, 1, gone=False),
            row("a", None, 20, None, k=None, gone=True),
            row("a", 10, 30, 3, gone=None),
        ]
    )
    expect(ask(view(rows, [Sum("x")], **DELETED), 11, 21, 31), v__x_sum=[1, None, 3])


def test_a_version_without_a_key_or_a_time_withdraws_the_event() -> None:
    rows = table(
        [row("a", 10, 10, 1), row("a", 10, 20, 1, k=None), row("b", 10, 10, 1), row("b", None, 20, 1)]
    )
    expect(ask(view(rows, [Count()], **VERSIONED), 11, 21), v__count=[2, 0])


def test_a_correction_that_fails_where_withdraws_the_event() -> None:
    rows = table([row("a", 10, 10, 5), row("a", 10, 20, -5), row("b", 10, 10, -5), row("b", 10, 20, 5)])
    expect(ask(view(rows, [Sum("x")], **VERSIONED, where="x > 0"), 11, 21), v__x_sum=[5, 5])
    rows = table([row("a", 10, 10, 5), row("a", 10, 20, None)])
    expect(ask(view(rows, [Count()], **VERSIONED, where="x > 0"), 11, 21), v__count=[1, 0])


def test_select_sees_the_version_that_wins() -> None:
    rows = table([row("a", 10, 10, 5), row("a", 10, 20, 7)])
    features = view(rows, [Sum("twice")], **VERSIONED, select={"twice": "x * 2", "x": "x - 1"}, where="x > 4")
    expect(ask(features, 11, 21), v__twice_sum=[10, 14])


def test_a_filter_on_the_id_is_the_same_before_and_after() -> None:
    rows = table([row("a", 10, 10, 5), row("b", 10, 10, 7), row("a", 10, 20, 6)])
    expect(ask(view(rows, [Sum("x")], **VERSIONED, where="id <> 'b'"), 11, 21), v__x_sum=[5, 6])


def test_a_null_part_of_the_id_belongs_to_nobody() -> None:
    rows = table(
        [
            {**row("a", 10, 10, 1), "id2": 1},
            {**row("a", 10, 10, 2), "id2": None},
            {**row(None, 10, 10, 4), "id2": 1},
        ]
    )
    features = view(rows, [Sum("x")], id=["id", "id2"], knowledge_time="known")
    expect(ask(features, 11), v__x_sum=[1])


def test_a_composite_id_tells_its_parts_apart() -> None:
    rows = table(
        [
            {**row("a", 10, 10, 1), "id2": 1},
            {**row("a", 10, 11, 2), "id2": 2},
            {**row("a", 10, 12, 4), "id2": 1},
        ]
    )
    expect(ask(view(rows, [Sum("x")], id=["id", "id2"], knowledge_time="known"), 12, 13), v__x_sum=[3, 6])


def test_a_version_without_a_knowledge_time_is_never_known() -> None:
    rows = table([row("a", 10, 10, 1), row("a", 10, None, 2), row("b", 10, None, 4)])
    expect(ask(view(rows, [Sum("x")], **VERSIONED), 11, 99), v__x_sum=[1, 1])


def test_versions_of_a_delayed_source_are_known_by_their_event_time() -> None:
    rows = table([row("a", 10, None, 1), row("a", 20, None, 2)])
    features = view(rows, [Sum("x")], id="id", delay="5us")
    expect(ask(features, 15, 16, 25, 26), v__x_sum=[None, 1, 1, 2])


def test_a_delayed_version_without_an_event_time_is_never_known() -> None:
    rows = table([row("a", 10, None, 1), row("a", None, None, 2), row("b", None, None, 4)])
    expect(ask(view(rows, [Sum("x")], id="id", delay="5us"), 16, 99), v__x_sum=[1, 1])


def test_without_a_knowledge_time_exact_repeats_count_once() -> None:
    rows = table([row("a", 10, None, 1), row("a", 10, None, 1), row("b", 10, None, 2)])
    expect(ask(view(rows, [Sum("x")], id="id"), 11), v__x_sum=[3])


def test_without_a_knowledge_time_a_deletion_is_not_seen() -> None:
    rows = table(
        [
            row("a", 10, None, 1, gone=True),
            row("b", 10, None, 2, gone=False),
            row("c", 10, None, 4, gone=None),
        ]
    )
    expect(ask(view(rows, [Sum("x")], id="id", deleted="gone"), 11), v__x_sum=[6])


@pytest.mark.parametrize("engine", TRAINING_SETS)
def test_without_a_knowledge_time_two_rows_of_one_id_are_an_error(engine: str) -> None:
    rows = table([row("a", 10, None, 1), row("a", 10, None, 2)])
    case: Case = ask(view(rows, [Sum("x")], id="id"), 11)
    with pytest.raises(DataError, match="a"):
        ENGINES[engine](case)


def test_a_correction_after_the_bound_begins_a_new_event() -> None:
    """
    corrections = 10us    known  10 ... 20 | 31 ... 41
    """
    rows = table([row("a", 10, 10, 1), row("a", 10, 20, 2), row("a", 10, 31, 4), row("a", 10, 41, 8)])
    features = view(rows, [Sum("x"), Count()], **VERSIONED, corrections="10us")
    expect(ask(features, 11, 21, 32, 42), v__x_sum=[1, 2, 6, 10], v__count=[1, 1, 2, 2])


def test_a_deletion_after_the_bound_does_nothing() -> None:
    rows = table(
        [
            row("a", 10, 10, 1, gone=False),
            row("a", None, 21, None, gone=True),
            row("a", 10, 22, 4, gone=False),
        ]
    )
    features = view(rows, [Sum("x")], **DELETED, corrections="10us")
    expect(ask(features, 11, 22, 23), v__x_sum=[1, 1, 5])


def test_versions_are_resolved_across_entities_and_files_order() -> None:
    rows = [
        row(f"e{n}", n, n + shift, n * 10 + shift, k=(n + shift) % 3)
        for n in range(20)
        for shift in (7, 0, 3)
    ]
    features = view(table(rows[::-1]), [Sum("x"), Count().over("9us")], **VERSIONED)
    for key in range(3):
        expect(ask(features, *range(0, 30, 2), key=key))
