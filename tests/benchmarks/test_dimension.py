from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from benchmarks import dimension
from benchmarks.data import DAY, START


def _copies(made: dimension.Copies) -> pa.Table:
    return ds.dataset(made.table, partitioning="hive").to_table()


def test_copies_have_the_size_and_columns_that_their_name_says() -> None:
    made = dimension.copies(0.01, seed=0)
    rows, asked = _copies(made), pq.read_table(made.observation_file)
    assert (rows.num_rows, asked.num_rows) == (made.events, made.observations) == (3_000, 1_000)
    assert rows.column_names == ["key", *dimension.ATTRIBUTES, "ds"]
    assert {str(rows.schema.field(name).type) for name in dimension.ATTRIBUTES} == {
        "int64",
        "double",
        "string",
    }
    assert sum(column.null_count for column in rows.columns) == 0
    assert set(pc.value_counts(rows["ds"]).field("counts").to_pylist()) == {100}


def test_a_day_changes_one_percent_and_ids_come_and_go() -> None:
    rows = _copies(dimension.copies(0.1, seed=0)).to_pandas().sort_values(["key", "ds"])
    rows["day"] = rows["ds"].astype("datetime64[s]").astype("int64") // 86_400
    before = rows.groupby("key").shift()
    follows = rows["day"] == before["day"] + 1
    changed = (rows[list(dimension.ATTRIBUTES)] != before[list(dimension.ATTRIBUTES)]).sum(axis=1)[follows]
    assert abs((changed > 0).mean() - dimension.CHANGED) < 0.002
    assert changed.max() == 1
    last = rows["day"].max()
    seen = rows.groupby("key")["day"].agg(["min", "max", "count"])
    assert (seen["max"] < last).any()  # gone
    assert (seen["min"] > rows["day"].min()).any()  # come
    assert (seen["max"] - seen["min"] + 1 > seen["count"]).any()  # come back


def test_observations_lie_in_the_last_days_that_copies_are_known() -> None:
    asked = pq.read_table(dimension.copies(0.1, seed=0).observation_file)
    times = asked["t"].cast(pa.int64()).to_numpy()
    known = START + dimension.COPIES * DAY  # the last copy, a day after its date
    assert (times % 2 == 1).all()
    assert known + DAY - dimension.OBSERVED_DAYS * DAY <= times.min() < known - 18 * DAY
    assert known < times.max() < known + DAY


def test_a_seed_gives_the_same_copies() -> None:
    first = _copies(dimension.copies(0.001, seed=1))
    assert not _copies(dimension.copies(0.001, seed=2)).equals(first)
