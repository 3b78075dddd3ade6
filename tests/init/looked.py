"""Small tables to look at, and what is proposed for them."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from zipline.init.columns import Column, look
from zipline.init.proposal import Proposal, propose
from zipline.init.times import Time, candidates

SECOND = 1_700_000_000  # 14 November 2023
DAY = 86_400


def seen(**columns: Any) -> list[Column]:
    """Return what is seen of columns."""
    return look(pa.table(columns))


def times(**columns: Any) -> list[Time]:
    """Return the columns that can be event times, the likeliest first."""
    table = pa.table(columns)
    integers = [
        table[name].to_pylist() if pa.types.is_integer(table[name].type) else None for name in columns
    ]
    return candidates(look(table), integers)


def proposed(
    source: str = "events", *, entity: str | None = None, event_time: str | None = None, **columns: Any
) -> Proposal:
    """Return what is proposed for a table of these columns."""
    return propose(pa.table(columns), source, title="the table", entity=entity, event_time=event_time)
