"""What one seed stands for: a view, rows in a table and in logs, actors and faults; data, so that it shrinks."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from typing import Final

from tests.online.simulation.rows import Row
from tests.online.simulation.views import CORRECTIONS, KINDS

SECOND: Final = 1_000_000
START: Final = 1_000 * SECOND
FAULTS: Final = (
    "crash",
    "lost",
    "refused",
    "ghost",
    "freeze",
    "rollback",
    "skew",
    "replay",
    "prefetch",
    "rebalance",
)
ACTORS: Final = ("compactor", "tidier", "reader", "worker-2", "worker-3")
GAPS: Final = (0, 1, 200_000, 900_000, 1_500_000, 4_000_000)
WINDOW_SETS: Final = (
    (0,),
    (1,),
    (2, 0),
    (3,),
    (4, 0),
    (5, 6),
    (4,),
    (6, 4, 2),
    (0, 1, 2, 3, 5),
    (7,),
    (7, 0),
)


@dataclass(frozen=True)
class Record:
    """A row in a log, at an offset."""

    offset: int
    row: Row


@dataclass(frozen=True)
class Scenario:
    """All that a run depends on but for the order of its steps, which `seed` decides.

    Attributes:
        kind: of the source: `plain`, `arrival`, `stays` or `moves`.
        windows: which of `views.WINDOWS`.
        shards, servers: shards spread over servers, each of which may lose its end.
        cut: microseconds, until when history is loaded in bulk; None: it is not.
        history: how far behind the stream the floor is.
        lead: what a boundary crosses so soon is not folded.
        table: rows that bulk brings.
        logs: partition -> records.
        actors: which run besides one worker, and the bulk load where there is a cut.
        faults: which may happen.
        steps: after so many, all is let come to rest.
        fault_rate: how often something goes wrong before a step.
        lag: so many steps nobody reads the first log.
        tick: microseconds, how far the clock goes at most in a step.
        most_lost: microseconds: servers lose no more than was written in them.
        most_skew: microseconds: how far a clock is ahead at most.
    """

    seed: int
    kind: str
    windows: tuple[int, ...]
    shards: int
    servers: int
    cut: int | None
    history: int
    lead: int
    table: tuple[Row, ...]
    logs: tuple[tuple[Record, ...], ...]
    actors: tuple[str, ...]
    faults: tuple[str, ...]
    steps: int
    fault_rate: float
    lag: int = 0
    tick: int = SECOND // 10
    most_lost: int = 3600 * SECOND
    most_skew: int = 5 * SECOND


def scenario(seed: int) -> Scenario:
    """Return the scenario of a seed; some are about ids that move, and how they are forgotten."""
    return (_of_any, _of_any, _of_any, _of_moves, _of_any, _of_any, _of_forgetting, _of_moves)[seed % 8](seed)


def _of_any(seed: int) -> Scenario:
    dice = random.Random(seed)
    kind = dice.choice(KINDS)
    shards = dice.randint(1, 3)
    rows = _rows(dice, kind, dice.randint(4, 24))
    cut = START + dice.randint(2, 14) * SECOND if dice.random() < 0.5 else None
    table, streamed = ([], rows) if cut is None else _divided(dice, rows, cut)
    return Scenario(
        seed=seed,
        kind=kind,
        windows=dice.choice(WINDOW_SETS),
        shards=shards,
        servers=dice.randint(1, shards),
        cut=cut,
        history=dice.choice((0, SECOND, 4 * SECOND)),
        lead=dice.choice((0, SECOND, 3 * SECOND)),
        table=tuple(table),
        logs=_logs(dice, streamed),
        actors=tuple(each for each in ACTORS if dice.random() < 0.7),
        faults=tuple(each for each in FAULTS if dice.random() < 0.5),
        steps=dice.randint(150, 500),
        fault_rate=0.06,
    )


def _of_moves(seed: int) -> Scenario:
    """Return a scenario of few ids whose versions come at once, on servers that often lose what was just written."""
    dice = random.Random(seed)
    rows = _rows(dice, "moves", dice.randint(3, 9), gaps=(0, 1, 50_000), new=0.25)
    shards = dice.randint(2, 3)
    return Scenario(
        seed=seed,
        kind="moves",
        windows=dice.choice(((4,), (0,), (4, 0))),
        shards=shards,
        servers=shards,
        cut=None,
        history=4 * SECOND,
        lead=SECOND,
        table=(),
        logs=_logs(dice, rows),
        actors=("worker-2", "worker-3"),
        faults=tuple(each for each in ("crash", "rollback", "rollback", "lost") if dice.random() < 0.8),
        steps=dice.randint(60, 160),
        fault_rate=dice.choice((0.02, 0.04, 0.15)),
    )


def _of_forgetting(seed: int) -> Scenario:
    """Return a scenario of ids that move, over so long a time that they are forgotten."""
    dice = random.Random(seed)
    rows = _rows(
        dice, "moves", dice.randint(8, 20), gaps=(0, 2 * SECOND, 5 * SECOND), new=0.3, latest=3 * SECOND
    )
    shards = dice.randint(1, 3)
    return Scenario(
        seed=seed,
        kind="moves",
        windows=dice.choice(((4,), (0,), (4, 0), (7,), (8,))),
        shards=shards,
        servers=shards,
        cut=None,
        history=2 * SECOND,
        lead=SECOND,
        table=(),
        logs=_logs(dice, rows),
        actors=(
            "worker-2",
            "forgetter",
            "forgetter",
            *(each for each in ("compactor", "reader") if dice.random() < 0.5),
        ),
        faults=("rollback", *(each for each in FAULTS if dice.random() < 0.4)),
        steps=dice.randint(200, 400),
        fault_rate=0.04,
        lag=dice.choice((0, 100, 200)),
        tick=SECOND,
        most_lost=2 * SECOND,
        most_skew=2 * SECOND,
    )


def _rows(
    dice: random.Random,
    kind: str,
    count: int,
    *,
    gaps: tuple[int, ...] = GAPS,
    new: float = 0.45,
    latest: int = 5 * SECOND,
) -> list[Row]:
    """Return rows in the order of their arrival: late, future-dated, corrected, deleted and delivered twice."""
    entities = [b"ant", b"bee", b"cat"][: dice.randint(1, 3)]
    rows: list[Row] = []
    arrival = START
    for number in range(count):
        arrival += dice.choice(gaps)
        known = arrival if kind == "arrival" else arrival - dice.choice((0, 0, 300_000, 2_000_000, latest))
        if kind != "arrival" and dice.random() < 0.1:
            known = arrival + dice.randint(1, 3) * SECOND
        time = known - dice.choice((-2_000_000, 0, 1, 500_000, 2_000_000, 4_000_000, 8_000_000))
        row = Row(dice.choice(entities), time, known, 3**number, arrival)
        if kind in ("stays", "moves"):
            row = _version(dice, kind, row, rows, number, new, latest)
        rows.append(row)
        if dice.random() < 0.1:
            rows.append(replace(row, known=arrival) if kind == "arrival" else row)
    return rows


def _version(
    dice: random.Random, kind: str, row: Row, earlier: list[Row], number: int, new: float, latest: int
) -> Row:
    """Return a row as a version: of a new id, or of one that was there, seldom with its knowledge time too."""
    if not earlier or dice.random() < new:
        return replace(row, id=b"i%d" % number, rank=b"%02d" % number)
    before = dice.choice(earlier[-4:])
    entity = before.entity if kind == "stays" or dice.random() < 0.5 else row.entity
    again = dice.random() < 0.1 and before.known >= row.arrival - latest
    known = before.known if again else row.known
    return replace(
        row, id=before.id, rank=b"%02d" % number, entity=entity, known=known, kept=dice.random() < 0.75,
        time=before.time if dice.random() < 0.5 else row.time,
    )  # fmt: skip


def _divided(dice: random.Random, rows: list[Row], cut: int) -> tuple[list[Row], list[Row]]:
    """Return what the table has and what the logs have.

    The table has all that was known up to the cut; the logs may have kept some of it, late rows above all. With ids
    the table may have rows from after the cut as well.
    """
    lost = rows[: dice.randint(0, len(rows) // 2)]
    lost = [row for row in lost if row.known <= cut and row.arrival <= cut]
    table = [
        row for row in rows if row.known <= cut or (row.id is not None and row in lost) or
        (row.id is not None and dice.random() < 0.3)
    ]  # fmt: skip
    dice.shuffle(table)
    keys = {id(row) for row in lost}
    return table, [row for row in rows if id(row) not in keys]


def _logs(dice: random.Random, rows: list[Row]) -> tuple[tuple[Record, ...], ...]:
    """Return rows in two partitions, whose offsets have gaps as a compacted topic has."""
    logs: tuple[list[Record], list[Record]] = ([], [])
    following = [dice.choice((0, 0, 5)), 0]
    for row in rows:
        at = dice.randint(0, 1)
        logs[at].append(Record(following[at], row))
        following[at] += dice.choice((1, 1, 1, 2))
    return tuple(map(tuple, logs))


__all__ = ["CORRECTIONS", "FAULTS", "SECOND", "START", "Record", "Scenario", "scenario"]
