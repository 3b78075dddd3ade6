"""Which columns name the entity, which the event."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest

from tests.init.looked import proposed, seen
from tests.refusals import refusal
from zipline.errors import ConfigError
from zipline.init.keys import entity_candidates

N = 200
TS = [datetime(2024, 1, 1) + timedelta(hours=n) for n in range(N)]


def names(source: str = "events", **columns: Any) -> list[str]:
    return [column.name for column in entity_candidates(seen(**columns), [source])]


def every(count: int, text: bool = False) -> list[Any]:
    """Return values of which there are so many different ones."""
    return [f"v{n % count}" if text else n % count for n in range(N)]


def test_a_person_comes_before_a_thing_and_both_before_other_texts() -> None:
    assert names(city=every(20, text=True), product_id=every(50), user_id=every(40)) == [
        "user_id", "product_id", "city",
    ]  # fmt: skip


def test_of_equals_the_one_with_more_values_comes_first() -> None:
    assert names(origin=every(3, text=True), dest=every(90, text=True)) == ["dest", "origin"]


def test_an_events_id_a_measure_a_constant_and_a_flag_are_no_entity() -> None:
    columns = {
        "sale_id": range(N), "id": range(N), "amount": every(20), "kind": ["x"] * N, "paid": every(2),
        "price": [n / 7 for n in every(9)], "note": [f"text {n}" for n in range(N)], "empty": pa.nulls(N, pa.string()),
    }  # fmt: skip
    assert names("sales", **columns) == []


def test_an_attribute_table_is_keyed_by_whom_it_describes() -> None:
    proposal = proposed("users", user_id=range(N), ts=TS)
    assert [column.name for column in proposal.entity] == ["user_id"]
    assert proposal.id is None


def test_an_id_is_unique_or_has_versions_when_they_can_be_told_apart() -> None:
    user = every(40)
    unique = proposed("sales", user_id=user, ts=TS, receipt_uuid=[f"r{n}" for n in range(N)])
    assert unique.id is not None
    assert unique.id.name == "receipt_uuid"
    versions = [n // 2 for n in range(N)]
    assert proposed("sales", user_id=user, ts=TS, sale_id=versions).id is None
    known = proposed(
        "sales", user_id=user, ts=TS, sale_id=versions, loaded_at=TS, cancelled=[n % 9 == 0 for n in range(N)]
    )
    assert known.id is not None
    assert known.deleted is not None
    assert (known.id.name, known.deleted.name) == ("sale_id", "cancelled")


def test_names_in_camel_case_are_read_alike() -> None:
    proposal = proposed("clicks", userId=every(40), eventId=[f"e{n}" for n in range(N)], ts=TS)
    assert proposal.id is not None
    assert (proposal.entity_name, proposal.id.name, proposal.other_entities) == ("user", "eventId", ())


def test_an_entity_can_be_named_of_several_columns() -> None:
    proposal = proposed(user_id=every(40), origin=every(3), dest=every(9), ts=TS, entity="origin, dest")
    assert [column.name for column in proposal.entity] == ["origin", "dest"]
    assert (proposal.entity_name, proposal.view) == ("origin_dest", "origin_dest_events")
    odd: dict[str, Any] = {"a,b": every(3), "ts": TS}
    comma = proposed(**odd, entity="a,b")
    assert [column.name for column in comma.entity] == ["a,b"]


@pytest.mark.parametrize(
    ("entity", "message"),
    [
        ("usr", "--entity: there is no column 'usr'\nHint: did you mean 'user'? Allowed: 'user', 'x', 'ts'"),
        (
            "x",
            (
                "--entity: 'x' is float64, which cannot be a key\n"
                "Hint: keys are integers, texts, dates and the like, not floats. "
                "The columns are user (int64), x (float64), ts (timestamp)"
            ),
        ),
        ("user,user", "--entity: 'user,user' names a column twice\nHint: name each once"),
    ],
)  # fmt: skip
def test_an_entity_that_is_none_is_refused(entity: str, message: str) -> None:
    columns: dict[str, Any] = {"user": every(40), "x": [0.5] * N, "ts": TS}
    assert refusal(lambda: proposed(**columns, entity=entity), ConfigError) == message


def test_without_any_key_the_columns_are_listed() -> None:
    assert refusal(lambda: proposed(x=[0.5] * N, ts=TS), ConfigError) == (
        "the table: no column can be an entity's key: no text or integer that recurs or is called like one\n"
        "Hint: name one: --entity COLUMN, or COLUMN,COLUMN. The columns are x (float64), ts (timestamp)"
    )


def test_no_rows_say_nothing() -> None:
    columns: dict[str, Any] = {"user": pa.array([], pa.string()), "ts": pa.array([], pa.timestamp("us"))}
    assert refusal(lambda: proposed(**columns), ConfigError) == (
        "the table: has no rows to look at\nHint: The columns are user (string), ts (timestamp)"
    )
