"""History that Spark's tasks read and write: the store holds what it holds when one process does, to the byte."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow.csv as pc
import pytest

import zipline as zl
from tests.online.materialize.places import Place, check, doomed, of, unavailable
from tests.online.materialize.shop import CUT, MODULE, rows_of
from tests.services import spark
from zipline.cli import main
from zipline.engines.opening import EngineName
from zipline.errors import ConfigError, DataError, StoreUnavailable

TABLE = 'zl.Parquet("flights.parquet")'
VIEWS = ("airports", "carriers", "landed")


@pytest.fixture
def place(tmp_path: Path, redis_server: str, redis_prefix: str) -> Callable[..., Place]:
    """Return a function that makes a repository."""

    def make(name: str, **more: Any) -> Place:
        return Place(tmp_path / name, redis_server, f"{redis_prefix}{name}:", **more)

    return make


@pytest.fixture(scope="module")
def single(tmp_path_factory: pytest.TempPathFactory, redis_server: str) -> Iterator[Place]:
    """Return a repository that was loaded by one process."""
    from secrets import token_hex

    from tests.services.redis import clear

    prefix = f"t{token_hex(4)}:"
    made = Place(tmp_path_factory.mktemp("single") / "shop", redis_server, prefix)
    made.features.materialize("model", until=CUT)
    yield made
    clear(redis_server, prefix)


def test_the_store_holds_the_same(place: Callable[..., Place], single: Place) -> None:
    found = place("spark")
    loaded = found.features.materialize("model", until=CUT, engine="spark")
    assert [(each.view, each.fill, each.resumed) for each in loaded] == [
        (f"{view}@1", f"{view}@1.1", False) for view in VIEWS
    ]
    check(found, single, *VIEWS)
    assert repr(found.features.materialize("landed", until=CUT)[0].fill) == "'landed@1.2'"  # it was whole
    assert found.reads("landed") == single.reads("landed")


@pytest.mark.parametrize(("view", "writes", "kill"), [("carriers", 150, False), ("landed", 60, True)])
def test_a_run_that_ended_half_way_goes_on(
    place: Callable[..., Place],
    single: Place,
    monkeypatch: pytest.MonkeyPatch,
    view: str,
    writes: int,
    kill: bool,
) -> None:
    found = place("spark")
    monkeypatch.setattr("zipline.online.loading.open_store", partial(doomed, writes, kill))
    said = "Python worker exited unexpectedly" if kill else "a task failed: RuntimeError: out of luck"
    with pytest.raises(DataError, match=said):
        found.features.materialize(view, until=CUT, engine="spark")
    assert of(view, found.kept())
    monkeypatch.undo()
    (loaded,) = found.features.materialize(view, until=CUT, engine="spark")
    assert (loaded.fill, loaded.resumed) == (f"{view}@1.1", True)
    check(found, single, view)


@pytest.mark.parametrize(
    ("begun", "other", "view", "writes"),
    [("duckdb", "spark", "landed", 60), ("spark", "duckdb", "carriers", 150)],
)
def test_one_engine_goes_on_where_the_other_stood(
    place: Callable[..., Place],
    single: Place,
    monkeypatch: pytest.MonkeyPatch,
    begun: EngineName,
    other: EngineName,
    view: str,
    writes: int,
) -> None:
    found = place("both")
    monkeypatch.setattr("zipline.online.loading.open_store", partial(doomed, writes, False))
    with pytest.raises((DataError, RuntimeError), match="out of luck"):
        found.features.materialize(view, until=CUT, engine=begun)
    monkeypatch.undo()
    (loaded,) = found.features.materialize(view, until=CUT, engine=other)
    assert loaded.resumed
    check(found, single, view)


def test_rows_that_no_window_reaches_are_left_out(place: Callable[..., Place], single: Place) -> None:
    """Of an id that is reached all versions come."""
    module = MODULE.replace('"2d"', '"3h"').replace('"1d"', '"4h"')
    found, once = place("spark", module=module, history="1h"), place("once", module=module, history="1h")
    found.features.materialize("landed", until=CUT, engine="spark")
    once.features.materialize("landed", until=CUT)
    assert found.events("landed") == once.events("landed")
    assert (
        0 < sum(map(len, found.events("landed").values())) < sum(map(len, single.events("landed").values()))
    )


def test_a_table_of_spark(place: Callable[..., Place], single: Place) -> None:
    session = spark.session()
    session.read.parquet(str(single.folder / "flights.parquet")).createOrReplaceTempView("shop_flights")
    found = place("tables", module=MODULE.replace(TABLE, 'zl.SparkTable("shop_flights")'), engine="spark")
    found.features.materialize("model", until=CUT)
    check(found, single, *VIEWS)


def test_a_table_that_spark_does_not_read(place: Callable[..., Place], single: Place) -> None:
    module = MODULE.replace(TABLE, 'zl.Csv("flights.csv")')
    texts, once = place("texts", module="import zipline as zl"), place("once", module="import zipline as zl")
    engines: list[tuple[Place, EngineName]] = [(texts, "spark"), (once, "duckdb")]
    for each, engine in engines:
        pc.write_csv(rows_of(), each.folder / "flights.csv")
        (each.folder / "features.py").write_text(module)
        each.features = zl.FeatureStore(each.folder, spark=spark.session())
        each.features.apply()
        each.features.materialize("landed", until=CUT, engine=engine)
    check(texts, once, "landed")


def test_a_row_that_cannot_be_computed_is_named(place: Callable[..., Place]) -> None:
    text = MODULE.replace('"landed"}', '"landed", "select": {"delay": "CAST(dest AS double)"}}')
    found = place("wrong", module=text)
    with pytest.raises(
        DataError, match=r"source 'flights', row \{.*'dest': 'LAX'.*cannot be computed"
    ) as caught:
        found.features.materialize("carriers", until=CUT, engine="spark")
    assert "mend the row or the definition" in str(caught.value.hint)


def test_a_store_that_tasks_cannot_reach(
    place: Callable[..., Place], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("zipline.online.loading.open_store", unavailable)
    with pytest.raises(StoreUnavailable, match=r"127\.0\.0\.1:1"):
        place("far").features.materialize("carriers", until=CUT, engine="spark")


def test_an_embedded_store_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = Place(tmp_path / "shop", "embedded:state", "zl:")
    with pytest.raises(ConfigError, match="the store 'embedded:state' has one writer") as caught:
        found.features.materialize("landed", engine="spark")
    assert "redis://" in str(caught.value.hint)
    assert not (found.folder / "state").exists()
    monkeypatch.chdir(found.folder)
    assert main(["materialize", "landed", "--engine", "spark"]) == 1
    assert "--engine duckdb" in capsys.readouterr().err
