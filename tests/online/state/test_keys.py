"""Keys as bytes: one entity, one name, however its key is given; and no two entities with one name."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, seed, settings
from hypothesis import strategies as st

from zipline.errors import OnlineError, RequestError
from zipline.online.state.keys import decode_key, encode_key, encode_keys, shard_number
from zipline.types import BINARY, BOOL, DATE, FLOAT64, INT64, STRING, TIMESTAMP, DataType, decimal, to_arrow

PRICE = decimal(9, 2)
PARTS: list[tuple[DataType, st.SearchStrategy[Any]]] = [
    (STRING, st.text("a1:-é", max_size=4)),
    (INT64, st.integers(-(2**63), 2**63 - 1)),
    (BINARY, st.binary(max_size=4)),
    (BOOL, st.booleans()),
    (DATE, st.dates()),
    (TIMESTAMP, st.datetimes(timezones=st.just(UTC))),
    (PRICE, st.integers(-(10**9) + 1, 10**9 - 1).map(lambda each: Decimal(each).scaleb(-2))),
    (decimal(5, 0), st.integers(-99999, 99999).map(Decimal)),
]


@seed(3)
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_keys_come_back_and_columns_give_the_same(data: st.DataObject) -> None:
    parts = data.draw(st.lists(st.sampled_from(PARTS), min_size=1, max_size=3))
    kinds = [kind for kind, _ in parts]
    keys = data.draw(st.lists(st.tuples(*(st.none() | values for _, values in parts)), max_size=5))
    encoded = [encode_key(key, kinds) for key in keys]
    columns = [pa.array([key[at] for key in keys], to_arrow(kind)) for at, kind in enumerate(kinds)]
    assert encode_keys(columns, kinds) == encoded
    assert [each is None for each in encoded] == [None in key for key in keys]
    assert [decode_key(each, kinds) for each in encoded if each is not None] == [
        key for key in keys if None not in key
    ]


@pytest.mark.parametrize(
    ("left", "right", "kinds"),
    [(("a", "b"), ("a:b", ""), [STRING, STRING]), (("1", "2"), ("", "1:2"), [STRING, STRING])],
)
def test_two_keys_never_have_one_name(
    left: tuple[str, ...], right: tuple[str, ...], kinds: list[DataType]
) -> None:
    assert encode_key(left, kinds) != encode_key(right, kinds)


def test_equal_keys_have_one_name_however_they_are_written() -> None:
    assert encode_key([7], [INT64]) == encode_key(["7"], [STRING]) == b"7"
    for price in (Decimal("1.5"), Decimal("1.50"), Decimal("1.500"), Decimal("15e-1")):
        assert encode_key([price], [PRICE]) == b"1.50"
    assert encode_key([Decimal("-0.00")], [PRICE]) == encode_key([0], [PRICE]) == b"0.00"
    assert encode_key([datetime(1970, 1, 1)], [TIMESTAMP]) == encode_key(
        [datetime(1970, 1, 1, tzinfo=UTC)], [TIMESTAMP]
    )


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("7", INT64), (True, INT64), (7, STRING), ("x", BINARY), (1, BOOL), (date(2020, 1, 1), TIMESTAMP),
        (datetime(2020, 1, 1), DATE), (0.5, PRICE), (Decimal("NaN"), PRICE), (0.5, FLOAT64),
    ],
)  # fmt: skip
def test_a_value_of_another_type_is_refused(value: Any, kind: DataType) -> None:
    with pytest.raises(RequestError, match="which the key is"):
        encode_key([value], [kind])


def test_a_decimal_with_too_many_digits_names_no_entity() -> None:
    with pytest.raises(RequestError, match="Hint: a key has at most 2 digits after the point"):
        encode_key([Decimal("1.005")], [PRICE])


@pytest.mark.parametrize(
    ("entity", "kinds"),
    [(b"x", [INT64]), (b"UA", [STRING, INT64]), (b"yes", [BOOL]), (b"\xff", [STRING]), (b"?", [PRICE])],
)
def test_what_is_no_key_is_refused(entity: bytes, kinds: list[DataType]) -> None:
    with pytest.raises(OnlineError, match="is not the key of an entity"):
        decode_key(entity, kinds)


def test_entities_spread_over_shards() -> None:
    counts = [0] * 16
    for number in range(1600):
        counts[shard_number(b"%d" % number, 16)] += 1
    assert min(counts) > 50
