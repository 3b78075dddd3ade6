"""Partials as bytes: what a tile keeps of each aggregation, exactly, and as the same bytes for the same partial."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from types import MappingProxyType
from typing import Any

import msgspec.msgpack

from zipline.aggregations.decayed import REACH, Decayed
from zipline.dsl.aggregation import Aggregation
from zipline.online.state.partial_messages import message_of
from zipline.online.state.partial_numbers import number_form
from zipline.online.state.values import plain, unplain
from zipline.order import order_key
from zipline.types import DataType

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder().decode


class PartialCodec:
    """Writes and reads the partials of one aggregation.

    A partial of an aggregation with `by` is a mapping from group to what is otherwise a partial; no group, and the
    partial of no events, are no bytes.

    Args:
        aggregation: whose.
        columns: the types of the view's columns.

    >>> from zipline.aggregations import Count
    >>> codec = PartialCodec(Count(), {})
    >>> codec.decode(codec.encode(5)), codec.decode(b"")
    (5, 0)
    """

    def __init__(self, aggregation: Aggregation, columns: Mapping[str, DataType]) -> None:
        self.aggregation = aggregation
        self._numbers = number_form(aggregation, columns)
        self._columns = columns

    @cached_property
    def zero(self) -> Any:
        """The partial of no events."""
        return {} if self.aggregation.by is not None else self.aggregation.zero()

    def encode(self, partial: Any) -> bytes:
        """Return a partial as bytes."""
        if partial == self.zero:
            return b""
        if self._numbers is not None:
            return self._numbers.encode(partial)
        if self.aggregation.by is None:
            return _encode(self._message.plain(partial))
        groups = sorted(partial, key=order_key)
        return _encode([[plain(each, self._group), self._message.plain(partial[each])] for each in groups])

    def decode(self, data: bytes) -> Any:
        """Return the partial that bytes stand for."""
        if not data:
            return self.zero
        if self._numbers is not None:
            return self._numbers.decode(data)
        stored = _decode(data)
        if self.aggregation.by is None:
            return self._message.partial(stored)
        return {unplain(group, self._group): self._message.partial(partial) for group, partial in stored}

    def merge(self, left: bytes, right: bytes) -> bytes:
        """Return the bytes of both partials' events."""
        if not (left and right):
            return left or right
        one, other = self.decode(left), self.decode(right)
        if self.aggregation.by is None:
            return self.encode(self.aggregation.merge(one, other))
        merged = dict(one)
        for group, partial in other.items():
            merged[group] = self.aggregation.merge(merged[group], partial) if group in merged else partial
        return self.encode(merged)

    def trimmed(self, data: bytes, floor: int) -> bytes:
        """Return the bytes without terms that have decayed to nothing at `floor`."""
        aggregation = self.aggregation
        if not isinstance(aggregation, Decayed) or not data:
            return data
        oldest = floor // aggregation.half_life_us - REACH

        def rest(terms: Mapping[int, Any]) -> Mapping[int, Any]:
            return MappingProxyType({whole: total for whole, total in terms.items() if whole >= oldest})

        partial = self.decode(data)
        if aggregation.by is None:
            return self.encode(rest(partial))
        groups = {group: rest(terms) for group, terms in partial.items()}
        return self.encode({group: terms for group, terms in groups.items() if terms})

    @cached_property
    def _message(self) -> Any:
        return message_of(self.aggregation, self._columns)

    @cached_property
    def _group(self) -> DataType:
        assert self.aggregation.by is not None
        return self._columns[self.aggregation.by]
