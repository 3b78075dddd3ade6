"""Delta, Iceberg and Sql: normal forms, what of them is meaning, and definitions that cannot be meant."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

import zipline as zl
from tests.refusals import refusal


def test_what_is_pinned_is_meaning() -> None:
    assert zl.Delta("a").meaning() == zl.Iceberg("a").meaning() == {}
    assert zl.Delta("a", 0).meaning() == {"version": 0}
    assert zl.Delta("a", at="1970-01-01T00:00:01").meaning() == {"at_us": 1_000_000}
    assert zl.Iceberg("a", snapshot=7).meaning() == zl.Iceberg("b", catalog="c", snapshot=7).meaning()
    assert zl.Iceberg("a", at=datetime(1970, 1, 1, tzinfo=UTC)).meaning() == {"at_us": 0}
    one = zl.Sql("postgresql://ann@db/shop", " SELECT 1 ; ")
    assert one.meaning() == zl.Sql("sqlite:///a.db", "SELECT 1").meaning() == {"query": "SELECT 1"}


def test_secrets_are_not_shown() -> None:
    for connection in (
        "postgresql://ann:Xyzzy@db/shop",
        "postgresql://db/shop?password=Xyzzy&user=ann",
        "postgresql://ann:p@Xyzzy@db/shop",
        "postgresql://ann:p?Xyzzy@db/shop",
    ):
        table = zl.Sql(connection, "SELECT 1")
        source = zl.EventSource("orders", table=table, event_time="ts")
        for shown in (repr(table), str(table), f"{table}", repr(source), table.shown):
            assert "Xyzzy" not in shown, shown
            assert "db/shop" in shown
    assert "${PASSWORD}" in repr(zl.Sql("postgresql://ann:${PASSWORD}@db/shop", "SELECT 1"))
    named = zl.Iceberg("shop.orders", catalog="prod", properties={"token": "Xyzzy"})
    assert repr(named) == str(named) == "Iceberg('shop.orders', catalog='prod')"


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: zl.Delta(""), "Delta: '' is not a path"),
        (lambda: zl.Delta("a", version=1, at="2024-01-01"), "Delta: has both version and at\nHint: give one"),
        (lambda: zl.Delta("a", version=-1), "Delta: version=-1 is not the number of a version"),
        (lambda: zl.Delta("a", version=True), "Delta: version=True is not the number of a version"),
        (lambda: zl.Delta("a", at="yesterday"), "'yesterday' is not a time"),
        (lambda: zl.Iceberg(""), "Iceberg: '' is neither the name of a table nor a path"),
        (lambda: zl.Iceberg("a", snapshot=1, at="2024-01-01"), "Iceberg: has both snapshot and at\nHint: give one"),
        (lambda: zl.Iceberg("a", snapshot="x"), "Iceberg: snapshot='x' is not the id of a snapshot"),  # type: ignore[arg-type]
        (lambda: zl.Iceberg("a", properties={"a": 1}), "properties={'a': 1} is not a mapping"),  # type: ignore[dict-item]
        (lambda: zl.Sql("", "SELECT 1"), "Sql: the connection is not a connection as text"),
        (lambda: zl.Sql("sqlite:///a.db", " "), "Sql: ' ' is not a query as text"),
        (
            lambda: zl.Sql("mysql://ann:Xyzzy@db/shop", "SELECT 1"),
            "Sql: 'mysql' is not a database that zipline reads\nHint: write postgresql://user@host/database or",
        ),
    ],
)  # fmt: skip
def test_refusals(build: Callable[[], object], message: str) -> None:
    assert message in refusal(build)
