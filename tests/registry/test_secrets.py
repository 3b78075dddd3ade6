"""Secrets do not get into the registry, which is kept in git and read by many."""

from __future__ import annotations

from typing import Any

import pytest

import zipline as zl
from tests.refusals import refusal
from tests.registry.definitions import TYPES, source, view
from zipline.dsl.tables import Iceberg, Sql
from zipline.registry.drafts import draft


def register(table: Any) -> None:
    """Draft a view of a table."""
    events = source(table=table)
    draft([view(source=events)], [], {events: TYPES})


@pytest.mark.parametrize(
    ("table", "what"),
    [
        (Sql("postgresql://ann:s3cret@db/shop", "SELECT 1"), "connection of its Sql"),
        (Sql("postgresql://db/shop?user=ann&password=s3cret", "SELECT 1"), "connection of its Sql"),
        (Sql("postgresql://ann:s3cret/x@db/shop", "SELECT 1"), "connection of its Sql"),
        (Sql("postgresql://db/shop?sslpassword=s3cret", "SELECT 1"), "connection of its Sql"),
        (zl.Parquet("s3://key:s3cret@bucket/a/"), "path of its Parquet"),
        (Iceberg("a.b", properties={"s3.secret-access-key": "s3cret"}), "properties of its Iceberg"),
        (Iceberg("a.b", properties={"token": "s3cret"}), "properties of its Iceberg"),
        (zl.Snapshot(zl.Csv("ftp://ann:s3cret@host/a.csv"), date="d", id="id"), "path of its Csv"),
    ],
)
def test_secrets_are_refused_and_not_shown(table: Any, what: str) -> None:
    if isinstance(table, zl.Snapshot):
        events = zl.EventSource("events", table=table)
        message = refusal(lambda: draft([view(source=events)], [], {events: TYPES}), zl.DefinitionError)
    else:
        message = refusal(lambda: register(table), zl.DefinitionError)
    assert message == (
        f"source 'events': the {what} holds a secret, which the registry would keep for all to read\n"
        "Hint: write ${NAME} in its place, and give its value in the environment"
    )


@pytest.mark.parametrize(
    "table",
    [
        Sql("postgresql://ann:${PASSWORD}@db/shop", "SELECT 1"),
        Sql("postgresql://ann@db:5432/shop", "SELECT 1"),
        Sql("${DATABASE}", "SELECT 1"),
        zl.Parquet("s3://bucket/a:b/c@d/"),
        zl.Parquet("http://host:8080/a@b/c.parquet"),
        Iceberg("a.b", properties={"uri": "http://host:8181", "token": "${TOKEN}"}),
    ],
)
def test_what_names_no_secret_is_taken(table: Any) -> None:
    register(table)
