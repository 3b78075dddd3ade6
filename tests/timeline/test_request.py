"""Asking for a timeline: whom, from when to when, at which moments, and what is refused."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import zipline as zl
from tests.refusals import refusal
from zipline.timeline.entity import key_values

STAMP = pa.timestamp("us", tz="UTC")
HOUR = 3_600_000_000
EVENTS = pa.table(
    {
        "user": ["a", "a", "b"],
        "shop": [1, 2, 1],
        "ts": pa.array([0, 10 * HOUR, 5 * HOUR], STAMP),
        "x": [1.0, 2.0, 50.0],
    }
)


def view(*features: Any, keys: tuple[str, ...] = ("user",), **source: Any) -> zl.FeatureView:
    events = zl.EventSource("events", table=zl.Frame(EVENTS), event_time="ts", **source)
    return zl.FeatureView("v", entity=zl.Entity("who", keys=keys), source=events, features=features)


def at(hours: float, micros: int = 0) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(hours=hours, microseconds=micros)


def rows(
    of: zl.FeatureView, entity: Any = "a", start: Any = at(-1), end: Any = at(40), **options: Any
) -> list[tuple[Any, ...]]:
    return of.timeline(entity, start, end, **options).frame.rows()


def test_a_value_holds_from_the_microsecond_after_its_event() -> None:
    """event      event + 1 us
    ------------|----------|=================
    null                    1.0
    """
    assert rows(view(zl.Sum("x").over("1d"))) == [
        (at(-1), None),
        (at(0, 1), 1.0),
        (at(10, 1), 3.0),
        (at(24, 1), 2.0),
        (at(34, 1), None),
        (at(40), None),
    ]


def test_late_events_count_from_when_they_are_known() -> None:
    late = view(zl.Count().over("1d"), delay="6h")
    assert rows(late) == [
        (at(-1), 0),
        (at(6, 1), 1),
        (at(16, 1), 2),
        (at(24, 1), 1),
        (at(34, 1), 0),
        (at(40), 0),
    ]
    assert [row[0] for row in rows(late, hindsight=True)][1:3] == [at(0, 1), at(10, 1)]
    assert rows(late, as_of=at(10)) == [(at(-1), 0), (at(6, 1), 1), (at(24, 1), 0), (at(40), 0)]


def test_only_events_that_a_feature_takes_are_changes() -> None:
    dear = view(zl.Count(where="x > 1").named("dear").over("1d"), zl.Count().over("1d"))
    assert [row[0] for row in rows(dear, features="dear_1d")] == [at(-1), at(10, 1), at(34, 1), at(40)]
    source = zl.EventSource("events", table=zl.Frame(EVENTS.take([2, 1, 0])), event_time="ts")
    backwards = dear.model_copy(update={"source": source})
    assert rows(backwards, features="dear_1d") == rows(dear, features="dear_1d")
    assert len(rows(dear)) == 6


def test_aligned_windows_change_on_their_grid() -> None:
    daily = view(zl.Count().over(zl.Window("1d", align="1d")))
    assert rows(daily, end=at(80)) == [(at(-1), 0), (at(24), 2), (at(48), 0), (at(80), 0)]
    fleeting = view(zl.Count().over(zl.Window("1h", align="1d")))
    assert rows(fleeting, end=at(80)) == [(at(-1), 0), (at(80), 0)]


def test_an_aligned_age_changes_on_its_grid() -> None:
    aged = view(zl.TimeSinceLast().over(zl.Window("30d", align="12h")))
    found = aged.timeline("a", at(-1), at(40))
    assert found.frame.rows() == [
        (at(-1), None),
        (at(0), None),
        (at(12), 7200.0),
        (at(24), 50400.0),
        (at(36), 93600.0),
        (at(40), 93600.0),
    ]
    assert found.continuous == ()


def test_what_fades_is_told_apart() -> None:
    faded = view(
        zl.TimeSinceLast(),
        zl.Count(),
        zl.DecayedSum("x", half_life="1h"),
        zl.Derived("old", "time_since_last > 60"),
    )
    found = faded.timeline("a", at(0), at(1))
    assert found.continuous == ("time_since_last", "x_decayed_sum1h", "old")
    assert found.notes[-1] == (
        "time_since_last, x_decayed_sum1h, old change at every instant: exact at the rows, another value between them; "
        "every='...' samples a grid"
    )
    sampled = faded.timeline("a", at(0), at(1), every="30m", features="time_since_last")
    assert sampled.frame.rows() == [(at(0), None), (at(0.5), 1800.0), (at(1), 3600.0)]
    assert sampled.notes[-1].endswith("another value between them")
    assert "time_since_last changes at every instant" in sampled.notes[-1]


def test_a_grid_begins_at_the_start() -> None:
    found = view(zl.Count()).timeline("a", at(9.5), at(11.4), every=timedelta(hours=1))
    assert found.frame.rows() == [(at(9.5), 1), (at(10.5), 2)]
    assert len(found) == 2


def test_one_moment_is_a_stretch() -> None:
    assert rows(view(zl.Count()), start="1970-01-02", end=date(1970, 1, 2)) == [(at(24), 2)]


@pytest.mark.parametrize("entity", [("a", 2), ["a", 2], {"shop": 2, "user": "a"}])
def test_an_entity_of_several_keys(entity: Any) -> None:
    assert rows(view(zl.Count(), keys=("user", "shop")), entity)[-1] == (at(40), 1)


def test_an_entity_of_one_key() -> None:
    one = view(zl.Count(), keys=("shop",))
    for entity in (1, "1", (1,), {"shop": 1}):
        assert rows(one, entity)[-1] == (at(40), 2)
    assert rows(one, None) == [(at(-1), 0), (at(40), 0)]
    assert rows(one, 99) == [(at(-1), 0), (at(40), 0)]


def test_key_columns_may_be_called_anything() -> None:
    timely = EVENTS.rename_columns(["time", "shop", "ts", "x"])
    source = zl.EventSource("events", table=zl.Frame(timely), event_time="ts")
    of = zl.FeatureView("v", entity=zl.Entity("time"), source=source, features=[zl.Count()])
    assert rows(of)[-1] == (at(40), 2)


def test_entities_that_do_not_fit_are_refused() -> None:
    route = zl.Entity("route", keys=["origin", "dest"])
    assert refusal(lambda: key_values(route, "JFK")) == (
        "entity 'route': 'JFK' is 1 value for the keys origin, dest\n"
        "Hint: give (origin, dest) or {'origin': ..., 'dest': ...}"
    )
    assert "2 values for the keys user" in refusal(lambda: key_values(zl.Entity("user"), ("a", "b")))
    assert "Hint: give one value or {'user': ...}" in refusal(
        lambda: key_values(zl.Entity("user"), ("a", "b"))
    )
    assert refusal(lambda: key_values(route, {"origin": "JFK"})) == (
        "entity 'route': {'origin': 'JFK'} lacks 'dest'\nHint: give all keys: origin, dest"
    )
    assert "has no key 'orgin'\nHint: did you mean 'origin'?" in refusal(
        lambda: key_values(route, {"orgin": 1})
    )
    assert refusal(lambda: rows(view(zl.Count()), object)).startswith(
        "<class 'object'> cannot be the key 'user'"
    )
    assert "which cannot" not in refusal(lambda: rows(view(zl.Count()), 1.5), zl.RequestError)


def test_stretches_and_features_that_do_not_fit_are_refused() -> None:
    one = view(zl.Count(), zl.Count().named("time"))
    assert refusal(lambda: rows(one, start=at(2), end=at(1), features="count")) == (
        "the end 1970-01-01T01:00:00Z lies before the start 1970-01-01T02:00:00Z\nHint: give the earlier time first"
    )
    assert "view 'v': has no feature 'cuont'\nHint: did you mean 'count'?" in refusal(
        lambda: rows(one, features=["cuont"])
    )
    assert (
        refusal(lambda: rows(one, features=[]))
        == "features= names none\nHint: leave it out for all of the view's"
    )
    assert refusal(lambda: rows(one)) == (
        "view 'v': a feature is called 'time', as the column of the moments is\n"
        "Hint: leave it out with features=..., or give it another name"
    )
    assert "every '1 hour' is not a duration" in refusal(lambda: rows(one, features="count", every="1 hour"))


def test_too_many_rows_are_refused_with_a_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    assert refusal(lambda: rows(view(zl.Count()), every="1s")) == (
        "every='1s' makes 147,601 rows, more than 20,000\nHint: ask for a grid: every='5m'"
    )
    monkeypatch.setattr("zipline.timeline.request.MOST", 3)
    assert refusal(lambda: rows(view(zl.Sum("x").over("1d")))) == (
        "the features can change at more than 3 moments between 1969-12-31T23:00:00Z and 1970-01-02T16:00:00Z\n"
        "Hint: ask for a grid: every='5m', a shorter stretch, or features=[...]"
    )
    aged = view(zl.TimeSinceLast().over(zl.Window("30d", align="1us")))
    assert "every='30d'" in refusal(lambda: rows(aged, end=at(24 * 20_000)))


def test_frames_of_every_kind() -> None:
    found = view(zl.Sum("x"), zl.LastK("x", 2)).timeline("a", at(-1), at(40))
    assert found.features == ("x_sum", "x_last2")
    assert found.to_arrow().schema.types == [STAMP, pa.float64(), pa.list_(pa.float64())]
    assert found.to_polars().equals(found.frame)
    assert found.to_pandas()["x_sum"].tolist()[1:] == [1.0, 3.0, 3.0]
    assert repr(found).startswith("Timeline v\n  entity  user='a'\n  from    1969-12-31 23:00 UTC\n")
    assert "shape: (4, 3)" in repr(found)
    assert "4, at every change" in found._repr_html_()


def test_long_timelines_show_their_ends() -> None:
    html = view(zl.Count()).timeline("a", at(0), at(40), every="1h")._repr_html_()
    assert "41, every 1h" in html
    assert html.count("<tr>") == 1 + 5 + 1 + 5


def test_the_events_of_the_stretch() -> None:
    found = view(zl.Sum("x")).timeline("a", at(-1), at(5))
    assert found.events.rows() == [(at(0), 1.0)]
    assert found.events_left_out == 0
    late = view(zl.Sum("x"), zl.Last("ts"), delay="6h").timeline("a", at(-1), at(40))
    assert late.events.columns == ["event_time", "known_from", "x", "ts"]
    assert late.events["known_from"].to_list() == [at(6), at(16)]
    none = view(zl.Derived("one", "1 + 1")).timeline("a", at(-1), at(40))
    assert (none.frame.rows(), none.events.height) == ([(at(-1), 2), (at(40), 2)], 0)


def test_corrections_tell_when_they_were_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    table = pa.table(
        {
            "user": ["a"] * 3, "id": [1, 1, 2], "event_time": pa.array([0, 0, HOUR], STAMP),
            "known": pa.array([0, 4 * HOUR, HOUR], STAMP), "x": [1.0, 9.0, 5.0],
        }
    )  # fmt: skip
    source = zl.EventSource(
        "e", table=zl.Frame(table), event_time="event_time", knowledge_time="known", id="id"
    )
    of = zl.FeatureView(
        "v", entity=zl.Entity("user"), source=source, features=[zl.Sum("x"), zl.Max("event_time")]
    )
    found = of.timeline("a", at(-1), at(40), features=["x_sum"])
    assert found.frame.rows()[1:4] == [(at(0, 1), 1.0), (at(1, 1), 6.0), (at(4, 1), 14.0)]
    assert found.events.rows() == [
        (at(0), at(0), at(4), 1.0),
        (at(0), at(4), None, 9.0),
        (at(1), at(1), None, 5.0),
    ]
    assert "event_time_" in of.timeline("a", at(-1), at(40)).events.columns
    monkeypatch.setattr("zipline.timeline.events.MOST_EVENTS", 1)
    newest = of.timeline("a", at(-1), at(40), features=["x_sum"])
    assert newest.events.rows() == [(at(1), at(1), None, 5.0)]
    assert newest.events_left_out == 2


def test_members_of_a_union_change_it() -> None:
    other = EVENTS.set_column(2, "ts", pa.array([HOUR, 2 * HOUR, 3 * HOUR], STAMP))
    members = [
        zl.EventSource("one", table=zl.Frame(EVENTS), event_time="ts"),
        zl.EventSource("two", table=zl.Frame(other), event_time="ts", delay="1h"),
    ]
    both = zl.FeatureView(
        "v", entity=zl.Entity("user"), source=zl.Union("both", members), features=[zl.Count()]
    )
    assert rows(both) == [
        (at(-1), 0),
        (at(0, 1), 1),
        (at(2, 1), 2),
        (at(3, 1), 3),
        (at(10, 1), 4),
        (at(40), 4),
    ]
    assert both.timeline("a", at(-1), at(40)).events.height == 4


def test_a_store_finds_views_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pq.write_table(EVENTS, tmp_path / "e.parquet")
    (tmp_path / "zipline.toml").touch()
    (tmp_path / "timed_features.py").write_text(
        "import zipline as zl\n"
        "e = zl.EventSource('e', table=zl.Parquet('e.parquet'), event_time='ts')\n"
        "v = zl.FeatureView('v', entity=zl.Entity('user'), source=e, features=[zl.Count(), zl.Sum('x')])\n"
        "s = zl.FeatureService('s', [v])\n"
    )
    store = zl.FeatureStore(tmp_path)
    expected = store.timeline("v", "a", at(-1), at(40)).frame
    assert expected.columns == ["time", "count", "x_sum"]
    assert store.views["v"].timeline("a", at(-1), at(40), store=store).frame.equals(expected)
    assert store.timeline("v:x_sum", "a", at(-1), at(40)).frame.equals(expected.drop("count"))
    bound = store.views["v"].bind("payer", keys={"user": "paid_by"})
    assert store.timeline(bound, {"user": "a"}, at(-1), at(40)).frame.equals(expected)
    monkeypatch.chdir(tmp_path)
    assert store.views["v"].timeline("a", at(-1), at(40)).frame.equals(expected)
    assert refusal(lambda: store.timeline("s", "a", at(-1), at(40))) == (
        "'s' is a service\nHint: a timeline is of one of its views: name it"
    )
    store.apply()
    pinned = store.timeline("v@1", "a", at(-1), at(40))
    assert pinned.frame.equals(expected)
    assert isinstance(pinned.frame, pl.DataFrame)
