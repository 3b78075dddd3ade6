"""Event sources: normal forms, and definitions that cannot be meant."""

from __future__ import annotations

from typing import Any

import pytest

import zipline as zl
from tests.refusals import refusal


def source(**options: Any) -> zl.EventSource:
    """Return a source of clicks with some options of its own."""
    return zl.EventSource("clicks", **{"table": zl.Parquet("c.parquet"), "event_time": "ts", **options})


def test_normal_forms() -> None:
    one = source(
        id="click_id", delay="6h", corrections="30d", select={"late": "delay > 15"}, tags={"team": "eta"}
    )
    assert one.id == ("click_id",)
    assert one.event_time == zl.Timestamp("ts")
    assert one.delay_us == 6 * 3_600_000_000
    assert one.corrections_us == 30 * 86_400_000_000
    assert one.select == (("late", "delay > 15"),)
    assert one.tags == (("team", "eta"),)


def test_rows_are_known_at_a_time_of_their_own_where_declared() -> None:
    assert not source().has_knowledge
    assert source(delay="1h").has_knowledge
    assert source(knowledge_time="known_at").has_knowledge


def test_a_source_has_a_table_or_a_stream_or_both() -> None:
    streamed = source(table=None, stream=zl.Push(), schema={"user": "string"})
    assert (streamed.has_table, source().has_table, source(stream=zl.Kafka("clicks")).has_table) == (
        False,
        True,
        True,
    )
    assert (streamed.stream, source().stream) == (zl.Push(), None)


def test_whether_ids_move_to_other_entities() -> None:
    assert source(id="id").moves
    assert not source(id="id", moves=False).moves


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"table": "c.parquet"},
            "source 'clicks': table='c.parquet' is not a table\nHint: write zl.Parquet(...)",
        ),
        (
            {"knowledge_time": "k", "delay": "1h"},
            "source 'clicks': has both knowledge_time and delay\nHint: the column says more: drop delay",
        ),
        (
            {"table": None},
            "source 'clicks': has neither a table nor a stream\nHint: say where its rows lie: table=zl.Parquet(...)",
        ),
        (
            {"table": None, "stream": zl.Push()},
            (
                "source 'clicks': has a stream, and neither a table nor a schema\n"
                "Hint: name the columns and their types: schema={'carrier': 'string', 'delay': 'double'}"
            ),
        ),
        (
            {"stream": "clicks"},
            "source 'clicks': stream='clicks' is not a stream\nHint: write zl.Kafka(...) or zl.Push()",
        ),
        (
            {"table": zl.Snapshot(zl.Parquet("c/"), date="d", id="id"), "stream": zl.Push()},
            (
                "source 'clicks': has a stream, and its table is a Snapshot\nHint: versions of a snapshot are what "
                "differs between copies, which a stream has none of: stream the changes themselves, with id= and "
                "deleted="
            ),
        ),
        (
            {"moves": False},
            "source 'clicks': has moves=False but no id\nHint: name the columns that identify",
        ),
        ({"deleted": "gone"}, "source 'clicks': has deleted but no id\nHint: name the columns that identify"),
        ({"sequence": "lsn"}, "source 'clicks': has sequence but no id"),
        ({"corrections": "1d"}, "source 'clicks': has corrections but no id"),
        ({"corrections": "1y", "id": "x"}, "corrections '1y' is not a duration"),
        ({"delay": "0h"}, "delay '0h' is not a duration"),
        ({"id": []}, "[] is not an id"),
        ({"id": ["a", "a"]}, "['a', 'a'] names a column twice"),
        ({"select": {"late": "delay >"}}, "source 'clicks', late: did not expect the end"),
        ({"where": "sum(x) > 1"}, "source 'clicks', where: "),
        ({"select": ["late"]}, "select=['late'] is not a mapping of names to names"),
        ({"tags": {"a": 1}}, "tags={'a': 1} is not a mapping"),
        ({"deleted": 3, "id": "x"}, "EventSource: deleted=3 does not fit"),
    ],
)
def test_refusals(options: dict[str, Any], message: str) -> None:
    assert message in refusal(lambda: source(**options))


def test_types_are_checked_when_declared() -> None:
    declared = source(schema={"amount": "Double", "tags": "string[]"}).declared
    assert declared == (("amount", "Double"), ("tags", "string[]"))
    message = refusal(lambda: source(schema={"amount": "dubble"}))
    assert message.startswith(
        "source 'clicks', schema, column 'amount': 'dubble' is not a type\nHint: did you mean 'double'?"
    )
    assert "schema=['amount'] is not a mapping" in refusal(lambda: source(schema=["amount"]))
    assert "on_error='ignore' does not fit" in refusal(lambda: source(on_error="ignore"))


def test_a_source_needs_a_name() -> None:
    message = refusal(lambda: zl.EventSource("a b", table=zl.Parquet("x"), event_time="ts"))
    assert "'a b' cannot name a source" in message
