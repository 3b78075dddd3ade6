"""Facts: what a micro-batch says about the entities of one view, in columns, before it becomes bytes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from zipline.online.state.byte_column import taken


@dataclass(frozen=True)
class Facts:
    """Rows of one source of a view, each an event or, of a source with ids, a version of one.

    A row whose event time, key or id is null belongs to nobody and is not among them. A row of a source without ids
    that fails its `where` is not among them either.

    Attributes:
        entities: the key of each row, as `state.keys` encodes it. None, in a source whose ids move: a version without
            key or event time (a tombstone may have only its id), which replaces others and has no place of its own.
        times: int64[n], event time, microseconds.
        known: int64[n], knowledge time: declared, delayed, or the arrival.
        columns: what the view's features read, `select`'s columns among them, in the types of `ViewState.columns`.
        masks: the text of each `where` of a feature -> bool[n].
        ids: the id of each row, unique across the sources of a union; None where the source has none.
        ranks: bytes that order versions of one id and one knowledge time as semantics says; None without ids.
        kept: bool[n], whether the row is an event if it wins: no deletion, and its source's `where` is true; None
            without ids.
        positions: int64[n], the log's offset of each row; None in bulk.
        source: which of `ViewState.sources` the rows are of.
    """

    entities: Sequence[bytes | None]
    times: NDArray[np.int64]
    known: NDArray[np.int64]
    columns: Mapping[str, pa.Array]
    masks: Mapping[str, NDArray[np.bool_]]
    ids: Sequence[bytes] | None = None
    ranks: Sequence[bytes] | None = None
    kept: NDArray[np.bool_] | None = None
    positions: NDArray[np.int64] | None = None
    source: int = 0

    def __len__(self) -> int:
        return len(self.times)

    def take(self, rows: NDArray[np.bool_] | NDArray[np.int64]) -> Facts:
        """Return the facts of some rows: where a mask is true, or those that have these numbers, in their order."""
        at = np.flatnonzero(rows) if rows.dtype == np.bool_ else np.asarray(rows, np.int64)
        return replace(
            self,
            entities=taken(self.entities, at),
            times=self.times[at],
            known=self.known[at],
            columns={name: column.take(pa.array(at)) for name, column in self.columns.items()},
            masks={text: mask[at] for text, mask in self.masks.items()},
            ids=None if self.ids is None else taken(self.ids, at),
            ranks=None if self.ranks is None else taken(self.ranks, at),
            kept=None if self.kept is None else self.kept[at],
            positions=None if self.positions is None else self.positions[at],
        )
