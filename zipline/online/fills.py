"""Fills: one filling of a view version's state; a new cut, backfill or number of shards is a new fill beside it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from zipline.online.calls import Shard


@dataclass(frozen=True)
class Fill:
    """An immutable fact of the catalog.

    Attributes:
        view: the view's name.
        version: of the view.
        number: 1, 2, ... of this version.
        shards: how many there are.
        cut: microseconds, see `calls.Meta`; None where no history is loaded.
        history: microseconds: how far back reads `at=` may go; the floor follows the stream at this distance.
        created_at: UTC, ISO 8601.
    """

    view: str
    version: int
    number: int
    shards: int
    cut: int | None
    history: int
    created_at: str

    @property
    def name(self) -> str:
        """How its keys begin: `carrier_delays@2.1`."""
        return f"{self.view}@{self.version}.{self.number}"

    def shard(self, number: int) -> Shard:
        """Return one of its shards."""
        return self.all_shards[number]

    @cached_property
    def all_shards(self) -> tuple[Shard, ...]:
        """Its shards."""
        return tuple(Shard(self.name, number) for number in range(self.shards))
