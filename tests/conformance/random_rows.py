"""Events and observations from a seed, full of coincidences.

Hypothesis draws the definitions, and how many rows there are; it does not draw each cell, which gives it tables of
little but nulls and repeats.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal
from random import Random
from typing import Any, Final

import pyarrow as pa

from tests.conformance.dataset import STAMP

Draw = Callable[[Random], Any]

FLOATS: Final = (0.0, -0.0, 0.1, -0.3, 1e300, -1e300, 1e-300, 5e-324, 1.7e308, math.inf, -math.inf, math.nan)
COLUMNS: Final[dict[str, tuple[Any, Draw]]] = {
    "x": (
        pa.float64(),
        lambda random: random.choice([*FLOATS, random.uniform(-9, 9), random.uniform(-9, 9)]),
    ),
    "n": (pa.int64(), lambda random: random.choice([-1, 0, 1, 2, 2, 2**53 + 1, -(2**58), 2**57])),
    "d": (pa.decimal128(10, 3), lambda random: Decimal(random.randrange(-(10**9), 10**9)).scaleb(-3)),
    "b": (pa.bool_(), lambda random: random.random() < 0.5),
    "s": (pa.string(), lambda random: random.choice(["", "a", "b", "B", "é", "\U0001f701"])),
    "v": (pa.list_(pa.float32(), 2), lambda random: [random.choice([0.5, -0.0, 1e30, 1e-40, None]), 1.5]),
}
KEYS: Final[dict[str, tuple[Any, list[Any], Any, list[Any]]]] = {
    "int": (pa.int64(), [0, 1], pa.int64(), [0, 1]),
    "text": (pa.string(), ["a", "b"], pa.string(), ["a", "b", "c"]),
    "int as text": (pa.int64(), [0, 1, 2], pa.string(), ["0", "1", "01", "x"]),
    "text as int": (pa.string(), ["0", "1", "01"], pa.int64(), [0, 1, 2]),
}


def time(random: Random) -> int:
    """Return a time on or beside a grid of five around the epoch."""
    return random.choice([random.randrange(-12, 13) * 5, random.randrange(-60, 61)])


def events(seed: int, count: int, key: str) -> pa.Table:
    """Return rows of which some are late, some are versions of one another, and some have nulls anywhere."""
    random = Random(seed)
    kind, keys, _, _ = KEYS[key]

    def perhaps(value: Any) -> Any:
        return None if random.random() < 0.1 else value

    rows = []
    for _ in range(count):
        at = perhaps(time(random))
        late = random.choice([0, 0, 0, 1, 5, 20, -5])
        rows.append(
            {
                "at": at,
                "known": perhaps(None if at is None else at + late),
                "id": perhaps(random.randrange(max(count // 2, 1))),
                "gone": perhaps(random.random() < 0.3),
                "lsn": perhaps(random.randrange(3)),
                "k": perhaps(random.choice(keys)),
                **{name: perhaps(draw(random)) for name, (_, draw) in COLUMNS.items()},
            }
        )
    fixed = [
        ("at", STAMP),
        ("known", STAMP),
        ("id", pa.int64()),
        ("gone", pa.bool_()),
        ("lsn", pa.int64()),
        ("k", kind),
    ]
    columns = [(name, arrow) for name, (arrow, _) in COLUMNS.items()]
    return pa.Table.from_pylist(rows, schema=pa.schema([*fixed, *columns]))


def copies(seed: int, count: int, key: str) -> pa.Table:
    """Return full copies of about `count` rows: some stay as they were, some change, go and come back."""
    random = Random(seed)
    kind, keys, _, _ = KEYS[key]
    ids = range(max(count // 8, 1))
    now: dict[int, dict[str, Any]] = {}
    rows: list[dict[str, Any]] = []
    for at in sorted({time(random) for _ in range(8 if count else 0)}):
        for number in ids:
            if number not in now or random.random() < 0.25:
                cells = {name: draw(random) for name, (_, draw) in COLUMNS.items()} | {
                    "k": random.choice(keys)
                }
                now[number] = {
                    name: None if random.random() < 0.1 else value for name, value in cells.items()
                }
            if random.random() < 0.8:
                rows.append({"at": at, "id": number, "note": None, **now[number]})
            if random.random() < 0.1:
                rows.append(
                    {**random.choice(rows), random.choice(["at", "id"]): None} if rows else {"at": at}
                )
            if random.random() < 0.1 and rows:
                rows.append(dict(random.choice(rows)))
    noted = [row | {"note": (row["at"] or 0) % 3} for row in rows]
    random.shuffle(noted)
    fixed = [("at", STAMP), ("id", pa.int64()), ("note", pa.int64()), ("k", kind)]
    columns = [(name, arrow) for name, (arrow, _) in COLUMNS.items()]
    return pa.Table.from_pylist(noted, schema=pa.schema([*fixed, *columns]))


def observations(seed: int, count: int, key: str) -> pa.Table:
    """Return observations of keys that are there, and of some that are not."""
    random = Random(seed)
    _, _, kind, keys = KEYS[key]
    rows = [{"t": time(random), "k": random.choice([*keys, *keys, *keys, None])} for _ in range(count)]
    return pa.Table.from_pylist(rows, schema=pa.schema([("t", STAMP), ("k", kind)]))
