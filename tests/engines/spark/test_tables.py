"""Tables and observations of every kind on Spark, and results that Spark keeps."""

from __future__ import annotations

import contextlib
import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import zipline as zl
from tests.services.spark import session
from zipline.engines.spark.foreign import Foreign
from zipline.engines.spark.lowering import swept_types
from zipline.engines.spark.native import Native
from zipline.training_set import TrainingSet

DAYS = [datetime(2024, 5, day, tzinfo=UTC) for day in range(1, 9)]
EVENTS = pl.DataFrame(
    {
        "shop": ["a", "a", "b", "a", "b", "b", "a"],
        "amount": [1.5, None, 3.0, 0.1, 0.2, -7.0, 12.0],
        "count": [1, 2, 3, None, 5, 6, 7],
        "at": DAYS[:7],
        "known": [*DAYS[1:7], None],
    }
)
ASKED = pl.DataFrame(
    {
        "shop": ["b", "a", None, "c", "a", "b"],
        "t": [DAYS[7], DAYS[7], DAYS[7], DAYS[3], DAYS[3], DAYS[0]],
        "label": [True, False, None, True, True, False],
    }
)


def view(table: Any, **source: Any) -> zl.FeatureView:
    events = zl.EventSource("sales", table=table, **{"event_time": "at", "knowledge_time": "known", **source})
    features: list[Any] = [
        zl.Sum("amount").over("4d"),
        zl.Count(where="amount > 0.15").named("large").over("4d"),
        zl.LastK("count", 2).over("30d"),
        zl.Derived("per", "amount_sum_4d / nullif(large_4d, 0)"),
    ]
    return zl.FeatureView("sales", entity=zl.Entity("shop"), source=events, features=features)


@pytest.fixture(scope="module")
def store() -> zl.FeatureStore:
    return zl.FeatureStore(spark=session())


def ask(store: zl.FeatureStore, wanted: zl.FeatureView, asked: Any = ASKED, **request: Any) -> TrainingSet:
    return store.training_set(asked, wanted, time="t", engine="spark", **request)


def expected(asked: pl.DataFrame = ASKED, **request: Any) -> pa.Table:
    result = zl.FeatureStore().training_set(asked, view(zl.Frame(EVENTS)), time="t", **request)
    return result.to_arrow()


def reader(wanted: zl.FeatureView, result: TrainingSet) -> type:
    engine = result._engine
    with engine._database() as database:  # type: ignore[attr-defined]
        return type(swept_types(engine.session, database, result._plan)[1][0][0])  # type: ignore[attr-defined]


def test_a_table_of_sparks(store: zl.FeatureStore) -> None:
    session().createDataFrame(EVENTS.to_arrow()).createOrReplaceTempView("sales_by_name")
    wanted = view(zl.SparkTable("sales_by_name"))
    assert ask(store, wanted).to_arrow() == expected()


def test_a_dataframe_of_sparks(store: zl.FeatureStore) -> None:
    frame = session().createDataFrame(EVENTS.to_arrow())
    assert ask(store, view(zl.Frame(frame))).to_arrow() == expected()


def test_parquet_files_are_read_by_spark(store: zl.FeatureStore, tmp_path: Path) -> None:
    EVENTS[:3].write_parquet(tmp_path / "1.parquet")
    EVENTS[3:].write_parquet(tmp_path / "2.parquet")
    result = ask(store, view(zl.Parquet(str(tmp_path))))
    assert reader(view(zl.Parquet(str(tmp_path))), result) is Native
    assert result.to_arrow() == expected()


def test_parquet_of_types_that_spark_reads_otherwise(store: zl.FeatureStore, tmp_path: Path) -> None:
    """Nanoseconds are no type of Spark's: DuckDB's engine reads them, in a task."""
    rows = EVENTS.to_arrow()
    at = rows.schema.get_field_index("at")
    rows = rows.set_column(at, "at", rows["at"].cast(pa.timestamp("ns", "UTC")))
    pq.write_table(rows, tmp_path / "events.parquet", version="2.6")
    result = ask(store, view(zl.Parquet(str(tmp_path / "events.parquet"))))
    assert reader(view(zl.Parquet(str(tmp_path / "events.parquet"))), result) is Foreign
    assert result.to_arrow() == expected()


def test_csv_files(store: zl.FeatureStore, tmp_path: Path) -> None:
    EVENTS.write_csv(tmp_path / "events.csv", datetime_format="%Y-%m-%dT%H:%M:%SZ")
    assert ask(store, view(zl.Csv(str(tmp_path / "events.csv")))).to_arrow() == expected()


def test_observations_of_sparks_have_no_order(store: zl.FeatureStore) -> None:
    asked = session().createDataFrame(ASKED.to_arrow())
    result = ask(store, view(zl.Frame(EVENTS)), asked)
    assert result.schema.names == expected().schema.names
    order = ["shop", "t"]
    found, wanted = pl.DataFrame(pl.from_arrow(result.to_arrow())), pl.DataFrame(pl.from_arrow(expected()))
    assert found.sort(order).equals(wanted.sort(order))


def test_observations_in_files(store: zl.FeatureStore, tmp_path: Path) -> None:
    ASKED.write_parquet(tmp_path / "asked.parquet")
    path = str(tmp_path / "asked.parquet")
    result = ask(store, view(zl.Frame(EVENTS)), path)
    wanted = zl.FeatureStore().training_set(path, view(zl.Frame(EVENTS)), time="t")
    assert result.to_arrow() == wanted.to_arrow()
    assert result.head(2).rows() == pl.DataFrame(pl.from_arrow(expected())).rows()[:2]


@pytest.mark.parametrize("engine", ["duckdb", "spark"])
def test_a_result_that_stays_in_spark(store: zl.FeatureStore, engine: Any) -> None:
    result = store.training_set(ASKED, view(zl.Frame(EVENTS)), time="t", engine=engine).to_spark()
    assert result.columns == expected().schema.names
    found = {(row["shop"], row["t"], row["label"], row["sales__per"]) for row in result.collect()}
    rows = expected().to_pylist()
    assert {each[0] for each in found} == {row["shop"] for row in rows}
    assert sorted(str(each[3]) for each in found) == sorted(str(row["sales__per"]) for row in rows)


def test_it_is_written_by_tasks(store: zl.FeatureStore, tmp_path: Path) -> None:
    result = ask(store, view(zl.Frame(EVENTS)))
    assert result.write_parquet(tmp_path / "out") == ASKED.height
    assert not (tmp_path / "out").is_file()
    written = pl.read_parquet(tmp_path / "out" / "*.parquet").sort("shop", "t")
    wanted = pl.DataFrame(pl.from_arrow(expected())).sort("shop", "t")
    assert written["sales__amount_sum_4d"].equals(wanted["sales__amount_sum_4d"])
    with pytest.raises(zl.DataError, match="already exists"):
        result.write_parquet(tmp_path / "out")


def test_it_is_written_as_a_table(store: zl.FeatureStore) -> None:
    result = ask(store, view(zl.Frame(EVENTS)))
    name = f"written_{uuid4().hex}"
    result.write_table(name, format="parquet")
    assert session().table(name).count() == ASKED.height
    with pytest.raises(zl.DataError, match=name):
        result.write_table(name, format="parquet")
    result.write_table(name, format="parquet", mode="append")
    assert session().table(name).count() == 2 * ASKED.height
    session().sql(f"DROP TABLE {name}")


def test_a_snapshot_of_every_entity(store: zl.FeatureStore) -> None:
    wanted = view(zl.Frame(EVENTS))
    at = "2024-05-08"
    assert (
        store.snapshot(wanted, at=at, engine="spark").to_arrow() == store.snapshot(wanted, at=at).to_arrow()
    )


def test_entities_of_a_snapshot_that_stays_in_spark(store: zl.FeatureStore) -> None:
    snapshot = store.snapshot(view(zl.Frame(EVENTS)), at="2024-05-08")
    found = pl.DataFrame(pl.from_arrow(snapshot.to_spark().toArrow())).sort("shop")
    wanted = snapshot.to_polars()
    assert found["shop"].to_list() == wanted["shop"].to_list()
    assert found["sales__amount_sum_4d"].equals(wanted["sales__amount_sum_4d"])


def test_an_observation_of_sparks_without_a_time(store: zl.FeatureStore) -> None:
    asked = session().createDataFrame(
        ASKED.with_columns(pl.lit(None, pl.Datetime("us")).alias("t")).to_arrow()
    )
    with pytest.raises(zl.RequestError, match="has no time: 't' is null"):
        ask(store, view(zl.Frame(EVENTS)), asked).to_arrow()


def test_a_timeline(store: zl.FeatureStore) -> None:
    wanted = view(zl.Frame(EVENTS))
    request = (wanted, "a", "2024-05-01", "2024-05-08")
    assert store.timeline(*request, engine="spark").to_arrow() == store.timeline(*request).to_arrow()


def test_rows_that_belong_to_nobody_are_counted(store: zl.FeatureStore) -> None:
    frame = session().createDataFrame(EVENTS.to_arrow())
    assert ask(store, view(zl.Frame(frame))).left_out() == {"sales": {"known": 1, "at": 0, "shop": 0}}


def test_rows_whose_time_cannot_be_read_are_left_out_where_that_is_wanted(store: zl.FeatureStore) -> None:
    rows = EVENTS.with_columns(pl.lit("2024-05-02").alias("at")).to_arrow()
    rows = rows.set_column(3, "at", pa.array(["2024-05-02", "soon", *["2024-05-02T00:00:00Z"] * 5]))
    frame = session().createDataFrame(rows)
    with pytest.raises(zl.DataError, match="'soon' is not a time"):
        ask(store, view(zl.Frame(frame))).to_arrow()
    skipping = ask(store, view(zl.Frame(frame), on_error="skip"))
    assert skipping.left_out()["sales"]["(unreadable)"] == 1
    assert skipping.to_arrow().num_rows == ASKED.height


def test_a_column_is_read_as_the_type_that_holds_it(store: zl.FeatureStore) -> None:
    frame = session().createDataFrame(EVENTS.to_arrow())
    result = ask(store, view(zl.Frame(frame), schema={"count": "double"}))
    assert result.schema.field("sales__count_last2_30d").type == pa.list_(pa.float64())
    with pytest.raises(zl.SchemaError, match=r"column 'amount' is float64; schema declares int64"):
        ask(store, view(zl.Frame(frame), schema={"amount": "int"})).schema  # noqa: B018


def test_a_table_that_is_not_there(store: zl.FeatureStore) -> None:
    with pytest.raises(zl.DataError, match="nowhere_to_be_seen"):
        ask(store, view(zl.SparkTable("nowhere_to_be_seen"))).schema  # noqa: B018


def test_duckdb_does_not_read_sparks_tables() -> None:
    with pytest.raises(zl.DefinitionError, match="engine='spark'"):
        zl.FeatureStore().training_set(ASKED, view(zl.SparkTable("sales")), time="t").schema  # noqa: B018


def test_an_engine_that_there_is_not() -> None:
    with pytest.raises(zl.RequestError, match="there is no engine 'dask'"):
        zl.FeatureStore().training_set(ASKED, view(zl.Frame(EVENTS)), time="t", engine="dask")  # type: ignore[arg-type]


def test_an_explanation_has_sparks_plan_beside_ours(store: zl.FeatureStore) -> None:
    text = ask(store, view(zl.Frame(EVENTS))).explain()
    assert "Sweep 1: sales by shop" in text
    assert "MapInArrow" in text.split("Spark's physical plan")[1]


def test_a_row_that_cannot_be_computed_is_told_in_our_words(store: zl.FeatureStore) -> None:
    events = pl.DataFrame({"shop": ["a", "a"], "n": [2**62, 2**62], "at": DAYS[:2], "known": DAYS[:2]})
    source = zl.EventSource("sales", table=zl.Frame(events), event_time="at")
    wanted = zl.FeatureView("v", entity=zl.Entity("shop"), source=source, features=[zl.Sum("n").over("4d")])
    with pytest.raises(zl.DataError) as raised:
        ask(store, wanted, ASKED[4:5]).to_arrow()
    assert raised.value.where == "feature 'v__n_sum_4d', observation 0"
    assert "Traceback" not in str(raised.value)


def test_tables_that_sparks_own_packages_would_be_needed_for(store: zl.FeatureStore, tmp_path: Path) -> None:
    """Delta and SQLite are read by zipline's own readers, in a task."""
    EVENTS.write_delta(str(tmp_path / "delta"))
    assert ask(store, view(zl.Delta(str(tmp_path / "delta")))).to_arrow() == expected()
    with contextlib.closing(sqlite3.connect(tmp_path / "shop.db")) as connection, connection:
        connection.execute("CREATE TABLE sales (shop TEXT, amount REAL, count INTEGER, at TEXT, known TEXT)")
        rows = EVENTS.with_columns(pl.col("at", "known").dt.strftime("%Y-%m-%dT%H:%M:%SZ")).rows()
        connection.executemany("INSERT INTO sales VALUES (?, ?, ?, ?, ?)", rows)
    table = zl.Sql(f"sqlite:///{tmp_path / 'shop.db'}", "SELECT * FROM sales")
    assert ask(store, view(table)).to_arrow() == expected()
