"""The second act: one day of the flights as a live stream, read while it comes in, and verified afterwards."""

from __future__ import annotations

import shutil
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl

from zipline.dev import Clock, Dev
from zipline.online.feature_log import FeatureLog
from zipline.time import to_micros

SERVICE = "live_delay_model"
DAY = datetime(2013, 2, 8, 5, tzinfo=UTC)  # midnight in New York, before a blizzard
HOURS = 24
ASKED = {"origin": "JFK", "dest": "BOS", "tailnum": "N324JB", "distance": 187.0}
SHOWN = {
    "weather__wind_speed_last": "wind",
    "disruption__cancelled_6h": "cancelled in 6 h",
    "dest_arrivals__arr_delay_mean_1d": "to Boston: mean delay",
    "routes__arr_delay_stddev_30d": "route: stddev",
}


def replay_a_day(repository: Path, observations: Path) -> None:
    """Load what was known by midnight, replay the day hour by hour, print how lookups change, verify all of them."""
    folder = Path(tempfile.mkdtemp(prefix="zipline-live-"))
    try:
        with Dev(repository, folder=str(folder), clock=Clock(to_micros(DAY))) as dev:
            began = time.perf_counter()
            events = sum(each.events for each in dev.materialize())
            loaded = time.perf_counter()
            print(
                f"\nNow live: {events:,} events of history, loaded in {loaded - began:.1f} s; then {DAY:%-d %B %Y}.\n"
            )
            log = FeatureLog(str(folder / "reads"))
            reads = _replay(dev, log, pl.read_parquet(observations))
            log.close()
            print(f"\n{reads:,} lookups in between, in {time.perf_counter() - loaded:.1f} s with the replay.")
            _verify(dev, folder / "reads")
    finally:
        shutil.rmtree(folder)


def _replay(dev: Dev, log: FeatureLog, observations: pl.DataFrame) -> int:
    """Give each hour's rows to the stream, then ask for every flight of which it is two hours before departure."""
    begin = to_micros(DAY)
    rows = dev.replay(begin, begin + HOURS * 3_600_000_000)
    dev.start()
    reads, table = 0, []
    for hour in range(1, HOURS + 1):
        now = DAY + timedelta(hours=hour)
        dev.clock.set(to_micros(now))
        rows.give(dev.push, to_micros(now))
        dev.settle()
        asked = observations.filter(
            pl.col("asked_at").is_between(now - timedelta(hours=1), now, closed="right")
        )
        requests = asked.select(*ASKED).to_dicts()
        if requests:
            log.offer_many(requests, dev.client.answer(SERVICE, requests))
            reads += len(requests)
        if hour % 3 == 0:
            features = dev.client.get(SERVICE, ASKED)
            table.append(
                {"UTC": f"{now:%d %H:%M}", **{title: features[name] for name, title in SHOWN.items()}}
            )
    with pl.Config(tbl_width_chars=120, tbl_hide_dataframe_shape=True, tbl_hide_column_data_types=True):
        print(pl.DataFrame(table))
    return reads


def _verify(dev: Dev, log: Path) -> None:
    """Compute every lookup again from the tables, and say how they compare."""
    (result,) = dev.store.verify(SERVICE, log)
    values = sum(each.equal + each.different + each.lag for each in result.features)
    counts = f"{result.different:,} differ, {result.lag:,} are behind the stream"
    print(f"Computed again offline, of {values:,} values {counts}.")
