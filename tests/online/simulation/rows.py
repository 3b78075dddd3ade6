"""Rows of the simulated source, and what a view over them is: the definition, with no thought of speed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TypeAlias

import numpy as np
import pyarrow as pa

from zipline.dsl.window import Window
from zipline.online.state.facts import Facts

Values: TypeAlias = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """An event, or a version of one where the source has ids.

    Attributes:
        arrival: when the broker takes it, microseconds.
        known: its knowledge time.
        kept: False for a deletion.
        rank: orders versions of one knowledge time.
    """

    entity: bytes
    time: int
    known: int
    value: int
    arrival: int
    id: bytes | None = None
    rank: bytes = b""
    kept: bool = True


def facts_of(rows: Sequence[Row], positions: Sequence[int] | None = None) -> Facts:
    """Return rows as a worker would have decoded them."""
    ids = bool(rows) and rows[0].id is not None
    return Facts(
        entities=[row.entity for row in rows],
        times=np.array([row.time for row in rows], np.int64),
        known=np.array([row.known for row in rows], np.int64),
        columns={"value": pa.array([row.value for row in rows], pa.int64())},
        masks={},
        ids=[row.id or b"" for row in rows] if ids else None,
        ranks=[row.rank for row in rows] if ids else None,
        kept=np.array([row.kept for row in rows], np.bool_) if ids else None,
        positions=None if positions is None else np.array(positions, np.int64),
    )


def values_at(
    rows: Iterable[Row], windows: Sequence[Window], entity: bytes, t: int, corrections: int
) -> Values:
    """Return whether the entity is found, and of each window the count, the sum and the last value."""
    ended = with_ends(list(rows), corrections)
    answers = [values_of(visible(ended, each, entity, t)) for each in windows]
    found = any(visible(ended, longest(windows), entity, t))
    return (found, *(value for answer in answers for value in answer))


def values_of(seen: Sequence[Row]) -> Values:
    """Return the count, the sum and the last value of what one window sees."""
    last = max(seen, key=lambda row: (row.time, row.known, row.value), default=None)
    return len(seen), sum(row.value for row in seen) if seen else None, last.value if last else None


def visible(ended: Sequence[tuple[Row, float]], window: Window, entity: bytes, t: int) -> list[Row]:
    """Return what a window of an entity sees at `t`: semantics.md, sections 2 to 4."""
    now = t - t % window.align_us if window.align_us else t
    lower, upper = window.bounds(t)
    return [
        row
        for row, until in ended
        if row.entity == entity and row.kept and row.known < now <= until and row.time < upper
        and (lower is None or row.time >= lower)
    ]  # fmt: skip


def with_ends(rows: Sequence[Row], corrections: int) -> list[tuple[Row, float]]:
    """Return rows, of one version one, and until when each is its id's latest version."""
    found: list[tuple[Row, float]] = [(row, float("inf")) for row in rows if row.id is None]
    ids: dict[bytes, dict[tuple[int, bytes], Row]] = {}
    for row in rows:
        if row.id is not None:
            ids.setdefault(row.id, {})[(row.known, row.rank)] = row
    for versions in ids.values():
        order = [versions[each] for each in sorted(versions)]
        for row, following in zip(order, [*order[1:], None], strict=True):
            corrected = following is not None and following.known - row.known <= corrections
            found.append((row, following.known if corrected and following else float("inf")))
    return found


def longest(windows: Sequence[Window]) -> Window:
    """Return the window that decides whether an entity is found."""
    return max(windows, key=lambda each: (each.length_us is None, each.length_us or 0, -each.offset_us))


def may_be(
    value: Values, certain: Sequence[Row], doubtful: Sequence[Row], windows: Sequence[Window], entity: bytes, t: int,
    corrections: int,
) -> bool:  # fmt: skip
    """Return whether a value is that of certain rows and some of the doubtful ones."""
    some = doubtful[:12]
    return any(
        value == values_at([*certain, *chosen], windows, entity, t, corrections)
        for count in range(len(some) + 1)
        for chosen in combinations(some, count)
    )
