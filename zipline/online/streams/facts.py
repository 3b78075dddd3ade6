"""Facts of one source's rows for one view: what the batch path computes of them, and how versions of an id compare."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from zipline.online.state.facts import Facts
from zipline.online.state.view_state import ViewState


@dataclass(frozen=True)
class Made:
    """What became of a batch of rows.

    Attributes:
        facts: in the order of the rows.
        left: (row, reason) of those that cannot be computed: poison.
        nobody: column -> how many rows belong to nobody, as that column of theirs is null.
    """

    facts: Facts
    left: list[tuple[int, str]]
    nobody: Mapping[str, int]


class FactMaker:
    """Makes facts of a source's rows; it has a DuckDB connection of its own, for one thread.

    Args:
        state: the view's.
        source_number: which of `state.sources`.
    """

    def __init__(self, state: ViewState, source_number: int) -> None:
        self.state, self.source = state, state.sources[source_number]
        raise NotImplementedError

    def facts(self, rows: pa.Table, arrivals: NDArray[np.int64], positions: NDArray[np.int64] | None) -> Made:
        """Return the facts of rows; a pure function of its arguments.

        Args:
            rows: the source's columns, in its pinned types or those of a table that they are widened from.
            arrivals: int64[n], microseconds: the knowledge time of rows that have none of their own.
            positions: int64[n], the log's offset of each row; None in bulk.
        """
        raise NotImplementedError
