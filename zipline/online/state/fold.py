"""Fold documents into values: what a reader does with the bytes of one view."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import pyarrow as pa

from zipline.online.state.view_state import ViewState


@dataclass(frozen=True)
class Needed:
    """Segments without which some documents cannot be folded: (row, name)."""

    segments: tuple[tuple[int, bytes], ...]


class Folded(Protocol):
    """The values of some entities.

    Attributes:
        found: of each row, whether an event of the entity is visible in the view's longest window.
        errors: (row, feature) -> why it has no value (an overflow, too many different values).
    """

    found: Sequence[bool]
    errors: Mapping[tuple[int, str], str]

    def value(self, row: int, feature: str) -> Any:
        """Return one value as Python has it (as `pa.Array.to_pylist` would, without maps' pairs: a dict)."""

    def column(self, feature: str) -> pa.Array:
        """Return a feature's values, one for each row, in the type that a training set has; null where an error is."""


class Folder:
    """Folds the documents of one view version, for some of its features; made once for each service.

    Args:
        state: the view's.
        features: the aggregated features that are wanted.
    """

    def __init__(self, state: ViewState, features: Sequence[str]) -> None:
        raise NotImplementedError

    def fold(
        self,
        documents: Sequence[bytes | None],
        t: int,
        segments: Mapping[tuple[int, bytes], bytes] | None = None,
    ) -> Folded | Needed:
        """Return the values of each document's entity at `t` microseconds; None is an entity without a document.

        Args:
            documents: as they were read.
            t: the observation's time; the caller has checked that it is not before the shards' floors.
            segments: (row, name) -> bytes, those that a first call said were needed.

        Raises:
            OnlineError: a document or segment cannot be decoded; the message names the view and the row.
        """
        raise NotImplementedError
