"""The example: the same bytes each time, with all that its README speaks of."""

from __future__ import annotations

import io
import re
import tomllib
from pathlib import Path

import polars as pl

from zipline.configuration import read_settings
from zipline.init.example import COMMANDS, example_files

FILES = example_files()


def frame(name: str) -> pl.DataFrame:
    return pl.read_parquet(io.BytesIO(FILES[name]))


def test_it_is_the_same_bytes_each_time() -> None:
    assert example_files() == FILES


def test_some_orders_are_late_and_some_are_cancelled() -> None:
    orders = frame("data/orders.parquet")
    late = orders.filter(pl.col("known_at") - pl.col("ordered_at") > pl.duration(hours=1))
    assert 0.05 < late.height / orders.height < 0.5
    assert 0.01 < orders["cancelled"].mean() < 0.2  # type: ignore[operator]
    assert (
        orders.filter("cancelled")["order_id"]
        .is_in(orders.filter(~pl.col("cancelled"))["order_id"].implode())
        .all()
    )
    assert orders["known_at"].is_sorted()


def test_a_label_is_neither_rare_nor_sure() -> None:
    asked = frame("data/observations.parquet")
    assert asked.columns == ["customer_id", "asked_at", "ordered"]
    assert 0.2 < asked["ordered"].mean() < 0.8  # type: ignore[operator]
    assert len(FILES["data/visits.csv"].splitlines()) > 1000


def test_every_setting_that_is_shown_can_be_set(tmp_path: Path) -> None:
    text = FILES["zipline.toml"].decode()
    assert read_settings(_written(tmp_path, text)).lint.ignore == ()
    shown = re.sub(r"^# (?=\w+ = |\[)", "", text, flags=re.MULTILINE)
    settings = read_settings(_written(tmp_path, shown), "prod")
    assert set(tomllib.loads(shown)) == {
        "duckdb",
        "registry",
        "variables",
        "lint",
        "online",
        "kafka",
        "serve",
        "profile",
    }
    assert settings.registry.path == "s3://bucket/registry"
    assert settings.lint.ignore == ("unused-feature", "null-key:spending")


def test_the_readme_has_the_commands() -> None:
    assert "\n".join(COMMANDS) in FILES["README.md"].decode()


def _written(folder: Path, text: str) -> Path:
    path = folder / "zipline.toml"
    path.write_text(text)
    return path
