"""A document: the state of one entity in one view, as bytes that are only appended to, and folded from time to time.

The bytes are blocks, one after another: what compaction made (a floor, tiles, raw facts) and then what was appended
since. Every delta is a block or several. A block that is cut or damaged is an `OnlineError`, never a wrong value.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from zipline.online.state.encoding import encoded
from zipline.online.state.facts import Facts
from zipline.online.state.packing import pack_groups
from zipline.online.state.view_state import ViewState


@dataclass(frozen=True)
class Compaction:
    """What a document becomes.

    Attributes:
        head: the new bytes; empty where nothing is left of it.
        segments: name -> bytes, to write: immutable, named by their content.
        dropped: names of segments that nothing needs any more.
    """

    head: bytes
    segments: Mapping[bytes, bytes]
    dropped: tuple[bytes, ...]


def deltas(state: ViewState, facts: Facts) -> list[tuple[bytes, bytes]]:
    """Return (entity, bytes to append) of every entity that facts speak of, each once."""
    return pack_groups(encoded(state.layout, facts), facts.entities)


def segments_of(state: ViewState, document: bytes) -> tuple[bytes, ...]:
    """Return the names of all segments that a document refers to.

    Raises:
        OnlineError: it cannot be decoded.
    """
    raise NotImplementedError


def compacted(
    state: ViewState, document: bytes, segments: Mapping[bytes, bytes], *, floor: int, lead: int
) -> Compaction:
    """Return what a document becomes: a pure function of its arguments.

    Args:
        state: the view's.
        document: all that was read of it.
        segments: those that `segments_of` names.
        floor: microseconds: no read before it will be asked for. The greater of it and the document's own counts.
        lead: microseconds: what a window's boundary will cross so soon after the floor is not folded away.
    """
    raise NotImplementedError


def bulk_deltas(
    state: ViewState, facts: Facts, *, floor: int, lead: int
) -> list[tuple[bytes, bytes, Mapping[bytes, bytes]]]:
    """Return (entity, bytes to append, segments) of a whole history: tiles where there are many facts."""
    raise NotImplementedError


def expires(state: ViewState, document: bytes, segments: Mapping[bytes, bytes], *, floor: int) -> bool:
    """Return whether nothing of a document can be seen at `floor` or later."""
    raise NotImplementedError


def decode_for_people(state: ViewState, document: bytes) -> Sequence[Mapping[str, object]]:
    """Return a document's blocks in words, for `zipline lookup --verbose` and error reports."""
    raise NotImplementedError
