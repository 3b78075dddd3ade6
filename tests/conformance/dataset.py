"""A small dataset in which everything happens: ties, nulls, NaN, late rows, corrections, deletions, times before 1970.

Times lie on a grid of ten minutes around the epoch, so that events and observations hit the ends of windows exactly;
a few lie a microsecond beside it.
"""

from __future__ import annotations

import math
from decimal import Decimal
from random import Random
from typing import Any, Final

import pyarrow as pa

MINUTE: Final = 60_000_000
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR
STEP: Final = 10 * MINUTE

STAMP: Final = pa.timestamp("us", tz="UTC")

EVENTS: Final = pa.schema(
    [
        ("event_id", pa.int64()),
        ("lsn", pa.int64()),
        ("at", STAMP),
        ("known", STAMP),
        ("gone", pa.bool_()),
        ("user", pa.string()),
        ("y", pa.float64()),
        ("x", pa.float64()),
        ("wild", pa.float64()),
        ("n", pa.int64()),
        ("money", pa.decimal128(12, 2)),
        ("flag", pa.bool_()),
        ("word", pa.string()),
        ("blob", pa.binary()),
        ("day", pa.date32()),
        ("moment", STAMP),
        ("tags", pa.list_(pa.string())),
        ("pair", pa.struct([("a", pa.int64()), ("b", pa.float64())])),
        ("v64", pa.list_(pa.float64(), 2)),
        ("v32", pa.list_(pa.float32(), 3)),
    ]
)

FLOATS: Final = (
    0.0,
    -0.0,
    1.0,
    0.1,
    -2.5,
    1e300,
    -1e300,
    1e-300,
    5e-324,
    1.7e308,
    3.0000000000000004,
    -7.25,
    1e16,
    1.0,
)
TAME: Final = (0.1, 0.2, -0.3, 12.5, 7.0, 7.0, -0.0, 0.001, 99.99)
WILD: Final = (*FLOATS, math.nan, -math.nan, math.inf, -math.inf)
WORDS: Final = ("", "a", "A", "b", "é", "🜁", "ab", "\uffff", "a\x00b")


def _row(random: Random, at: int) -> dict[str, Any]:
    def perhaps(value: Any) -> Any:
        return None if random.random() < 0.15 else value

    return {
        "event_id": 0,
        "lsn": perhaps(random.randrange(4)),
        "at": at,
        "known": at + random.choice([-HOUR, 0, 0, 1, 5 * MINUTE, STEP, HOUR, HOUR, 3 * HOUR]),
        "gone": random.choice([False, False, None]),
        "user": random.choice(["ann", "ann", "bob", "bob", "cy", None]),
        "y": perhaps(random.choice(TAME)),
        "x": perhaps(random.choice(FLOATS)),
        "wild": perhaps(random.choice(WILD)),
        "n": perhaps(random.choice([0, 1, 1, -1, 7, 2**53 + 1, -(2**56), 2**55])),
        "money": perhaps(Decimal(random.randrange(-(10**6), 10**6)).scaleb(-2)),
        "flag": perhaps(random.random() < 0.5),
        "word": perhaps(random.choice(WORDS)),
        "blob": perhaps(random.choice([b"", b"\x00", b"\xff", b"ab"])),
        "day": perhaps(random.randrange(-3, 3)),
        "moment": perhaps(random.choice([-1, 0, 1, DAY, -DAY])),
        "tags": perhaps(random.choice([[], ["a"], ["a", None], [None], ["b", "a"]])),
        "pair": perhaps({"a": perhaps(random.randrange(2)), "b": perhaps(random.choice(WILD))}),
        "v64": perhaps([perhaps(random.choice(WILD)), random.choice(FLOATS)]),
        "v32": perhaps(
            [random.choice([0.1, -0.0, 3e38, 1e-45, math.nan]), random.choice([1.0, 0.5]), 2.0**-149]
        ),
    }


def _time(random: Random) -> int:
    return random.randrange(-18, 30) * STEP + random.choice([0, 0, 0, 0, 1, -1])


def plain_rows(seed: int = 7, count: int = 64) -> list[dict[str, Any]]:
    """Return events, each once, in no order; a few have no time, one is a duplicate."""
    random = Random(seed)
    rows = [_row(random, _time(random)) for _ in range(count)]
    for number, row in enumerate(rows):
        row["event_id"] = number
    rows[3]["at"] = None
    rows[5]["known"] = None
    rows.append(dict(rows[10]))
    random.shuffle(rows)
    return rows


def versioned_rows(seed: int = 11, count: int = 40, *, tombstones: bool) -> list[dict[str, Any]]:
    """Return events with corrections: later, tied, moved to another entity or time, repeated; perhaps withdrawn."""
    random = Random(seed)
    rows: list[dict[str, Any]] = []
    for number in range(count):
        row = _row(random, _time(random)) | {"event_id": number}
        rows.append(row)
        while random.random() < 0.6:
            later = row["known"] + random.choice([0, 0, STEP, HOUR, 5 * HOUR])
            row = _row(random, row["at"] + random.choice([0, 0, 0, STEP, -HOUR])) | {
                "event_id": number,
                "known": later,
            }
            if tombstones and random.random() < 0.4:
                row = dict.fromkeys(EVENTS.names) | {
                    "event_id": number,
                    "known": later,
                    "gone": True,
                    "lsn": row["lsn"],
                }
                rows.append(row)
                row = row | {"at": rows[-2]["at"] or 0}
                continue
            rows.append(row)
    rows.append(dict(rows[0]))
    rows[7]["event_id"] = None
    random.shuffle(rows)
    return rows


def copied_rows(seed: int = 13, ids: int = 9) -> list[dict[str, Any]]:
    """Return full copies at irregular times: rows that stay, change, go, come back; a few twice, without id or time."""
    random = Random(seed)
    rows: list[dict[str, Any]] = []
    now: dict[int, dict[str, Any]] = {}
    for at in sorted({_time(random) for _ in range(12)}):
        for number in range(ids):
            if number not in now or random.random() < 0.3:
                now[number] = _row(random, at)
            if random.random() < 0.8:
                rows.append(now[number] | {"event_id": number, "at": at})
        rows.append(dict(rows[-1]))
    rows += [rows[3] | {"event_id": None}, rows[5] | {"at": None}]
    random.shuffle(rows)
    return rows


def table_of(rows: list[dict[str, Any]], schema: pa.Schema = EVENTS) -> pa.Table:
    """Return rows as an Arrow table; times are ints of microseconds."""
    return pa.Table.from_pylist(rows, schema=schema)


def observations(seed: int = 3, count: int = 24) -> pa.Table:
    """Return observations on and beside the grid: known keys, an unknown one, none, one twice."""
    random = Random(seed)
    rows = [
        {
            "t": random.randrange(-20, 40) * STEP + random.choice([0, 0, 0, 1, -1]),
            "user": random.choice(["ann", "ann", "bob", "bob", "cy", "nobody", None]),
            "label": random.choice([0.0, -0.0, math.nan, None]),
        }
        for _ in range(count)
    ]
    rows += [rows[0], {"t": 400 * DAY, "user": "ann", "label": 1.0}]
    return pa.Table.from_pylist(
        rows, schema=pa.schema([("t", STAMP), ("user", pa.string()), ("label", pa.float64())])
    )
