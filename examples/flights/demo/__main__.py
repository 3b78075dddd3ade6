"""Run the demo: `make demo`, or `python -m examples.flights.demo` from the repository's folder."""

from __future__ import annotations

import time
from pathlib import Path

import polars as pl

import zipline as zl

from .live import replay_a_day
from .prepare import prepare

HERE = Path(__file__).resolve().parent.parent
OUTPUT = HERE / "train" / "delay_model.parquet"
SHOWN = {
    "flight": "flight",
    "carrier_delays__count_1d": "carrier: flights",
    "carrier_delays__late_rate_7d": "late",
    "weather__wind_speed_last": "wind",
    "dest_arrivals__arr_delay_mean_1d": "dest: mean delay",
    "planes__arr_delay_last_1d": "plane: last delay",
    "label": "label",
}


def main() -> None:
    """Write the training set, show a few rows and what a join by event time leaks; then serve a day of it live."""
    started = time.perf_counter()
    prepare(HERE / "data")
    prepared = time.perf_counter()
    store = zl.FeatureStore(HERE)
    observations = zl.Parquet("data/observations.parquet")
    store.training_set(observations, "delay_model").write_parquet(OUTPUT)
    written = time.perf_counter()
    honest = pl.read_parquet(OUTPUT)
    show_sample(honest)
    show_leaks(honest, store.training_set(observations, "delay_model", hindsight=True).to_polars())
    compared = time.perf_counter()
    print(f"\n{honest.height:,} rows of {honest.width} columns are in {short(OUTPUT)}.")
    print(
        f"Seconds: {prepared - started:.1f} for the data, {written - prepared:.1f} for the training set, "
        f"{compared - written:.1f} for the comparison with hindsight."
    )
    replay_a_day(HERE, HERE / "data" / "observations.parquet")


def show_sample(training: pl.DataFrame) -> None:
    """Print some columns of a few rows."""
    rows = training.gather_every(41_111, offset=20_000).select(*SHOWN).rename(SHOWN)
    with pl.Config(tbl_width_chars=120, tbl_hide_dataframe_shape=True, tbl_hide_column_data_types=True):
        print(rows)


def show_leaks(honest: pl.DataFrame, leaky: pl.DataFrame) -> None:
    """Print, per feature, how many values change when late data and corrections are seen early."""
    names = [name for name in honest.columns if "__" in name or name == "distance_ratio"]
    changed = {name: int(honest[name].ne_missing(leaky[name]).sum()) for name in names}
    print("\nValues that a join by event time alone would have leaked:\n")
    for name, count in sorted(changed.items(), key=lambda pair: -pair[1]):
        print(f"  {count:>10,}  {count / honest.height:>6.1%}  {name}")
    total, values = sum(changed.values()), honest.height * len(names)
    print(f"  {total:>10,}  {total / values:>6.1%}  of all {values:,} values")


def short(path: Path) -> Path:
    """Return a path from where the reader stands, if it is below."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


if __name__ == "__main__":
    main()
