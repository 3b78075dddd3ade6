"""Make the seeded data of the benchmarks: ``events-S`` and the observations that ask about them.

Keys follow zipf(1.2), so the hottest one has 18 % of the events. Rows lie in the files in no order, and every
file is drawn from a seed of its own: the data of any scale is made in the memory of one file.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.cache import made_once

START = 1_704_067_200_000_000  # 2024-01-01 UTC, in microseconds
DAY = 86_400_000_000
DAYS = 90
OBSERVED_DAYS = 60  # the observations lie in the last 60 of the 90 days
CATEGORIES = 1_000
LATE_DAYS = 3
FILE_ROWS = 1_000_000
ROW_GROUP = 131_072
TIMESTAMP = pa.timestamp("us", tz="UTC")


@dataclass(frozen=True)
class Dataset:
    """Where one set of events and its observations lie, and how large it is."""

    folder: Path
    events: int
    keys: int
    observations: int

    @property
    def event_files(self) -> str:
        """The glob of the event files."""
        return str(self.folder / "events" / "*.parquet")

    @property
    def observation_file(self) -> str:
        """The file of observations: ``row`` (0, 1, ...), ``key``, ``category`` and the time ``t``."""
        return str(self.folder / "observations.parquet")


def events(scale: float, seed: int, *, keys: int | None = None, knowledge: bool = False) -> Dataset:
    """Return ``scale`` million events over 90 days, made on the first call.

    Columns: ``key``, ``time``, ``amount`` (float, in cents), ``category`` (0 to 999). With ``knowledge`` also
    ``id`` and ``known``: 10 % of the events are known up to 3 days late, and 2 % have a second row that
    corrects the amount. Keys number ``scale / 100`` million unless given; observations a tenth of the events.
    """
    count = round(scale * 1e6)
    keys = keys or max(count // 100, 1)
    observations = max(count // 10, 1)
    kind = "knowledge" if knowledge else "events"

    def make(folder: Path) -> None:
        (folder / "events").mkdir()
        for part, size in enumerate(_file_sizes(count)):
            table = _events_of_file(np.random.default_rng([seed, part]), size, keys)
            if knowledge:
                table = _with_knowledge(table, np.random.default_rng([seed, part, 1]), part * FILE_ROWS)
            pq.write_table(table, folder / "events" / f"part-{part:04d}.parquet", row_group_size=ROW_GROUP)
        table = _observations(np.random.default_rng([seed, 1 << 20]), observations, keys)
        pq.write_table(table, folder / "observations.parquet", row_group_size=ROW_GROUP)

    folder = made_once(f"{kind}-{scale:g}-keys-{keys}-seed-{seed}", make)
    return Dataset(folder, count, keys, observations)


def _file_sizes(count: int) -> Iterator[int]:
    for start in range(0, count, FILE_ROWS):
        yield min(FILE_ROWS, count - start)


def zipf_keys(rng: np.random.Generator, size: int, keys: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Draw keys in ``[0, keys)`` by zipf(1.2), the endless tail folded back over them."""
    return (rng.zipf(1.2, size) - 1) % keys


def _events_of_file(rng: np.random.Generator, size: int, keys: int) -> pa.Table:
    return pa.table(
        {
            "key": zipf_keys(rng, size, keys),
            "time": pa.array(START + rng.integers(0, DAYS * DAY, size), TIMESTAMP),
            "amount": np.round(rng.lognormal(4.0, 1.0, size), 2),
            "category": rng.integers(0, CATEGORIES, size),
        }
    )


def _observations(rng: np.random.Generator, size: int, keys: int) -> pa.Table:
    first = START + (DAYS - OBSERVED_DAYS) * DAY
    return pa.table(
        {
            "row": np.arange(size, dtype=np.int64),
            "key": zipf_keys(rng, size, keys),
            "category": rng.integers(0, CATEGORIES, size),
            "t": pa.array(first + rng.integers(0, OBSERVED_DAYS * DAY, size), TIMESTAMP),
        }
    )


def _with_knowledge(table: pa.Table, rng: np.random.Generator, first_id: int) -> pa.Table:
    """Add ``id`` and ``known``, make 10 % of the rows late, and append corrections of 2 % of them."""
    size = table.num_rows
    delay = np.where(rng.random(size) < 0.10, rng.integers(0, LATE_DAYS * DAY, size), 0)
    known = table["time"].cast(pa.int64()).to_numpy() + delay
    table = table.append_column("id", pa.array(np.arange(first_id, first_id + size)))
    first = table.append_column("known", pa.array(known, TIMESTAMP))

    corrected = np.flatnonzero(rng.random(size) < 0.02)
    later = known[corrected] + rng.integers(1, LATE_DAYS * DAY, corrected.size)
    second = table.take(pa.array(corrected)).append_column("known", pa.array(later, TIMESTAMP))
    amounts = np.round(rng.lognormal(4.0, 1.0, corrected.size), 2)
    second = second.set_column(second.schema.get_field_index("amount"), "amount", pa.array(amounts))
    return pa.concat_tables([first, second])


def profiles(rows: int, per_key: int, observations: int, seed: int) -> Dataset:
    """Return ``rows`` rows of ten float columns ``f0`` ... ``f9``, ``per_key`` of them for each key.

    Row times are even and observation times odd microseconds: they never coincide, so that joins which
    include the observation's own instant and joins which exclude it must agree.
    """
    keys = max(rows // per_key, 1)

    def make(folder: Path) -> None:
        rng = np.random.default_rng([seed, per_key])
        (folder / "events").mkdir()
        times = START + 2 * rng.integers(0, DAYS * DAY // 2, rows)
        table = pa.table({"key": rng.permutation(rows) % keys, "time": pa.array(times, TIMESTAMP)})
        for column in range(10):
            table = table.append_column(f"f{column}", pa.array(rng.normal(size=rows)))
        pq.write_table(table, folder / "events" / "part-0000.parquet", row_group_size=ROW_GROUP)
        asked = START + 2 * rng.integers(0, DAYS * DAY // 2, observations) + 1
        table = pa.table(
            {
                "row": np.arange(observations, dtype=np.int64),
                "key": rng.integers(0, keys, observations),
                "t": pa.array(asked, TIMESTAMP),
            }
        )
        pq.write_table(table, folder / "observations.parquet", row_group_size=ROW_GROUP)

    name = f"profiles-{rows}-per-key-{per_key}-observations-{observations}-seed-{seed}"
    return Dataset(made_once(name, make), rows, keys, observations)
