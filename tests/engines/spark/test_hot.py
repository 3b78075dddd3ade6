"""Keys that are too busy for one task."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pytest

import zipline as zl
from tests.conformance.dataset import DAY, HOUR, MINUTE, STAMP
from tests.services.spark import session
from zipline.dsl.window import Window
from zipline.engines.duckdb.versions import TIME
from zipline.engines.spark import hot


def events(seed: int, count: int) -> pa.Table:
    random = Random(seed)
    at = [random.randrange(3 * DAY // MINUTE) * MINUTE for _ in range(count)]
    return pa.table(
        {
            "k": [random.choice(["busy", "busy", "busy", "idle", "other"]) for _ in at],
            "at": pa.array(at, STAMP),
            "known": pa.array([each + random.choice([0, 1, HOUR]) for each in at], STAMP),
            "x": [random.choice([None, 0.1, 0.2, 1e9, -3.0]) for _ in at],
        }
    )


def asked(seed: int) -> pa.Table:
    random = Random(seed)
    times = [random.randrange(3 * DAY // MINUTE) * MINUTE for _ in range(200)]
    keys = [random.choice(["busy", "busy", "idle", "nobody", None]) for _ in times]
    return pa.table({"k": keys, "t": pa.array(times, STAMP)})


def answer(store: zl.FeatureStore, wanted: zl.FeatureView, engine: Any) -> pa.Table:
    return store.training_set(asked(2), wanted, time="t", engine=engine).to_arrow()


@pytest.mark.parametrize("knowledge", ["known", None])
@pytest.mark.parametrize(
    "window", ["2h", Window("1h", offset="3h"), Window("6h", hop="1h"), Window.lifetime()]
)
def test_ranges_of_time_give_what_the_whole_gives(
    window: Any, knowledge: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = zl.EventSource("e", table=zl.Frame(events(1, 500)), event_time="at", knowledge_time=knowledge)
    features = [each.over(window) for each in (zl.Sum("x"), zl.Count(), zl.LastK("x", 3), zl.Max("x"))]
    wanted = zl.FeatureView("v", entity=zl.Entity("k"), source=source, features=features)
    cut: list[int] = []
    inner = hot.with_ranges_of_events

    def counted(*args: Any) -> Any:
        frame = inner(*args)
        cut.append(frame.where(f"{hot.RANGE} > 0").count())
        return frame

    monkeypatch.setattr("zipline.engines.spark.sweeps.with_ranges_of_events", counted)
    (tmp_path / "zipline.toml").write_text("[spark]\ntask_events = 60\n")
    store = zl.FeatureStore(tmp_path, spark=session())
    assert answer(store, wanted, "spark") == answer(store, wanted, "duckdb")
    assert bool(cut and cut[0] > 100) == (window != Window.lifetime())


def test_an_event_serves_the_ranges_whose_observations_may_see_it() -> None:
    rows = pa.table({"key_0": ["a"] * 10 + ["b"], TIME: [*range(0, 100, 10), 5], "x": list(range(11))})
    frame = session().createDataFrame(rows)
    busy = hot.busy_keys(frame, ["key_0"], 5)
    assert busy is not None
    ((key, bounds),) = busy.collect()
    assert (key, len(bounds)) == ("a", 1)
    served = hot.with_ranges_of_events(frame, busy, ["key_0"], 20).collect()
    first = {row["x"] for row in served if row["key_0"] == "a" and row[hot.RANGE] == 0}
    second = {row["x"] for row in served if row["key_0"] == "a" and row[hot.RANGE] == 1}
    times = {row["x"]: row[TIME] for row in served}
    assert {times[each] for each in first} == {each for each in range(0, 100, 10) if each < bounds[0]}
    assert {times[each] for each in second} == {each for each in range(0, 100, 10) if each >= bounds[0] - 20}
    assert [row[hot.RANGE] for row in served if row["key_0"] == "b"] == [0]
    asked = hot.with_ranges_of_observations(frame, busy, ["key_0"]).collect()
    assert all(row[hot.RANGE] == (row["key_0"] == "a" and row[TIME] >= bounds[0]) for row in asked)


def test_a_table_that_is_too_small_for_it_is_not_looked_at() -> None:
    frame = session().createDataFrame(pa.table({"key_0": ["a"] * 10, TIME: list(range(10))}))
    assert hot.busy_keys(frame, ["key_0"], 10**9) is None
    assert hot.busy_keys(frame, ["key_0"], 10) is None
