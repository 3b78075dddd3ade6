"""Every kind of table on S3-compatible storage, of which moto's server is an emulator."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import write_deltalake
from pyiceberg.catalog import load_catalog

import zipline as zl
from tests.engines.duckdb.corruption import corrupt
from tests.engines.duckdb.small import ASKED, EVENTS, ask, sums
from tests.engines.duckdb.test_tables import LINES, csv_text, zstd
from tests.refusals import refusal

ZONED = EVENTS.set_column(1, "ts", EVENTS["ts"].cast(pa.timestamp("us", "UTC")))


def put(url: str, data: bytes | pa.Table) -> str:
    with fsspec.open(url, "wb") as file:
        if isinstance(data, pa.Table):
            pq.write_table(data, file)
        else:
            file.write(data)
    return url


FILES: dict[str, tuple[bytes | pa.Table, Any]] = {
    "a.parquet": (EVENTS, zl.Parquet),
    "a.csv": (csv_text(), zl.Csv),
    "a.csv.gz": (gzip.compress(csv_text()), zl.Csv),
    "a.csv.zst": (zstd(csv_text()), zl.Csv),
    "a.json": (LINES.encode(), zl.Json),
    "a.json.gz": (gzip.compress(LINES.encode()), zl.Json),
    "a.json.zst": (zstd(LINES.encode()), zl.Json),
}


@pytest.mark.parametrize("name", FILES)
def test_files_of_every_format(name: str, bucket: str) -> None:
    data, table = FILES[name]
    put(f"{bucket}/events/day=2024-01-01/{name}", data)
    places = ["events/*/*", "events", "events/"] if name == "a.parquet" else ["events"]
    for place in (f"events/day=2024-01-01/{name}", *places):
        assert sums(table(f"{bucket}/{place}")) == [3, 4, None], place


def test_files_that_are_written_between_runs_are_seen(bucket: str) -> None:
    put(f"{bucket}/events/1.parquet", EVENTS)
    request = ask(zl.Parquet(f"{bucket}/events"), [zl.Count()])
    assert request.to_arrow()["v__count"].to_pylist() == [2, 1, 0]
    put(f"{bucket}/events/2.parquet", EVENTS)
    assert request.to_arrow()["v__count"].to_pylist() == [4, 2, 0]


def test_what_need_not_be_read_is_not_fetched(bucket: str, tmp_path: Path) -> None:
    pq.write_table(EVENTS.append_column("unread", pa.array(["p"] * 3)), tmp_path / "a.parquet")
    corrupt(tmp_path / "a.parquet", columns=["unread"])
    url = put(f"{bucket}/a.parquet", (tmp_path / "a.parquet").read_bytes())
    assert sums(zl.Parquet(url)) == [3, 4, None]
    message = refusal(ask(zl.Parquet(url), [zl.Last("unread")]).to_arrow, zl.DataError)
    assert message.startswith(f"source 'events', file '{url}': is torn, or no Parquet file: ")


def test_observations_and_results(bucket: str) -> None:
    put(f"{bucket}/asked.parquet", ASKED)
    request = ask(zl.Frame(EVENTS), asked=f"{bucket}/asked.parquet")
    request.write_parquet(f"{bucket}/out/")
    with fsspec.open(f"{bucket}/out/part-0.parquet") as file:
        assert pq.read_table(file) == request.to_arrow()


def test_delta_and_iceberg(bucket: str, tmp_path: Path) -> None:
    write_deltalake(f"{bucket}/delta", ZONED, storage_options={"AWS_ALLOW_HTTP": "true"})
    assert sums(zl.Delta(f"{bucket}/delta")) == [3, 4, None]
    properties = {"type": "sql", "uri": f"sqlite:///{tmp_path}/catalog.db", "warehouse": f"{bucket}/lake"}
    catalog = load_catalog("test", **properties, **{"s3.endpoint": _endpoint()})
    catalog.create_namespace("shop")
    table = catalog.create_table("shop.events", schema=ZONED.schema)
    table.append(ZONED)
    assert sums(zl.Iceberg("shop.events", catalog="test", properties=properties)) == [3, 4, None]
    assert sums(zl.Iceberg(table.metadata_location)) == [3, 4, None]
    catalog.close()


def _endpoint() -> str:
    import os

    return os.environ["AWS_ENDPOINT_URL"]


def test_faults_name_the_place(bucket: str) -> None:
    for place in (f"{bucket}/absent.parquet", f"{bucket}/absent", f"{bucket}-absent/a.parquet"):
        message = refusal(lambda place=place: sums(zl.Parquet(place)), zl.DataError)  # type: ignore[misc]
        assert place in message
    delta = refusal(lambda: sums(zl.Delta(f"{bucket}/absent")), zl.DataError)
    assert f"{bucket}/absent" in delta
    torn = put(f"{bucket}/torn.csv.gz", gzip.compress(csv_text() * 1000)[:100])
    assert torn in refusal(lambda: sums(zl.Csv(torn)), zl.DataError)


def test_variables_choose_the_place(bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    put(f"{bucket}/a.parquet", EVENTS)
    monkeypatch.setenv("LAKE", bucket)
    assert sums(zl.Parquet("${LAKE}/a.parquet")) == [3, 4, None]
    message = refusal(lambda: sums(zl.Parquet("${LAKE_OF_NOBODY}/a.parquet")), zl.ConfigError)
    assert "there is no variable 'LAKE_OF_NOBODY'" in message
    assert "Parquet('${LAKE_OF_NOBODY}/a.parquet')" in message
