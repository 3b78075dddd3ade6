"""The doctor on tables: missing, torn, of another schema, and such that never answer."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.doctor.conftest import FEATURES, Examined
from zipline.doctor.definitions import Opened
from zipline.doctor.finding import Finding
from zipline.doctor.tables import extras_of
from zipline.repository import open_repository


def test_tables_that_can_be_read(repo: Path, examined: Examined) -> None:
    found = examined()
    assert found["source 'sales'"] == Finding("source 'sales'", "ok", "Csv('sales.csv'): 4 columns")
    assert found["view 'shops'"] == Finding("view 'shops'", "ok", "1 features")
    assert found["service 'model'"] == Finding("service 'model'", "ok", "1 features")


def test_a_table_that_is_not_there(repo: Path, examined: Examined) -> None:
    (repo / "sales.csv").unlink()
    found = examined()
    assert found["source 'sales'"].status == "fault"
    assert "sales.csv" in found["source 'sales'"].message
    assert found["source 'sales'"].hint != ""
    assert found["view 'shops'"] == Finding(
        "view 'shops'", "warning", "not checked: source 'sales' cannot be read", "mend the source first"
    )
    assert found["service 'model'"].status == "warning"


def test_a_torn_table(repo: Path, examined: Examined) -> None:
    (repo / "doctored.py").write_text(
        FEATURES.replace("Csv", "Parquet").replace("sales.csv", "sales.parquet")
    )
    (repo / "sales.parquet").write_bytes(b"PAR1 and then nothing")
    assert examined()["source 'sales'"].status == "fault"


def test_definitions_that_do_not_fit(repo: Path, examined: Examined) -> None:
    (repo / "sales.csv").write_text("sold_at,shop,prize\n2024-01-01,a,1\n")
    found = examined()
    assert found["source 'sales'"].status == "ok"
    assert found["view 'shops'"].status == "fault"
    assert found["view 'shops'"].message.endswith("there is no column 'price'")
    assert found["view 'shops'"].hint.startswith("did you mean 'prize'?")
    assert found["service 'model'"].status == "fault"


def test_columns_that_cannot_be_read_are_named(repo: Path, examined: Examined) -> None:
    (repo / "doctored.py").write_text(
        FEATURES.replace("Csv", "Parquet").replace("sales.csv", "sales.parquet")
    )
    columns = {"sold_at": pa.array([0], pa.timestamp("us")), "shop": ["a"], "price": [1.0]}
    pq.write_table(pa.table({**columns, "at": pa.array([0], pa.time32("s"))}), repo / "sales.parquet")
    message = "Parquet('sales.parquet'): 4 columns, 1 of types that zipline does not read: at"
    assert examined()["source 'sales'"] == Finding("source 'sales'", "ok", message)


def test_a_source_of_a_stream_alone(repo: Path, examined: Examined) -> None:
    schema = '{"shop": "string", "price": "double", "sold_at": "timestamp"}'
    features = FEATURES.replace('table=zl.Csv("sales.csv")', f'stream=zl.Kafka("sales"), schema={schema}')
    (repo / "doctored.py").write_text(features)
    found = examined()
    assert found["source 'sales'"] == Finding("source 'sales'", "ok", "Kafka('sales'): 3 columns")
    assert found["view 'shops'"].status == "ok"


def test_a_table_that_does_not_answer(repo: Path) -> None:
    os.mkfifo(repo / "endless.csv")
    (repo / "doctored.py").write_text(FEATURES.replace("sales.csv", "endless.csv"))
    code = "import sys; from zipline.cli import main; sys.exit(main())"
    ran = subprocess.run(
        [sys.executable, "-c", code, "doctor", "--timeout", "1"], check=False, capture_output=True, text=True
    )
    assert (ran.returncode, ran.stderr) == (1, ""), (
        "it ends without waiting, and without complaints of libraries"
    )
    (said,) = [line.split("\t") for line in ran.stdout.splitlines() if "\tsource 'sales'\t" in line]
    assert said == [
        "fault", "source 'sales'", "no answer within 1 s",
        "see whether what it reads can be reached, or wait longer: --timeout 10",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("table", "configuration", "extras"),
    [
        ('zl.Csv("sales.csv")', "", set()),
        ('zl.Csv("s3://bucket/sales.csv")', "", {"s3"}),
        ('zl.Csv("${data}/sales.csv")', '[variables]\ndata = "s3a://bucket"\n', {"s3"}),
        ('zl.Csv("${absent}/sales.csv")', "", set()),
        ('zl.Snapshot(zl.Csv("s3://bucket/x"), date="ds", id="id")', "", {"s3"}),
        ('Delta("sales/")', "", {"delta"}),
        ('Delta("s3://bucket/sales/")', "", {"delta", "s3"}),
        (
            'Iceberg("shop.sales", catalog="main", properties={"warehouse": "s3://bucket"})',
            "",
            {"iceberg", "s3"},
        ),
        ('Sql("postgresql://${user}@db/shop", "SELECT * FROM sales")', "", {"sql"}),
        ('zl.Snapshot(Delta("sales/"), date="ds", id="id")', "", {"delta"}),
        ('zl.Csv("sales.csv"), stream=zl.Kafka("sales")', "", set()),
        ('zl.Csv("sales.csv"), stream=zl.Kafka("sales", format="avro")', "", {"avro"}),
        ('zl.Csv("sales.csv"), stream=zl.Kafka("sales")', '[kafka]\nclient = "confluent"\n', {"confluent"}),
        ('zl.Csv("sales.csv")', '[registry]\npath = "s3://bucket/registry"\n', {"s3"}),
    ],
)
def test_extras_that_tables_need(repo: Path, table: str, configuration: str, extras: set[str]) -> None:
    features = FEATURES.replace('zl.Csv("sales.csv")', table)
    if "Snapshot" in table:
        features = features.replace(', event_time="sold_at"', "")
    (repo / "doctored.py").write_text("from zipline.dsl.tables import Delta, Iceberg, Sql\n" + features)
    (repo / "zipline.toml").write_text(configuration)
    assert extras_of(Opened(open_repository(repo))) == extras
