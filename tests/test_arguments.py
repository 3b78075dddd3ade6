"""Tables and times as users give them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

import zipline as zl
from tests.refusals import refusal
from zipline.arguments import as_table, visible


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/x/a.parquet", zl.Parquet("/x/a.parquet")),
        ("/x/a.pq", zl.Parquet("/x/a.pq")),
        ("/x/*.PARQUET", zl.Parquet("/x/*.PARQUET")),
        ("s3://bucket/a/", zl.Parquet("s3://bucket/a/")),
        ("s3://bucket/a.csv.gz", zl.Csv("s3://bucket/a.csv.gz")),
        ("/x/a.csv", zl.Csv("/x/a.csv")),
        ("/x/a.tsv.zst", zl.Csv("/x/a.tsv.zst", delimiter="\t")),
        ("/x/a.jsonl", zl.Json("/x/a.jsonl")),
        ("/x/a.ndjson.gz", zl.Json("/x/a.ndjson.gz")),
    ],
)
def test_formats_are_told_by_the_ending(path: str, expected: zl.Parquet | zl.Csv | zl.Json) -> None:
    assert as_table(path) == expected


def test_other_endings_are_refused() -> None:
    message = (
        "cannot tell the format of 'a.xlsx'\nHint: say it: zl.Parquet(path), zl.Csv(path) or zl.Json(path)"
    )
    assert refusal(lambda: as_table("a.xlsx"), zl.RequestError) == message


@pytest.mark.parametrize(
    "as_of", ["1970-01-02", date(1970, 1, 2), datetime(1970, 1, 2), "1970-01-02T01:00+01"]
)
def test_times_may_be_written_in_any_way(as_of: Any) -> None:
    assert visible(as_of).as_of == 86_400_000_000


def test_without_as_of_it_is_the_clock() -> None:
    before = datetime.now(UTC)
    stamp = visible(None).as_of
    assert before.timestamp() - 1 <= stamp / 1e6 <= datetime.now(UTC).timestamp() + 1
