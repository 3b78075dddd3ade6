"""Where a pinned version's rows lie: the newest place that is known, read as the record says."""

from __future__ import annotations

from typing import Any

import pytest

import zipline as zl
from tests.registry.definitions import source, view
from zipline.registry.applied import Applied
from zipline.registry.located import located, relocated

COPIES = zl.Snapshot(zl.Csv("old.csv", null="NA"), date="d", id="id")


@pytest.mark.parametrize(
    ("table", "place", "expected"),
    [
        (zl.Parquet("old/"), zl.Parquet("new/"), zl.Parquet("new/")),
        (zl.Parquet("old/"), zl.Csv("new.csv"), zl.Csv("new.csv")),
        (zl.Csv("old.csv", null="NA"), zl.Csv("new.csv"), zl.Csv("new.csv", null="NA")),
        (zl.Csv("old.csv"), zl.Csv("new.csv", delimiter=";"), zl.Csv("new.csv")),
        (zl.Csv("old.csv", null="NA"), zl.Parquet("new/"), zl.Csv("old.csv", null="NA")),
        (
            COPIES,
            zl.Snapshot(zl.Csv("new.csv"), date="d", id="id", delay="2d"),
            zl.Snapshot(zl.Csv("new.csv", null="NA"), date="d", id="id"),
        ),
        (COPIES, zl.Parquet("new/"), COPIES),
    ],
)
def test_a_place_is_taken_and_a_way_of_reading_is_kept(table: Any, place: Any, expected: Any) -> None:
    assert relocated(table, place) == expected


def test_the_newest_state_that_names_a_source_says_where_it_lies() -> None:
    both = view(source=zl.Union("both", [source("a"), source("b"), source("c")]))
    states = [
        Applied("3", sources={"a": zl.Parquet("a3")}),
        Applied("2", sources={"a": zl.Parquet("a2"), "b": zl.Parquet("b2")}),
        Applied("1", sources={"b": zl.Parquet("b1")}),
    ]
    found = located(both, states)
    assert [member.table for member in found.source.members] == [
        zl.Parquet("a3"), zl.Parquet("b2"), zl.Parquet("events.parquet"),
    ]  # fmt: skip
    assert located(view(), []) == view()
    assert located(view(source=source("a")), states).source.members[0].table == zl.Parquet("a3")
