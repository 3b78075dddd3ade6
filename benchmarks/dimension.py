"""Make the seeded data of ``offline_dimension``: daily full copies of a table, and observations that look its rows up.

A day changes one attribute of 1 % of the rows; 0.2 % of the ids go, and as many come, some of them back again.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.cache import made_once
from benchmarks.data import DAY, ROW_GROUP, START, TIMESTAMP, Dataset

if TYPE_CHECKING:
    from collections.abc import Callable

    Column = np.ndarray[tuple[int], np.dtype[np.float64]] | np.ndarray[tuple[int], np.dtype[np.int64]]

COPIES = 365
OBSERVED_DAYS = 300  # the observations lie in the last 300 of the days on which a copy is known
CHANGED, REPLACED = 0.01, 0.002  # of the rows, a day
SPARE = 0.2  # ids that are not there, as a part of those that are
ATTRIBUTES = ("age", "logins", "level", "balance", "score", "country", "plan", "city")
TEXTS = {"country": 40, "plan": 5, "city": 2_000}  # how many different texts a column has


class Copies(Dataset):
    """Where the copies lie, one hive partition ``ds=2024-01-31`` of one file each, and their observations."""

    @property
    def event_files(self) -> str:
        """The glob of the copies' files."""
        return str(self.folder / "copies" / "*" / "*.parquet")

    @property
    def table(self) -> str:
        """The folder of the hive partitions."""
        return str(self.folder / "copies")


def copies(scale: float, seed: int) -> Copies:
    """Return 365 copies of ``scale`` times 10,000 rows, and ten times as many observations as rows of a copy.

    Columns: ``key``, the partition's ``ds``, and `ATTRIBUTES`: ints, floats and texts, never null. Observation times
    are odd microseconds: none is the instant at which a copy becomes known. A sixth of the ids that are asked about
    are in no copy of that time.
    """
    rows = max(round(scale * 10_000), 1)
    observations = rows * 10

    def make(folder: Path) -> None:
        rng = np.random.default_rng([seed, rows])
        ids = rows + max(round(rows * SPARE), 1)
        there = rng.permutation(ids) < rows
        drawn: dict[str, Column] = {name: _drawn(name)(rng, ids) for name in ATTRIBUTES}
        for day in range(COPIES):
            if day:
                _pass_a_day(rng, there, drawn)
            _write_copy(folder / "copies", day, np.flatnonzero(there), drawn)
        _write_observations(rng, folder / "observations.parquet", observations, ids)

    folder = made_once(f"dimension-{COPIES}-copies-{rows}-rows-seed-{seed}", make)
    return Copies(folder, COPIES * rows, rows, observations)


def _drawn(name: str) -> Callable[[np.random.Generator, int], Column]:
    """Return how values of one attribute are drawn; texts as their numbers."""
    if name in TEXTS:
        return lambda rng, size: rng.integers(0, TEXTS[name], size)
    if name == "balance":
        return lambda rng, size: np.round(rng.lognormal(4.0, 1.0, size), 2)
    if name == "score":
        return lambda rng, size: rng.normal(size=size)
    return lambda rng, size: rng.integers(0, 100, size)


def _pass_a_day(
    rng: np.random.Generator, there: np.ndarray[tuple[int], np.dtype[np.bool_]], drawn: dict[str, Column]
) -> None:
    """Change, in place, which ids are there and what is said of some of them."""
    present, absent = np.flatnonzero(there), np.flatnonzero(~there)
    moved = min(rng.binomial(present.size, REPLACED), absent.size)
    there[rng.choice(present, moved, replace=False)] = False
    there[rng.choice(absent, moved, replace=False)] = True
    changed = np.flatnonzero(there & (rng.random(there.size) < CHANGED))
    which = rng.integers(0, len(ATTRIBUTES), changed.size)
    for number, name in enumerate(ATTRIBUTES):
        rows = changed[which == number]
        drawn[name][rows] = _drawn(name)(rng, rows.size)


def _write_copy(
    folder: Path, day: int, ids: np.ndarray[tuple[int], np.dtype[np.int64]], drawn: dict[str, Column]
) -> None:
    table = {"key": pa.array(ids.astype(np.int64))}
    for name in ATTRIBUTES:
        values = drawn[name][ids]
        if name in TEXTS:
            texts = pa.array([f"{name} {number}" for number in range(TEXTS[name])])
            table[name] = texts.take(pa.array(values))
        else:
            table[name] = pa.array(values)
    date = np.datetime64(START, "us").astype("datetime64[D]") + day
    partition = folder / f"ds={date}"
    partition.mkdir(parents=True)
    pq.write_table(pa.table(table), partition / "part-0000.parquet", row_group_size=ROW_GROUP)


def _write_observations(rng: np.random.Generator, file: Path, size: int, ids: int) -> None:
    # The last copy is known a day after its date: until a day after that it is the newest.
    first = START + (COPIES + 1 - OBSERVED_DAYS) * DAY
    asked = first + 2 * rng.integers(0, OBSERVED_DAYS * DAY // 2, size) + 1
    table = pa.table(
        {
            "row": np.arange(size, dtype=np.int64),
            "key": rng.integers(0, ids, size),
            "t": pa.array(asked, TIMESTAMP),
        }
    )
    pq.write_table(table, file, row_group_size=ROW_GROUP)
