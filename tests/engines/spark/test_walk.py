"""The walk of a task: whatever batches its rows come in, and however few it may keep, the answers are the same."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

import pyarrow as pa
import pytest

from tests.conformance.dataset import DAY, HOUR, MINUTE
from zipline.aggregations import Count, CountDistinct, LastK, Max, Sum
from zipline.dsl.aggregation import Feature, features_of
from zipline.dsl.window import Window
from zipline.engines.duckdb.versions import KNOWN, TIME, UNTIL
from zipline.engines.spark.walk import CARRIED, ROW, Walk
from zipline.types import FLOAT64, INT64, STRING, DataType, list_of

WINDOWS = ("2h", "10m", Window("3h", hop="1h"), Window("1h", offset="30m"), Window("2h", align="1h"))
KINDS: dict[type, DataType] = {Count: INT64, Sum: FLOAT64, Max: FLOAT64, LastK: list_of(FLOAT64)}


def features(*windows: Any) -> dict[str, tuple[Feature, DataType]]:
    """Return features of every sort over some windows."""
    asked = [Count(), Sum("x"), Max("x"), LastK("x", 3)]
    named = {
        feature.name: (feature, KINDS[type(each)])
        for each in asked
        for feature in features_of(each.over(*windows))
    }
    for feature in features_of(CountDistinct("word").over(*windows)):
        named[feature.name] = (feature, INT64)
    return named


def walk(windows: tuple[Any, ...] = WINDOWS, *, limit: int, reach: int | None) -> Walk:
    return Walk(
        ("key_0",), {"x": FLOAT64, "word": STRING}, (), (ROW,), features(*windows), reach, False, limit
    )


def rows(seed: int, count: int, *, late: bool) -> pa.Table:
    """Return events and observations, sorted by key and time; of no key, of one that is busy, and of others."""
    random = Random(seed)
    found = []
    for number in range(count):
        asked = random.random() < 0.4
        at = random.randrange(3 * DAY // MINUTE) * MINUTE
        known = at + random.choice([0, 0, 1, HOUR]) if late and not asked else None
        until = known + random.choice([1, HOUR, DAY]) if known is not None and random.random() < 0.3 else None
        found.append(
            {
                "key_0": random.choice([None, "a", "a", "a", "b", f"k{random.randrange(9)}"]) if asked else
                random.choice(["a", "a", "a", "b", f"k{random.randrange(9)}"]),
                TIME: at, KNOWN: known, UNTIL: until,
                "event_0": None if asked else random.choice([None, 0.1, 0.2, -7.5, 1e9]),
                "event_1": None if asked else random.choice([None, "p", "q"]),
                CARRIED: [{ROW: number}] if asked else [],
            }
        )  # fmt: skip
    knowing = [(KNOWN, pa.int64()), (UNTIL, pa.int64())] if late else []
    inputs = [
        ("event_0", pa.float64()),
        ("event_1", pa.string()),
        (CARRIED, pa.list_(pa.struct([(ROW, pa.int64())]))),
    ]
    schema = pa.schema([("key_0", pa.string()), (TIME, pa.int64()), *knowing, *inputs])
    table = pa.Table.from_pylist(found, schema)
    return table.sort_by([("key_0", "ascending"), (TIME, "ascending")])


def answered(step: Walk, table: pa.Table, size: int) -> list[dict[str, Any]]:
    def batches() -> Iterator[pa.RecordBatch]:
        for start in range(0, table.num_rows, size):
            yield from table.slice(start, size).combine_chunks().to_batches()

    found = [row for batch in step(batches()) for row in batch.to_pylist()]
    return sorted(found, key=lambda row: row[ROW])


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("size", [1, 7, 50])
@pytest.mark.parametrize("seed", range(4))
def test_batches_of_any_size_give_the_same(seed: int, size: int, late: bool) -> None:
    table = rows(seed, 400, late=late)
    whole = answered(walk(limit=2**40, reach=5 * HOUR), table, 10_000)
    assert [row[ROW] for row in whole] == sorted(
        row[ROW] for given in table[CARRIED].to_pylist() for row in given
    )
    assert answered(walk(limit=1, reach=5 * HOUR), table, size) == whole


def test_windows_without_bound_keep_all_of_a_key() -> None:
    table = rows(9, 300, late=True)
    lifetime = (Window.lifetime(),)
    whole = answered(walk(lifetime, limit=2**40, reach=None), table, 10_000)
    assert answered(walk(lifetime, limit=1, reach=None), table, 5) == whole


def test_what_windows_no_longer_reach_is_let_go() -> None:
    """A busy key's events are kept for as long as windows look back, not for as long as the key is."""
    table = rows(3, 2_000, late=False)
    step = walk(("10m",), limit=1, reach=10 * MINUTE)
    kept = step._kept(table.filter(pa.compute.equal(table["key_0"], "a")))
    assert sum(batch.num_rows for batch in kept) < 20


def test_a_partition_without_rows_gives_none() -> None:
    assert answered(walk(limit=1, reach=HOUR), rows(1, 5, late=False).slice(0, 0), 10) == []
