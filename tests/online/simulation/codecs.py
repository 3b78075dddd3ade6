"""What makes bytes of facts and values of bytes: the real code, or its double in plain Python."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import partial
from typing import Final, Protocol
from unittest.mock import patch

from tests.online.simulation import double
from tests.online.simulation.rows import Values
from zipline.online.protocol import compacting
from zipline.online.protocol.reading import Fold
from zipline.online.state import document, index
from zipline.online.state.fold import Folder, Needed
from zipline.online.state.policy import Policy
from zipline.online.state.view_state import ViewState

EAGER: Final = Policy(raw_bytes=0, tile_events=3, fewest=1)


class Codec(Protocol):
    """A way to make bytes of facts and values of bytes."""

    def used(self) -> AbstractContextManager[None]:
        """Return a context in which the protocol uses it."""

    def fold(self, state: ViewState) -> Fold[Sequence[Values]]:
        """Return what folds documents into values as `rows.values_at` gives them."""


class Double:
    """The stand-in."""

    @contextmanager
    def used(self) -> Iterator[None]:
        """Put the stand-in where the protocol looks."""
        with ExitStack() as stack:
            for name in ("deltas", "segments_of", "needed_segments", "compacted", "expires", "bulk_deltas"):
                stack.enter_context(patch.object(document, name, getattr(double, name)))
            stack.enter_context(patch.object(index, "placed", double.placed))
            stack.enter_context(patch.object(compacting, "opened", lambda _, head: double.parse(head)))
            yield

    def fold(self, state: ViewState) -> Fold[Sequence[Values]]:
        """Return the stand-in's fold."""

        def fold(
            documents: Sequence[bytes | None],
            t: int,
            segments: Mapping[tuple[int, bytes], bytes] | None = None,
            needed: Needed | None = None,
        ) -> Sequence[Values] | Needed:
            return double.fold(state, documents, t, segments or {})

        return fold


class Real:
    """The package's own."""

    @contextmanager
    def used(self) -> Iterator[None]:
        """Leave all as it is, but fold the fewest events into tiles."""
        with ExitStack() as stack:
            for name in ("needed_segments", "compacted", "bulk_deltas"):
                eager = partial(getattr(document, name), policy=EAGER)
                stack.enter_context(patch.object(document, name, eager))
            yield

    def fold(self, state: ViewState) -> Fold[Sequence[Values]]:
        """Return the package's fold."""
        names = [feature.name for feature in state.features]
        count = len(names) // 3
        order = [names[at + each * count] for at in range(count) for each in range(3)]
        folder = Folder(state, names)

        def fold(
            documents: Sequence[bytes | None],
            t: int,
            segments: Mapping[tuple[int, bytes], bytes] | None = None,
            needed: Needed | None = None,
        ) -> Sequence[Values] | Needed:
            folded = folder.fold(documents, t, segments, needed)
            if isinstance(folded, Needed):
                return folded
            assert not folded.errors
            return [
                (bool(folded.found[row]), *(folded.value(row, name) for name in order))
                for row in range(len(documents))
            ]

        return fold
