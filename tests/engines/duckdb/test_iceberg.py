"""Iceberg tables: catalogs and metadata files, snapshots, what need not be read, and what is told of faults."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

import pyarrow as pa
import pytest
from pyiceberg.catalog import load_catalog
from pyiceberg.transforms import IdentityTransform

import zipline as zl
from tests.engines.duckdb.corruption import corrupt
from tests.engines.duckdb.small import ASKED, EVENTS, ask, sums
from tests.refusals import refusal
from zipline.engines.duckdb.readers import iceberg as reading

START = datetime(2024, 1, 1, tzinfo=UTC)
ZONED = EVENTS.set_column(1, "ts", EVENTS["ts"].cast(pa.timestamp("us", "UTC")))


@pytest.fixture
def properties(tmp_path: Path) -> dict[str, str]:
    """Return the properties of an empty catalog with a namespace `shop`."""
    found = {"type": "sql", "uri": f"sqlite:///{tmp_path}/catalog.db", "warehouse": f"file://{tmp_path}/lake"}
    catalog = load_catalog("test", **found)
    catalog.create_namespace("shop")
    catalog.close()
    return found


@pytest.fixture
def catalog(properties: dict[str, str]) -> Iterator[Any]:
    """Yield the catalog."""
    opened = load_catalog("test", **properties)
    yield opened
    opened.close()


def put(catalog: Any, rows: pa.Table = ZONED, name: str = "shop.events", **options: Any) -> Any:
    table = catalog.create_table(name, schema=rows.schema, **options)
    table.append(rows)
    return table


def path_of(url: str) -> Path:
    return Path(urlparse(url).path)


def test_a_table_by_catalog_and_by_its_metadata(
    catalog: Any, properties: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    written = put(catalog)
    metadata = path_of(written.metadata_location)
    hint = metadata.parent / "version-hint.text"
    folder = zl.Iceberg(str(metadata.parent.parent))
    message = refusal(lambda: sums(folder), zl.DataError)
    assert message.endswith("Hint: give the path of its newest metadata.json, or a catalog")
    hint.write_text(metadata.name)
    named = zl.Iceberg("shop.events", catalog="test", properties=properties)
    for table in (named, zl.Iceberg(str(metadata)), zl.Iceberg(f"file://{metadata}"), folder):
        assert sums(table) == [3, 4, None]
    assert sums(named, id="x") == [3, 4, None]
    assert sums(named, schema={"x": "double"}, where="x > 1") == [2, 4, None]
    monkeypatch.setenv("CATALOG", properties["uri"])
    hidden = zl.Iceberg("shop.events", catalog="test", properties=properties | {"uri": "${CATALOG}"})
    assert sums(hidden) == [3, 4, None]
    asked = ASKED.set_column(1, "t", ASKED["t"].cast(pa.timestamp("us", "UTC")))
    put(catalog, asked, "shop.asked")
    assert sums(named, asked=zl.Iceberg("shop.asked", catalog="test", properties=properties)) == [3, 4, None]


def test_snapshots_by_id_and_by_time(catalog: Any, properties: dict[str, str]) -> None:
    written = put(catalog)
    written.overwrite(ZONED.set_column(2, "x", pa.array([10, 20, 40])))
    first, *_, last = written.snapshots()

    def table(**options: Any) -> zl.Iceberg:
        return zl.Iceberg("shop.events", catalog="test", properties=properties, **options)

    assert sums(table()) == [30, 40, None]
    assert sums(table(snapshot=first.snapshot_id)) == [3, 4, None]
    at = datetime.fromtimestamp(first.timestamp_ms / 1000, UTC)
    assert sums(table(at=at)) == [3, 4, None]
    assert sums(table(at=datetime.fromtimestamp(last.timestamp_ms / 1000, UTC))) == [30, 40, None]
    message = refusal(lambda: sums(table(at="2020-01-01")), zl.DataError)
    assert message.startswith("Iceberg('shop.events', catalog='test')")
    assert f"has no snapshot at 2020-01-01T00:00:00+00:00\nHint: it has {first.snapshot_id} of " in message
    assert "has no snapshot 7\nHint: it has" in refusal(lambda: sums(table(snapshot=7)), zl.DataError)


def test_columns_that_were_added_are_null_before(catalog: Any, properties: dict[str, str]) -> None:
    written = put(catalog)
    with written.update_schema() as change:
        from pyiceberg.types import DoubleType

        change.add_column("y", DoubleType())
        change.rename_column("x", "amount")
    rows = ZONED.rename_columns(["user", "ts", "amount"]).append_column("y", pa.array([1.0, 2.0, 4.0]))
    written.append(rows)
    table = zl.Iceberg("shop.events", catalog="test", properties=properties)
    answer = ask(table, [zl.Sum("amount"), zl.Sum("y")]).to_arrow()
    assert answer["v__amount_sum"].to_pylist() == [6, 8, None]
    assert answer["v__y_sum"].to_pylist() == [3, 4, None]


def test_files_of_other_times_and_partitions_are_not_read(catalog: Any, properties: dict[str, str]) -> None:
    days = [START + timedelta(days=day) for day in (0, 20, 40) for _ in "ab"]
    rows = pa.table(
        {
            "user": ["a", "b"] * 3,
            "ts": pa.array(days, pa.timestamp("us", "UTC")),
            "x": range(6),
            "unread": ["p"] * 6,
        }
    )
    written = catalog.create_table("shop.events", schema=rows.schema)
    with written.update_spec() as change:
        change.add_field("user", IdentityTransform(), "user")
    for at in (2, 0, 4):
        written.append(rows.slice(at, 2))
        if at == 2:
            seen = [each.file.file_path for each in written.scan(row_filter="user = 'a'").plan_files()]
    files = [each.file.file_path for each in written.scan().plan_files()]
    assert (len(files), len(seen)) == (6, 1)
    for file in files:
        corrupt(path_of(file), columns=["unread"] if file in seen else None)
    table = zl.Iceberg("shop.events", catalog="test", properties=properties)
    asked = pa.table({"user": ["a"], "t": [START + timedelta(days=21)]})
    assert ask(table, [zl.Sum("x").over("7d")], asked=asked).to_arrow()["v__x_sum_7d"].to_pylist() == [2]
    assert ask(table, [zl.Sum("x").over("7d")], asked=asked, where="x IN (2, 3)").to_arrow().num_rows == 1
    assert "source 'events'" in refusal(ask(table, [zl.Sum("x")], asked=asked).to_arrow, zl.DataError)


def test_deleted_rows_are_not_read(catalog: Any, properties: dict[str, str]) -> None:
    written = put(catalog)
    written.delete("x = 2")
    assert sums(zl.Iceberg("shop.events", catalog="test", properties=properties)) == [1, 4, None]


def test_a_run_reads_one_snapshot(
    catalog: Any, properties: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    written = put(catalog)
    original = reading.IcebergReader.batches
    scans = []

    def batches(self: reading.IcebergReader, *wanted: Any) -> Any:
        scans.append(wanted)
        written.append(ZONED)
        return original(self, *wanted)

    monkeypatch.setattr(reading.IcebergReader, "batches", batches)
    table = zl.Iceberg("shop.events", catalog="test", properties=properties)
    views = [
        zl.FeatureView(
            name,
            entity=zl.Entity("user"),
            source=zl.EventSource(name, table=table, event_time="ts", id=None if name == "a" else "x"),
            features=[zl.Sum("x")],
        )
        for name in ("a", "b")
    ]
    answer = zl.FeatureStore().training_set(ASKED, views, time="t").to_arrow()
    assert len(scans) > 2
    assert answer["a__x_sum"].to_pylist() == answer["b__x_sum"].to_pylist() == [3, 4, None]


def test_an_empty_table(catalog: Any, properties: dict[str, str]) -> None:
    catalog.create_table("shop.events", schema=ZONED.schema)
    assert sums(zl.Iceberg("shop.events", catalog="test", properties=properties)) == [None] * 3


def test_faults_name_the_table_or_the_file(catalog: Any, properties: dict[str, str], tmp_path: Path) -> None:
    absent = zl.Iceberg("shop.absent", catalog="test", properties=properties)
    message = refusal(lambda: sums(absent), zl.DataError)
    assert message.startswith("Iceberg('shop.absent', catalog='test')")
    assert "shop.absent" in message
    assert "absent.metadata.json" in refusal(
        lambda: sums(zl.Iceberg(str(tmp_path / "absent.metadata.json"))), zl.DataError
    )
    nowhere = zl.Iceberg("shop.events", catalog="nowhere")
    assert "Iceberg('shop.events', catalog='nowhere')" in refusal(lambda: sums(nowhere), zl.DataError)
    written = put(catalog)
    (file,) = [path_of(each.file.file_path) for each in written.scan().plan_files()]
    table = zl.Iceberg("shop.events", catalog="test", properties=properties)
    file.write_bytes(file.read_bytes()[:-20])
    message = refusal(lambda: sums(table), zl.DataError)
    assert message.startswith("source 'events', Iceberg('shop.events', catalog='test'): ")
    assert file.name in message
    file.unlink()
    message = refusal(lambda: sums(table), zl.DataError)
    assert file.name in message
