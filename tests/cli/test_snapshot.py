"""`zipline snapshot`: every entity, or the given ones, at one time."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import polars as pl

from tests.cli.conftest import NOTE, Ran

Run = Callable[..., Ran]


def test_it_writes_every_entity(repo: Path, run: Run) -> None:
    ran = run("snapshot", "shop_model", "--at", "2024-01-02", "--out", "batch.parquet")
    assert ran == Ran(0, "", "shop_model: 2 rows written to batch.parquet\n" + NOTE)
    written = pl.read_parquet(repo / "batch.parquet")
    assert written.columns == ["shop", "asked_at", "shops__price_sum_1d"]
    assert written.drop("asked_at").rows() == [("a", 1.5), ("b", 4.0)]


def test_json_says_what_was_written(repo: Path, run: Run) -> None:
    ran = run("snapshot", "shops:price_sum_1d", "--at", "2024-01-02", "--out", "batch.parquet", "--json")
    document = json.loads(ran.out)
    assert (ran.code, ran.err) == (0, "")
    assert [document[name] for name in ("name", "written", "rows")] == [
        "shops:price_sum_1d",
        "batch.parquet",
        2,
    ]
    assert document["left_out"] == {"sales": {"sold_at": 0, "shop": 0}}


def test_it_writes_the_given_entities(repo: Path, run: Run) -> None:
    (repo / "wanted.csv").write_text("at_shop,item\na,x\nz,x\n")
    ran = run(
        "snapshot", "price_model", "--at", "2024-01-02", "--entities", "wanted.csv", "--out", "batch.parquet"
    )
    assert ran.code == 0
    written = pl.read_parquet(repo / "batch.parquet").drop("asked_at")
    assert written.rows() == [("a", "x", 1.5, 2), ("z", "x", None, 2)]


def test_keys_and_as_of_are_passed_on(repo: Path, run: Run) -> None:
    arguments = ("--as-of", "2024-01-01T11:00Z", "--key", "shop=store", "--out", "batch.parquet")
    assert run("snapshot", "shops", "--at", "2024-01-02", *arguments).code == 0
    written = pl.read_parquet(repo / "batch.parquet")
    assert written.columns == ["store", "at", "shops__price_sum_1d"]
    assert written["store"].to_list() == ["a"]


def test_entities_that_are_not_of_one_kind_must_be_given(repo: Path, run: Run) -> None:
    ran = run("snapshot", "price_model", "--at", "2024-01-02", "--out", "batch.parquet")
    assert ran.code == 1
    assert ran.err == (
        "Error: its views have different keys, (at_shop) and (item), so that it is open which belong together\n"
        "Hint: say which entities are meant: entities=..., a table with these columns\n"
    )
    assert not (repo / "batch.parquet").exists()
