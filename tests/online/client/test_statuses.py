"""How each value came about: found or not, null, behind its freshness, or an error of one feature alone."""

from __future__ import annotations

from datetime import timedelta

import pyarrow as pa
import pytest

import zipline as zl
from tests.online.client.world import START, World, flights
from zipline.errors import OnlineError, RequestError
from zipline.online.statuses import Status
from zipline.time import from_micros

AT = START + timedelta(days=2)
ASKED = {"op_carrier": "UA", "origin": "JFK", "dest": "LAX", "number": 1, "miles": 100.0, "cabin": "Y"}


def test_present_and_null(world: World, client: zl.OnlineClient) -> None:
    read = client.get("delay_model", ASKED, at=AT)
    assert read.status("carriers__count_1d") is Status.PRESENT
    assert read["carriers__delay_last_1d"] is not None
    assert client.get("delay_model", ASKED | {"miles": None}, at=AT).status("per_mile") is Status.NULL
    assert read.errors == {}


@pytest.mark.parametrize("carrier", ["ZZ", None])
def test_an_entity_never_seen_and_a_null_key_have_the_values_of_no_events(
    client: zl.OnlineClient, carrier: str | None
) -> None:
    read = client.get("delay_model", ASKED | {"op_carrier": carrier}, at=AT)
    mine = [name for name in read if name.startswith("carriers__")]
    assert {read.status(name) for name in mine} == {Status.NOT_FOUND}
    assert read["carriers__count_1d"] == 0
    assert read["carriers__delay_last_1d"] == -1.0
    assert read["carriers__dest_last3_1d"] == []
    assert read["carriers__per_dest_by_dest_6h"] == {}
    assert read["carriers__late_rate"] is None
    assert read.status("here__count_3h") is Status.PRESENT


def test_an_entity_whose_events_have_left_every_window_is_not_found(client: zl.OnlineClient) -> None:
    read = client.get("delay_model", ASKED, at=START + timedelta(days=30))
    assert read.status("routes__count_1d") is Status.NOT_FOUND


def test_a_field_that_is_left_out_is_null(client: zl.OnlineClient) -> None:
    assert dict(client.get("delay_model", {}, at=AT)) == dict(
        client.get("delay_model", dict.fromkeys(ASKED), at=AT)
    )
    assert client.get("delay_model", {}, at=AT).status("far") is Status.NULL


def test_a_derived_column_of_two_views_is_not_found_where_neither_is(client: zl.OnlineClient) -> None:
    for origin, dest, status in [
        ("JFK", "LAX", Status.PRESENT),
        ("XXX", "LAX", Status.NULL),
        ("XXX", "YYY", Status.NOT_FOUND),
    ]:
        read = client.get("delay_model", ASKED | {"origin": origin, "dest": dest}, at=AT)
        assert read.status("gap") is status


def test_a_stream_that_is_behind_makes_values_stale(own_world: World) -> None:
    own_world.load("small_model")
    applied, client = own_world.clock, own_world.client()
    own_world.clock = applied + 300_000_000
    fresh = client.get("small_model", {"op_carrier": "UA"}, at=AT)
    assert fresh.status("carriers__count_1d") is Status.PRESENT
    own_world.clock = applied + 300_000_001
    for asked, status in [("UA", Status.STALE), ("ZZ", Status.STALE), (None, Status.NOT_FOUND)]:
        late = client.get("small_model", {"op_carrier": asked})
        assert late.status("carriers__count_1d") is status
    assert late.freshness == {"carriers": None}
    late = client.get("small_model", {"op_carrier": "UA"})
    assert late.status("carriers__late_rate") is Status.STALE
    assert late.freshness == {"carriers": timedelta(minutes=5, microseconds=1)}
    assert late.at == from_micros(own_world.clock)
    past = client.get("small_model", {"op_carrier": "UA"}, at=AT)
    assert past.status("carriers__count_1d") is Status.PRESENT, "all that counts at that time was applied"


def test_a_view_that_no_stream_has_reached_is_stale(own_world: World) -> None:
    (record,) = (each for each in own_world.publish("small_model") if each.kind == "view")
    own_world.fill(record, rows=flights(1).slice(0, 0))
    read = own_world.client().get("small_model", {"op_carrier": "UA"})
    assert read.status("carriers__count_1d") is Status.STALE
    assert read.freshness == {"carriers": None}


def test_an_error_is_of_one_feature_and_of_what_is_derived_from_it(client: zl.OnlineClient) -> None:
    read = client.get("full_model", {"carrier": "UA", "extra": 1}, at=AT)
    assert {name: str(status) for name, status in read.statuses.items()} == {
        "cabins__count_1d": "PRESENT",
        "cabins__seats_sum_1d": "ERROR",
        "cabins__twice": "ERROR",
        "share": "ERROR",
        "n": "PRESENT",
    }
    assert read["cabins__seats_sum_1d"] is None
    assert "cabins__seats_sum_1d" in read.errors["cabins__twice"]
    assert set(read.errors) == {"cabins__seats_sum_1d", "cabins__twice", "share"}


def test_an_expression_that_fails_for_one_request_fails_there_only(client: zl.OnlineClient) -> None:
    asked = [{"carrier": "ZZ", "extra": extra} for extra in (1, 2**63 - 1, None)]
    several = [{"carrier": "UA", "extra": 1}, {"carrier": "UA", "extra": 2**63 - 1}]
    assert client.get("full_model", asked[1], at=AT).status("n") is Status.NOT_FOUND, "0 + 2^63-1 is an int64"
    answer = client.answer("full_model", several, at=AT)
    assert answer.statuses("n") == [Status.PRESENT, Status.ERROR]
    assert answer.errors[1, "n"].endswith("+ 9223372036854775807 is beyond int64")
    assert answer.columns["n"].to_pylist()[1] is None
    one = client.get("full_model", several[1], at=AT)
    assert (one.status("n"), one.errors["n"]) == (Status.ERROR, answer.errors[1, "n"])


def test_many_requests_with_an_error_are_an_error_unless_statuses_are_asked_for(
    client: zl.OnlineClient,
) -> None:
    asked = [{"carrier": "ZZ", "extra": 1}, {"carrier": "UA", "extra": 1}]
    with pytest.raises(
        OnlineError,
        match=r"full_model@1: request 1 has no cabins__seats_sum_1d: .*does not fit int64\nHint: ask",
    ):
        client.get_many("full_model", asked, at=AT)
    table = client.get_many("full_model", asked, at=AT, statuses=True)
    assert table.column_names[-5:] == [f"{name}__status" for name in table.column_names[2:7]]
    assert table["cabins__seats_sum_1d"].to_pylist() == [None, None]
    assert table["cabins__seats_sum_1d__status"].to_pylist() == ["NOT_FOUND", "ERROR"]
    assert table["n__status"].to_pylist() == ["NOT_FOUND", "PRESENT"]
    assert table["n__status"].type == pa.string()


def test_positions_say_what_the_values_were_computed_of(world: World, client: zl.OnlineClient) -> None:
    read = client.get("small_model", {"op_carrier": "UA"}, at=AT)
    assert read.positions == {"carriers": {"flights:push:0": len(world.rows)}}
    assert client.get("small_model", {}, at=AT).positions == {"carriers": {}}


def test_a_union_whose_second_stream_has_not_begun_is_stale(world: World) -> None:
    from zipline.online.calls import Applied, Marker

    union = World(
        world.folder.parent / "union",
        world.online,
        """
import zipline as zl

def source(name):
    return zl.EventSource(name, table=zl.Parquet("flights.parquet"), stream=zl.Push(), event_time="scheduled")

both = zl.FeatureView(
    "both", entity=zl.Entity("carrier"), source=zl.Union("flown", [source("one"), source("two")]), online=True,
    freshness="5m", features=[zl.Count().over("1d")],
)
""",
    )
    from zipline.online.service_state import single_view_state

    (record,) = union.publish("both")
    (part,) = single_view_state(record, "both").parts
    one = {"one:push:0": Applied(3, 1000)}
    assert part.watermark(Marker(True, None, 0, one)) is None
    assert part.watermark(Marker(True, None, 0, one | {"two:push:0": Applied(1, 900)})) == 900
    assert part.is_stale(Marker(True, None, 0, one), 1000)


def test_what_it_shows(client: zl.OnlineClient) -> None:
    shown = repr(client.get("small_model", {"op_carrier": "UA"}, at=AT))
    assert shown.splitlines()[0].startswith("Features small_model@1")
    assert "carriers__count_1d" in shown
    assert "PRESENT" in shown
    broken = repr(client.get("full_model", {"carrier": "UA"}, at=AT))
    assert "Sum('seats')" in broken
    assert "<table" in client.get("small_model", {"op_carrier": "UA"}, at=AT)._repr_html_()


def test_an_unknown_feature_has_no_status(client: zl.OnlineClient) -> None:
    read = client.get("small_model", {"op_carrier": "UA"}, at=AT)
    with pytest.raises(
        RequestError,
        match=r"small_model@1 has no feature 'count_1d'\nHint: did you mean 'carriers__count_1d'",
    ):
        read.status("count_1d")
    with pytest.raises(KeyError):
        read["count_1d"]
