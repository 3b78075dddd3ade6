"""The example: when its flights are known, and that its definitions are what the demo says."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import zipline as zl
from examples.flights.demo import live
from examples.flights.demo.prepare import observations, prepare, versions, with_times

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "flights"
AIRPORTS = pl.DataFrame(
    {"faa": ["LAX", "MIA", "HNL"], "tzone": ["America/Los_Angeles", "America/New_York", "Pacific/Honolulu"]}
)


def flights(**columns: Any) -> pl.DataFrame:
    """Return one flight of the package's shape: from New York at 18:05 in winter, unless columns say otherwise."""
    row = {
        "year": 2013, "month": 1, "day": 9, "dep_time": 1805, "dep_delay": 0, "arr_time": 2130, "arr_delay": 20,
        "carrier": "AA", "flight": 7, "tailnum": "N1", "origin": "JFK", "dest": "LAX", "air_time": 330,
        "distance": 2475, "minute": 5, "time_hour": "2013-01-09T23:00:00Z",
    }  # fmt: skip
    integers = {"dep_time", "dep_delay", "arr_time", "arr_delay", "air_time"}
    given = row | columns
    schema = {name: pl.Int64 if name in integers else None for name in given}
    return with_times(pl.DataFrame([given], schema=schema), AIRPORTS)


def utc(month: int, day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2013, month, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("columns", "landing"),
    [
        ({}, utc(1, 10, 5, 30)),  # Los Angeles: 21:30 is 05:30 UTC
        ({"dest": "MIA", "arr_time": 2130}, utc(1, 10, 2, 30)),
        ({"dest": "MIA", "arr_time": 110}, utc(1, 10, 6, 10)),  # overnight
        ({"dest": "MIA", "arr_time": 2400}, utc(1, 10, 5)),  # midnight
        ({"dest": "SJU", "arr_time": 2200}, utc(1, 10, 2)),  # an island that airports.csv does not know
        ({"dest": "HNL", "arr_time": 45, "dep_delay": 20}, utc(1, 10, 10, 45)),  # after the island's midnight
        ({"arr_time": None}, None),  # diverted
        (
            # In the night in which New York's clocks go from 2:00 to 3:00, one lands at 2:03 by a clock not yet moved.
            {"dest": "MIA", "day": 9, "month": 3, "time_hour": "2013-03-10T04:00:00Z", "arr_time": 203},
            utc(3, 10, 7, 3),
        ),
    ],
)  # fmt: skip
def test_a_landing_is_read_on_the_clock_of_the_destination(
    columns: dict[str, Any], landing: datetime | None
) -> None:
    assert flights(**columns)["landing"].to_list() == [landing]


def test_a_flight_is_known_at_departure_and_corrected_at_landing() -> None:
    rows = versions(flights(dep_delay=10))
    assert rows.select("flight_id", "known_at", "cancelled", "dep_delay", "arr_delay", "air_time").rows() == [
        (1, utc(1, 9, 23, 15), False, 10, None, None),
        (1, utc(1, 10, 5, 30), False, 10, 20, 330),
    ]


def test_a_diverted_flight_does_not_land() -> None:
    assert versions(flights(arr_time=None, arr_delay=None, air_time=None))["arr_delay"].to_list() == [None]


def test_a_flight_that_never_left_is_withdrawn_at_its_scheduled_time() -> None:
    nothing = dict.fromkeys(("dep_time", "dep_delay", "arr_time", "arr_delay", "air_time"))
    rows = versions(flights(**nothing))
    assert rows.select("known_at", "cancelled").rows() == [(utc(1, 9, 23, 5), True)]


def test_an_observation_is_two_hours_before_the_scheduled_departure() -> None:
    row = observations(flights(dep_delay=10)).row(0, named=True)
    assert row["asked_at"] == utc(1, 9, 21, 5)
    assert row["flight"] == "AA7 JFK 2013-01-09"
    assert set(row) == {"flight", "asked_at", "op_carrier", "origin", "dest", "tailnum", "distance", "label"}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the example as a fresh clone has it, with the prepared data."""
    folder = tmp_path_factory.mktemp("flights")
    for name in ("zipline.toml", "features.py"):
        (folder / name).write_text((EXAMPLE / name).read_text())
    prepare(folder / "data")
    return folder


def test_all_flights_and_hours_are_there(data: Path) -> None:
    events = pl.read_parquet(data / "data" / "flights" / "*.parquet")
    landed, cancelled = events["arr_delay"].is_not_null(), events["cancelled"]
    assert (events["flight_id"].n_unique(), landed.sum(), cancelled.sum()) == (336_776, 327_346, 8_255)
    assert pl.read_parquet(data / "data" / "weather.parquet").height == 26_115
    assert pl.read_parquet(data / "data" / "observations.parquet").height == 336_776


def test_every_landing_comes_after_the_flight(data: Path) -> None:
    """The time between departure and landing is the time in the air and some minutes on the ground."""
    events = pl.read_parquet(data / "data" / "flights" / "*.parquet").filter(pl.col("air_time").is_not_null())
    departure = pl.col("scheduled_departure") + pl.duration(minutes="dep_delay")
    ground = events.select((pl.col("known_at") - departure).dt.total_minutes() - pl.col("air_time"))
    assert ground.to_series().is_between(5, 235).all()


def test_a_training_set_of_the_example(data: Path) -> None:
    store = zl.FeatureStore(data)
    assert list(store.services) == ["delay_model", "live_delay_model"]
    training = store.training_set(zl.Parquet("data/observations.parquet"), "delay_model", as_of="2014-01-02")
    assert [name for name in training.schema.names if name.startswith("carrier_delays")] == [
        "carrier_delays__count_1h",
        "carrier_delays__count_1d",
        "carrier_delays__arr_delay_mean_1d",
        "carrier_delays__arr_delay_mean_7d",
        "carrier_delays__arr_delay_mean_30d",
        "carrier_delays__arr_delay_q90_30d",
        "carrier_delays__late_7d",
        "carrier_delays__count_7d",
        "carrier_delays__origin_histogram5",
        "carrier_delays__dest_arr_delay_last5_7d",
        "carrier_delays__arr_delay_sum_by_origin_7d_offset_1d",
        "carrier_delays__late_rate_7d",
    ]
    first = training.head(1).row(0, named=True)
    assert (first["carrier_delays__count_7d"], first["carrier_delays__late_rate_7d"]) == (0, None)


def test_what_is_served_live_is_what_training_sees(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(live, "DAY", datetime(2013, 1, 4, 12, tzinfo=UTC))
    monkeypatch.setattr(live, "HOURS", 3)
    live.replay_a_day(data, data / "data" / "observations.parquet")
    assert (
        "Computed again offline, of 2,224 values 0 differ, 0 are behind the stream."
        in capsys.readouterr().out
    )
