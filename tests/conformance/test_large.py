"""More rows than one batch or one range of work: a hot key, many keys, events in no order."""

from __future__ import annotations

from random import Random
from typing import Any

import pyarrow as pa
import pytest

from tests.conformance.check import agree
from tests.conformance.dataset import STAMP
from tests.conformance.engines import Case
from tests.conformance.requests import view
from zipline.aggregations import (
    ApproxCountDistinct,
    Count,
    CountDistinct,
    DecayedSum,
    Kurtosis,
    LastK,
    Max,
    Mean,
    Min,
    MostFrequent,
    Quantile,
    Stddev,
    Sum,
    TopK,
)
from zipline.dsl import Window

WINDOWS: list[Any] = [
    "50us",
    "1ms",
    Window("2ms", hop="500us"),
    Window("1ms", offset="300us"),
    Window.lifetime(),
]
FEATURES: list[Any] = [
    each.over(*WINDOWS)
    for each in (
        Count(), Sum("x"), Mean("x"), Stddev("x"), Kurtosis("x"), Min("x"), Max("x"), LastK("n", 3), TopK("x", 2),
        CountDistinct("n"), ApproxCountDistinct("n"), Quantile("x", 0.9), MostFrequent("n", 2), Sum("x", by="c"),
        DecayedSum("x", half_life="1ms"), LastK("n", 2, distinct=True).named("distinct"),
    )
]  # fmt: skip


def events(count: int, keys: list[str], seed: int) -> pa.Table:
    """Return events in no order, ties among them, a third of them late."""
    random = Random(seed)
    at = [random.randrange(-count, 4 * count) for _ in range(count)]
    return pa.table(
        {
            "at": pa.array(at, STAMP),
            "known": pa.array([t + random.choice([0, 0, 400, 2000]) for t in at], STAMP),
            "id": [random.randrange(count) for _ in range(count)],
            "k": [random.choice(keys) for _ in range(count)],
            "x": [random.choice([random.uniform(-1, 1), 1e200, -1e200, 0.5, None]) for _ in range(count)],
            "n": [random.choice([None, *range(30)]) for _ in range(count)],
            "c": [random.choice("pqr") for _ in range(count)],
        }
    )


def asked(count: int, keys: list[str], span: int) -> pa.Table:
    random = Random(count)
    return pa.table(
        {
            "t": pa.array([random.randrange(-span, 4 * span) for _ in range(count)], STAMP),
            "k": [random.choice(keys) for _ in range(count)],
        }
    )


SOURCES: list[dict[str, Any]] = [{}, {"knowledge_time": "known"}, {"knowledge_time": "known", "id": "id"}]


@pytest.mark.parametrize("source", SOURCES, ids=["plain", "knowledge", "id"])
def test_a_hot_key(source: dict[str, Any]) -> None:
    keys = ["hot"] * 30 + ["cold", "colder"]
    agree(Case(view(events(2500, keys, 1), FEATURES, **source), asked(16, keys, 2500)))


@pytest.mark.parametrize("source", SOURCES, ids=["plain", "knowledge", "id"])
def test_many_keys(source: dict[str, Any]) -> None:
    keys = [f"key-{n}" for n in range(400)]
    agree(Case(view(events(4000, keys, 2), FEATURES, **source), asked(80, [*keys, "nobody"], 4000)))
