"""What is read online is what a training set has at that moment, bit for bit."""

from __future__ import annotations

import random
from typing import Any

import pyarrow as pa

import zipline as zl
from tests.online.client.world import AIRPORTS, CARRIERS, START, World, moments


def requests(count: int, seed: int = 5) -> list[dict[str, Any]]:
    """Return requests, some with null or unknown keys."""
    random.seed(seed)
    return [
        {
            "op_carrier": random.choice([*CARRIERS, "ZZ", None]),
            "origin": random.choice([*AIRPORTS, "XXX"]),
            "dest": random.choice([*AIRPORTS, None]),
            "number": random.choice([1, 2, 3, 99, None]),
            "miles": random.choice([0.0, 500.5, 2000.0, None]),
            "cabin": random.choice(["Y", "F", None]),
        }
        for _ in range(count)
    ]


def bits(column: pa.ChunkedArray) -> list[str]:
    """Return values so that equal texts are equal bits."""
    return [repr(value) for value in column.to_pylist()]


def test_many_requests_at_many_moments(world: World, client: zl.OnlineClient) -> None:
    asked = requests(40)
    for at in moments(12):
        trained = world.trained(asked, "delay_model", at)
        read = client.get_many("delay_model", asked, at=at)
        assert read.schema.names[6:] == trained.schema.names[7:]
        for name in trained.schema.names[7:]:
            assert read.schema.field(name).type == trained.schema.field(name).type
            assert bits(read[name]) == bits(trained[name]), name


def test_one_request_has_what_many_have(client: zl.OnlineClient) -> None:
    asked = requests(12, seed=11)
    for at in moments(3, seed=9):
        answer = client.answer("delay_model", asked, at=at)
        for row, request in enumerate(asked):
            one, among = client.get("delay_model", request, at=at), answer.row(row)
            assert dict(one) == dict(among)
            assert dict(one.statuses) == dict(among.statuses)
            assert one.errors == among.errors
            assert (one.service, one.at, one.positions) == (among.service, among.at, among.positions)
            assert one.freshness == among.freshness


def test_a_table_keeps_its_columns_and_its_order(world: World, client: zl.OnlineClient) -> None:
    asked = pa.Table.from_pylist(requests(20)).append_column("label", pa.array(range(20)))
    read = client.get_many("delay_model", asked, at="2024-03-02")
    assert read.select(asked.column_names).equals(asked)
    by_hand = client.get_many("delay_model", requests(20), at="2024-03-02")
    assert read.select(by_hand.column_names).equals(by_hand)


def test_polars_and_pandas_frames(client: zl.OnlineClient) -> None:
    asked = pa.Table.from_pylist([{"op_carrier": "UA"}, {"op_carrier": "AA"}])
    expected = client.get_many("small_model", asked, at="2024-03-02")
    import polars as pl

    assert client.get_many("small_model", pl.from_arrow(asked), at="2024-03-02")["carriers__count_1d"].equals(
        expected["carriers__count_1d"]
    )
    frame = asked.to_pandas()
    assert client.get_many("small_model", frame, at="2024-03-02").to_pylist() == expected.to_pylist()


def test_an_int_key_is_the_string_in_decimal_form(client: zl.OnlineClient) -> None:
    by_text = client.get("small_model", {"op_carrier": "7"}, at="2024-03-02")
    by_number = client.get("small_model", {"op_carrier": 7}, at="2024-03-02")
    assert dict(by_text) == dict(by_number)
    assert by_text.status("carriers__count_1d") == "PRESENT"
    many = client.get_many("small_model", [{"op_carrier": 7}], at="2024-03-02")
    assert many["carriers__count_1d"].to_pylist() == [by_text["carriers__count_1d"]]


def test_a_part_of_a_view_gives_its_columns(world: World, client: zl.OnlineClient) -> None:
    read = client.get("small_model", {"op_carrier": "UA"}, at=START.replace(day=2))
    assert list(read) == ["carriers__count_1d", "carriers__late_rate"]


def test_views_by_themselves(world: World, client: zl.OnlineClient) -> None:
    asked = [{"carrier": "UA"}, {"carrier": "12"}]
    at = START.replace(day=2, hour=5)
    newest, pinned = (client.get_many(name, asked, at=at) for name in ("carriers", "carriers@1"))
    trained = world.trained(asked, "carriers", at)
    assert newest.column_names[1:] == trained.column_names[2:]
    assert pinned.column_names[1] == "carriers_v1__count_1h"
    for theirs, ours, also in zip(trained.columns[2:], newest.columns[1:], pinned.columns[1:], strict=True):
        assert bits(theirs) == bits(ours) == bits(also)
