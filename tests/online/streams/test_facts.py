"""Facts of rows: what the batch path would compute, whose rows they are, and which cannot be computed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa

import zipline as zl
from tests.online.streams.definitions import delays, flights, state_of
from zipline.dsl.feature_view import FeatureView
from zipline.online.streams.facts import FactMaker, Made

ARROW = {
    "carrier": pa.string(), "number": pa.int64(), "scheduled": pa.timestamp("us", tz="UTC"),
    "landed": pa.timestamp("us", tz="UTC"), "delay": pa.float64(), "distance": pa.int64(), "cancelled": pa.bool_(),
    "note": pa.string(),
}  # fmt: skip


def at(micros: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)


def row(**values: Any) -> dict[str, Any]:
    common = {
        "carrier": "UA",
        "number": 1,
        "scheduled": at(10),
        "landed": at(20),
        "delay": 1.0,
        "distance": 2,
    }
    return common | values


def table(rows: list[dict[str, Any]]) -> pa.Table:
    return pa.table({name: pa.array([each.get(name) for each in rows], kind) for name, kind in ARROW.items()})


def made(view: FeatureView, *rows: dict[str, Any], number: int = 0) -> Made:
    maker = FactMaker(state_of(view), number)
    n = len(rows)
    return maker.facts(table(list(rows)), np.arange(n) + 1000, np.arange(n) + 50)


def test_select_where_and_masks() -> None:
    source = flights(select={"late": "delay > 15", "per": "delay / distance"}, where="cancelled IS NULL")
    view = delays(source, zl.Mean("per").over("1d"), zl.Count(where="late").named("late").over("1d"))
    found = made(view, row(), row(delay=30.0), row(cancelled=True), row(delay=None, number=4)).facts
    assert found.entities == [b"UA"] * 3
    assert found.positions is not None
    assert found.positions.tolist() == [50, 51, 53]
    assert found.columns["per"].to_pylist() == [0.5, 15.0, None]
    assert found.masks["late"].tolist() == [False, True, False]
    assert (found.times.tolist(), found.known.tolist()) == ([10] * 3, [20] * 3)
    assert (found.ids, found.ranks, found.kept) == (None, None, None)


def test_knowledge_is_declared_delayed_or_the_arrival() -> None:
    assert made(delays(flights()), row()).facts.known.tolist() == [20]
    assert made(delays(flights(knowledge_time=None, delay="5us")), row()).facts.known.tolist() == [15]
    assert made(delays(flights(knowledge_time=None)), row(), row()).facts.known.tolist() == [1000, 1001]


def test_rows_of_nobody_are_counted() -> None:
    found = made(
        delays(flights()), row(carrier=None), row(scheduled=None), row(landed=None, carrier=None), row()
    )
    assert len(found.facts) == 1
    assert found.nobody == {"landed": 1, "scheduled": 1, "carrier": 1}
    assert found.left == []


def test_a_row_that_cannot_be_computed_is_named_and_the_others_go_on() -> None:
    source = flights(
        select={"square": "number * number", "text": "CAST(note AS bigint)"},
        where="CAST(note AS bigint) <> 3",
    )
    view = delays(
        source, zl.Sum("square").over("1d"), zl.Sum("text").over("1d"),
        zl.Count(where="square * square > 7").named("big").over("1d"),
    )  # fmt: skip
    rows = [
        row(note="1"),
        row(note="x"),
        row(number=2**40, note="2"),
        row(number=2**20, note="5"),
        row(note="3"),
    ]
    found = made(view, *rows)
    assert found.facts.columns["square"].to_pylist() == [1]
    assert found.left == [
        (1, "where='CAST(note AS bigint) <> 3' cannot be computed"),
        (2, "select 'square': 'number * number' cannot be computed"),
        (3, "where='square * square > 7' of a feature cannot be computed"),
    ]


def test_a_time_that_is_none_is_poison() -> None:
    source = flights(event_time=zl.Timestamp("number", unit="s"), knowledge_time=None)
    found = made(delays(source), row(number=7), row(number=2**60))
    assert found.facts.times.tolist() == [7_000_000]
    assert found.left == [(1, "column 'number' is not a time")]


def test_times_may_be_texts() -> None:
    source = flights(event_time="note", knowledge_time=None)
    texts = ["2013-01-05T10:00:00Z", "2013-01-05 10:00+01", "yesterday", None, "2013-01-05T10:00:00.5+00:00"]
    found = made(delays(source), *(row(note=text) for text in texts))
    noon = 1357380000000000
    assert found.facts.times.tolist() == [noon, noon - 3_600_000_000, noon + 500_000]
    assert found.left == [(2, "column 'note': 'yesterday' is not a time")]
    assert found.nobody == {"note": 1}


def test_local_texts_are_read_in_their_zone() -> None:
    source = flights(event_time=zl.Timestamp("note", zone="America/New_York"), knowledge_time=None)
    found = made(delays(source), row(note="2013-01-05T10:00:00"), row(note="2013-01-05T10:00:00Z"))
    assert found.facts.times.tolist() == [1357398000000000, 1357380000000000]


def versions(*rows: dict[str, Any], **options: Any) -> Made:
    return made(delays(flights(id="number", corrections="1d", **options)), *rows)


def test_versions_are_all_told() -> None:
    found = versions(
        row(), row(cancelled=True), row(distance=0), deleted="cancelled", where="distance > 0"
    ).facts
    assert found.kept is not None
    assert found.kept.tolist() == [True, False, False]
    assert found.ids is not None
    assert len(set(found.ids)) == 1
    assert found.columns["delay"].to_pylist() == [1.0, None, None]


def test_a_filter_on_the_id_alone_drops_versions() -> None:
    assert len(versions(row(), row(number=5), where="number < 5").facts) == 1


def test_ranks_order_versions() -> None:
    """Sequence, deletion, event time, key, and then the columns by name."""
    ascending = [
        row(distance=1, delay=9.0), row(distance=2, delay=-1.0), row(distance=2, delay=2.0),
        row(distance=2, delay=2.0, note="a"), row(distance=2, carrier="VX", delay=0.0),
        row(distance=2, scheduled=at(11), delay=0.0), row(distance=2, cancelled=True, scheduled=at(9)),
    ]  # fmt: skip
    found = versions(*ascending, sequence="distance", deleted="cancelled").facts
    assert found.ranks is not None
    assert found.ranks == sorted(set(found.ranks))


def test_a_tombstone_with_its_id_alone_has_no_place() -> None:
    gone = {"number": 1, "landed": at(30), "cancelled": True}
    found = versions(row(), gone, deleted="cancelled")
    assert found.facts.entities == [b"UA", None]
    assert found.facts.times.tolist() == [10, 30]
    assert found.nobody == {}
    kept = versions(row(), gone, deleted="cancelled", moves=False)
    assert (kept.facts.entities, kept.nobody) == ([b"UA"], {"scheduled": 1})


def test_a_version_needs_its_id_and_its_knowledge() -> None:
    found = versions(row(number=None), row(landed=None), row())
    assert found.nobody == {"number": 1, "landed": 1}


def test_a_delayed_version_without_an_event_time_is_never_known() -> None:
    found = versions(row(scheduled=None), row(), knowledge_time=None, delay="5us")
    assert (found.facts.known.tolist(), found.nobody) == ([15], {"scheduled": 1})


def test_ids_of_the_members_of_a_union_differ() -> None:
    first, second = (flights(id="number", corrections="1d").model_copy(update={"name": n}) for n in "ab")
    view = delays(zl.Union("both", [first, second]))
    one, other = (made(view, row(), number=number).facts for number in (0, 1))
    assert (one.source, other.source) == (0, 1)
    assert one.ids is not None
    assert other.ids is not None
    assert one.ids[0][1:] == other.ids[0][1:]
    assert one.ids != other.ids


def test_batches_without_rows() -> None:
    assert len(made(delays(flights())).facts) == 0
    assert len(versions().facts) == 0
