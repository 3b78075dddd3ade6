"""What became of a step that writes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Outcome(Enum):
    """How a writing step ended, and so what its caller does next."""

    DONE = "done"
    """It is in the store; go on."""
    RELOAD = "reload"
    """The store stands elsewhere than believed, or failed: drop the batch, load again, seek."""
    GONE = "gone"
    """A shard is not there (any more): look into the catalog whether the fill still is."""


@dataclass(frozen=True)
class Written:
    """The end of a writing step.

    Attributes:
        outcome: how it ended.
        grown: entities whose documents have grown so far that they should be compacted.
    """

    outcome: Outcome
    grown: tuple[bytes, ...] = ()
