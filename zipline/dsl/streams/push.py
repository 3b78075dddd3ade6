"""Push: events that come by calls."""

from __future__ import annotations

from zipline.dsl.definition import Definition
from zipline.dsl.streams.stream import Stream


class Push(Stream):
    """Events that come by calls: `store.push("flights", rows)`, or `POST /push` of `zipline serve`.

    A call returns when its rows are in a durable log, in the folder that `[push]` of zipline.toml names. A row without
    a knowledge-time column is known when it was pushed.

    >>> Push()
    Push()
    """

    def __init__(self) -> None:
        Definition.__init__(self)
