"""What is refused: services, fields and types that are not there; instants that the state no longer holds."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import zipline as zl
from tests.online.client.world import START, World
from zipline.errors import ConfigError, OnlineError, RequestError
from zipline.online.calls import Compact
from zipline.online.given import field_value, key_value
from zipline.online.steps import run
from zipline.online.stores.memory import MemoryStore
from zipline.time import to_micros
from zipline.types import BINARY, BOOL, DATE, FLOAT64, INT64, STRING, TIMESTAMP, DataType, decimal, list_of

AT = START + timedelta(days=2)


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("delay_modl", "did you mean 'delay_model'"),
        ("delay_model@9", "did you mean 'delay_model@1'"),
        ("carriers@7", "did you mean 'carriers@1'"),
    ],
)
def test_an_unknown_service_names_the_nearest(client: zl.OnlineClient, name: str, hint: str) -> None:
    with pytest.raises(
        RequestError, match=f"there is no service or view '{name}' in the online store\nHint: {hint}"
    ):
        client.get(name, {})


def test_an_empty_store_says_how_to_fill_it() -> None:
    with pytest.raises(RequestError, match="Hint: put one there: zipline apply, then zipline materialize"):
        zl.OnlineClient(MemoryStore()).get("delay_model", {})


def test_a_feature_of_a_view_is_no_service(client: zl.OnlineClient) -> None:
    with pytest.raises(
        RequestError, match="'carriers:count_1d' is one feature of a view\nHint: read 'carriers', or"
    ):
        client.get("carriers:count_1d", {})


def test_an_unknown_field_names_the_nearest(client: zl.OnlineClient) -> None:
    with pytest.raises(
        RequestError, match=r"small_model@1 has no field 'carrier'\nHint: did you mean 'op_carrier'"
    ):
        client.get("small_model", {"carrier": "UA"})
    with pytest.raises(RequestError, match="request 1: small_model@1 has no field 'carrier'"):
        client.get_many("small_model", [{"op_carrier": "UA"}, {"carrier": "UA"}])


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        (
            {"op_carrier": 1.5},
            r"field 'op_carrier' is 1\.5; it has the type string\nHint: give a value of that type",
        ),
        ({"op_carrier": True}, "field 'op_carrier' is True; it has the type string"),
        ({"number": 1.0}, r"field 'number' is 1\.0; it has the type int64"),
        ({"miles": "far"}, "field 'miles' is 'far'; it has the type float64"),
        ({"cabin": 7}, "field 'cabin' is 7; it has the type string"),
    ],
)
def test_a_value_of_another_type(client: zl.OnlineClient, request_: dict[str, Any], message: str) -> None:
    with pytest.raises(RequestError, match=message):
        client.get("delay_model", request_, at=AT)


def test_many_values_of_another_type(client: zl.OnlineClient) -> None:
    with pytest.raises(
        RequestError, match="field 'op_carrier' is float64, and the key of carriers@1 is string\nHint: cast"
    ):
        client.get_many("small_model", [{"op_carrier": 1.5}])
    with pytest.raises(
        RequestError, match="field 'op_carrier' holds values of several types\nHint: it has the type string"
    ):
        client.get_many("small_model", [{"op_carrier": "UA"}, {"op_carrier": 7}])
    with pytest.raises(RequestError, match="field 'miles' is 'far'; it has the type float64"):
        client.get_many("delay_model", [{"miles": "far"}])
    asked = pa.table({name: ["1"] for name in ("op_carrier", "origin", "dest", "number", "miles", "cabin")})
    with pytest.raises(RequestError, match="field 'miles' is string; it has the type float64\nHint: cast it"):
        client.get_many("delay_model", asked)
    too_large = asked.set_column(4, "miles", pa.array([2**62 + 1]))
    with pytest.raises(RequestError, match="field 'miles' holds a value that is no float64: Integer value"):
        client.get_many("delay_model", too_large)


def test_a_table_must_have_every_field(client: zl.OnlineClient) -> None:
    with pytest.raises(
        RequestError, match="the requests have no column 'op_carrier', which small_model@1 reads\nHint: did"
    ):
        client.get_many("small_model", pa.table({"carrier": ["UA"]}))
    clash = pa.table({"op_carrier": ["UA"], "carriers__count_1d": [1]})
    with pytest.raises(
        RequestError, match="the requests already have a column 'carriers__count_1d'\nHint: rename"
    ):
        client.get_many("small_model", clash)
    with pytest.raises(
        RequestError, match="requests cannot be given as set\nHint: give a list of dicts, or an Arrow"
    ):
        client.get_many("small_model", {"UA"})
    with pytest.raises(RequestError, match="request 0 is 'UA', no dict"):
        client.get_many("small_model", ["UA"])


def test_no_requests_give_an_empty_table(client: zl.OnlineClient) -> None:
    table = client.get_many("delay_model", [])
    assert (table.num_rows, table.num_columns) == (0, 6 + len(client.service("delay_model").outputs))
    assert client.get_many("small_model", [{}, {}])["carriers__count_1d"].to_pylist() == [0, 0]


def test_an_instant_that_was_folded_away(own_world: World) -> None:
    (fill,) = own_world.load("small_model")
    floor = to_micros(AT)
    for shard in fill.all_shards:
        own_world.online.do(
            Compact(
                shard,
                b"none",
                0,
                b"\xda9\xa3\xee^kK\r2U\xbf\xef\x95`\x18\x90\xaf\xd8\x07\t",
                b"",
                floor=floor,
            )
        )
    client = own_world.client()
    assert client.get("small_model", {"op_carrier": "UA"}, at=AT)["carriers__count_1d"] > 0
    with pytest.raises(OnlineError) as raised:
        client.get("small_model", {"op_carrier": "UA"}, at=AT - timedelta(microseconds=1))
    assert str(raised.value) == (
        "small_model@1: 2024-03-02T23:59:59.999999Z is before what the online state still holds: from "
        "2024-03-03T00:00:00Z on\nHint: read a later instant, or keep more with [online] history; a training set has "
        "any instant"
    )
    behind = zl.OnlineClient(own_world.online, clock=lambda: floor - 1)
    assert behind.get("small_model", {"op_carrier": "UA"}) == client.get(
        "small_model", {"op_carrier": "UA"}, at=AT
    ), "a worker's clock may be ahead of a reader's"
    assert len(behind.get_many("small_model", [{"op_carrier": "UA"}])) == 1


def test_a_time_that_is_none(client: zl.OnlineClient) -> None:
    with pytest.raises(RequestError, match="'yesterday' is not a time"):
        client.get("small_model", {}, at="yesterday")


def test_a_view_without_a_complete_fill(own_world: World) -> None:
    records = own_world.publish("small_model")
    client = own_world.client()
    message = (
        "small_model@1: view carriers@1 has no complete state in the online store\nHint: its history is still"
    )
    with pytest.raises(OnlineError, match=message):
        client.get("small_model", {})
    own_world.fill(records[0], ready=False)
    with pytest.raises(OnlineError, match=message):
        client.get("small_model", {})


def test_a_text_that_names_no_store() -> None:
    with pytest.raises(ConfigError):
        zl.OnlineClient("postgres://host")


def test_a_damaged_document_is_an_error_for_its_view(own_world: World) -> None:
    from zipline.online.calls import Read
    from zipline.online.state.keys import shard_number

    (fill,) = own_world.load("small_model")
    shard = fill.shard(shard_number(b"UA", fill.shards))
    (document,) = own_world.online.do(Read(shard, (b"UA",))).documents
    from hashlib import sha1

    damaged = document[:-5]
    assert own_world.online.do(Compact(shard, b"UA", len(document), sha1(document).digest(), damaged))
    client = own_world.client()
    with pytest.raises(OnlineError, match="carriers@1"):
        client.get("small_model", {"op_carrier": "UA"}, at=AT)
    assert client.get("small_model", {"op_carrier": "AA"}, at=AT)["carriers__count_1d"] > 0


@pytest.mark.parametrize(
    ("value", "kind", "expected"),
    [
        (7, STRING, "7"),
        ("-12", INT64, -12),
        ("007", INT64, None),
        ("1" * 30, INT64, None),
        (np.int64(7), INT64, 7),
        (np.str_("x"), STRING, "x"),
        ("2024-03-01", DATE, date(2024, 3, 1)),
        ("2024-03-01T05:00Z", TIMESTAMP, datetime.fromisoformat("2024-03-01T05:00+00:00")),
        ("1.50", decimal(10, 2), Decimal("1.50")),
        (Decimal("1.500"), decimal(10, 2), Decimal("1.500")),
        (Decimal("1.505"), decimal(10, 2), None),
        (Decimal("NaN"), decimal(10, 2), None),
        (b"x", BINARY, b"x"),
        (True, BOOL, True),
        (None, INT64, None),
    ],
)
def test_keys_are_compared_as_training_sets_compare_them(value: Any, kind: DataType, expected: Any) -> None:
    assert key_value(value, kind, "k") == expected


@pytest.mark.parametrize(
    ("value", "kind", "expected"),
    [
        (3, FLOAT64, 3.0),
        (np.float32(0.5), FLOAT64, 0.5),
        ([1, 2], list_of(INT64), [1, 2]),
        (Decimal("1.5"), decimal(3, 1), Decimal("1.5")),
        ("2024-03-01", DATE, date(2024, 3, 1)),
    ],
)
def test_fields_take_what_their_type_takes(value: Any, kind: DataType, expected: Any) -> None:
    assert field_value(value, kind, "f") == expected


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (2**63, INT64), (True, INT64), ("3", FLOAT64), ("x", list_of(INT64)), (Decimal("12.55"), decimal(3, 1)),
        (datetime(2024, 1, 1), DATE), (date(2024, 1, 1), TIMESTAMP), ("x", BINARY), (1, BOOL),
    ],
)  # fmt: skip
def test_fields_refuse_the_rest(value: Any, kind: DataType) -> None:
    with pytest.raises(RequestError, match=r"field 'f' is .*; it has the type"):
        field_value(value, kind, "f")


def test_a_text_that_is_no_date() -> None:
    with pytest.raises(
        RequestError, match="field 'f': 'March' is not a value of type date\nHint: write YYYY-MM-DD"
    ):
        field_value("March", DATE, "f")


def test_services_are_listed(world: World, client: zl.OnlineClient) -> None:
    assert client.services() == ["delay_model@1", "full_model@1", "small_model@1"]
    found = client.service("delay_model")
    assert {name: str(kind) for name, kind in found.fields.items()} == {
        "op_carrier": "string", "origin": "string", "dest": "string", "number": "int64", "miles": "float64",
        "cabin": "string",
    }  # fmt: skip
    assert run(client._reads.services(), world.online) == client.services()
