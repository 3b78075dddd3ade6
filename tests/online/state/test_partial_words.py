"""Partials that a kernel makes of many records are those of the records one by one."""

from __future__ import annotations

import math
from random import Random
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from zipline.aggregations import (
    ApproxCountDistinct,
    Count,
    First,
    Last,
    Max,
    Mean,
    Min,
    Sum,
    TimeSinceFirst,
    TimeSinceLast,
)  # fmt: skip
from zipline.engines.kernels.online_partials import TIED
from zipline.online.state.encoding import encoded
from zipline.online.state.facts import Facts
from zipline.online.state.gathering import gathered
from zipline.online.state.layout import make_layout
from zipline.online.state.partial_words import PartialWords
from zipline.online.state.partials import PartialCodec
from zipline.online.state.records import Records
from zipline.types import BOOL, DATE, FLOAT64, INT64, STRING, TIMESTAMP, DataType, to_arrow

COLUMNS = {"f": FLOAT64, "i": INT64, "b": BOOL, "d": DATE, "t": TIMESTAMP, "s": STRING}
LAYOUT = make_layout(COLUMNS, ("i > 0",), has_ids=False)
OF_WORDS = [
    Count(), TimeSinceFirst(), TimeSinceLast(),
    *(kind(name) for kind in (Sum, Mean) for name in "fib"),
    *(kind(name) for kind in (Min, Max, Count, First, Last) for name in "fibdt"),
]  # fmt: skip
OTHERS = [
    Count(where="i > 0"), Sum("f", by="s"), First("f", nulls=True), Last(["f", "i"]), Max("s"),
    ApproxCountDistinct("f"),
]  # fmt: skip
MAKER = PartialWords(LAYOUT, [*OF_WORDS, *OTHERS])


def value(random: Random, kind: DataType) -> Any:
    if random.random() < 0.2:
        return None
    if kind == FLOAT64:
        special = [
            math.nan,
            math.inf,
            -math.inf,
            0.0,
            -0.0,
            5e-324,
            1.7976931348623157e308,
            -1.7976931348623157e308,
        ]
        return random.choice(
            [*special[random.choice([0, 3, 8]) :], random.gauss(0, 1e3), round(random.random(), 2)]
        )
    if kind == INT64:
        return random.choice([0, -1, 2**63 - 1, -(2**63), random.randrange(-1000, 1000)])
    if kind == BOOL:
        return random.random() < 0.5
    if kind == STRING:
        return random.choice(["a", "b"])
    return random.randrange(-10_000, 10_000)


def records(random: Random) -> Records:
    count = random.choice([0, 1, 2, 5, 200])
    times = np.array([random.randrange(-50, 50) for _ in range(count)], np.int64)
    columns = {
        name: pa.array([value(random, kind) for _ in range(count)], to_arrow(kind))
        for name, kind in COLUMNS.items()
    }
    known = np.array([random.choice([7, random.randrange(10**6)]) for _ in range(count)], np.int64)
    masks = {"i > 0": np.zeros(count, np.bool_)}
    return encoded(LAYOUT, Facts([b"k"] * count, times, known, columns, masks))


@pytest.mark.parametrize("seed", range(60))
def test_partials_are_those_of_the_records_one_by_one(seed: int) -> None:
    random = Random(seed)
    found = records(random)
    made = MAKER.made(found)
    for aggregation, ours in zip(OF_WORDS, made, strict=False):
        theirs = PartialCodec(aggregation, COLUMNS).encode(gathered(aggregation, found))
        assert ours in (theirs, None), aggregation.title()
        assert ours is not None or isinstance(aggregation, First | Last)
    assert made[len(OF_WORDS) :] == [None] * len(OTHERS)


def test_events_of_one_moment_are_left_to_their_values() -> None:
    at = np.full(2, 5, np.int64)
    columns = {name: pa.nulls(2, to_arrow(kind)) for name, kind in COLUMNS.items()}
    columns["f"] = pa.array([2.0, 1.0])
    tied = encoded(LAYOUT, Facts([b"k"] * 2, at, at, columns, {"i > 0": np.zeros(2, np.bool_)}))
    made = dict(zip(map(repr, OF_WORDS), MAKER.made(tied), strict=False))
    assert TIED < 0
    assert made[repr(First("f"))] is None
    assert made[repr(First("i"))] == b""
