"""Packages that are not installed: which extra has them."""

from __future__ import annotations

import sys
from pathlib import Path

import fsspec
import pytest

import zipline as zl
from tests.engines.duckdb.small import sums
from tests.refusals import refusal
from zipline.dsl.table import Table

TABLES: dict[str, tuple[str, Table]] = {
    "delta": ("deltalake", zl.Delta("lake")),
    "iceberg": ("pyiceberg", zl.Iceberg("shop.orders", catalog="prod")),
    "postgresql": ("adbc_driver_postgresql", zl.Sql("postgresql://db/shop", "SELECT 1 AS x")),
    "sqlite": ("adbc_driver_sqlite", zl.Sql("sqlite:///a.db", "SELECT 1 AS x")),
}


@pytest.mark.parametrize("kind", TABLES)
def test_a_package_that_is_not_installed_names_the_extra(
    kind: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    package, table = TABLES[kind]
    (tmp_path / "a.db").touch()
    monkeypatch.chdir(tmp_path)
    for name in [package, *(each for each in sys.modules if each.startswith(f"{package}."))]:
        monkeypatch.setitem(sys.modules, name, None)
    extra = kind if package in ("deltalake", "pyiceberg") else "sql"
    message = refusal(lambda: sums(table), zl.ConfigError)
    assert message.endswith(f"is not installed\nHint: pip install 'zipline-features[{extra}]'")
    assert package in message


def test_s3_without_s3fs(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(protocol: str) -> None:
        raise ImportError("Install s3fs to access S3")

    monkeypatch.setattr(fsspec, "filesystem", absent)
    message = refusal(lambda: sums(zl.Parquet("s3://bucket/a.parquet")), zl.DataError)
    assert message.endswith("cannot read URLs of 's3'\nHint: pip install 'zipline-features[s3]'")
