"""Answer: the features of many requests, with what is to be said of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from zipline.errors import OnlineError
from zipline.online.calls import Marker
from zipline.online.features import Features, behind, positions
from zipline.online.service_state import Part, ServiceState
from zipline.online.statuses import Status


@dataclass(frozen=True)
class PartAnswer:
    """What was read of one view.

    Attributes:
        part: the view.
        markers: of each entity that was read, what its shard said then.
        places: int64[n], which of those entities each request is about; their number where a key is null.
        found: bool[n], whether an event of the entity is visible in the view's longest window.
        stale: bool[n], whether the entity's shard is behind the view's freshness.
    """

    part: Part
    markers: Sequence[Marker]
    places: NDArray[np.int64]
    found: NDArray[np.bool_]
    stale: NDArray[np.bool_]

    def marker(self, row: int) -> Marker | None:
        """Return what the shard of a request's entity said; None where a key is null."""
        place = int(self.places[row])
        return self.markers[place] if place < len(self.markers) else None

    @property
    def watermark(self) -> int | None:
        """Return up to when all that arrived has been applied to every shard that was read."""
        found = [self.part.watermark(marker) for marker in self.markers]
        known = [each for each in found if each is not None]
        return min(known) if known and len(known) == len(found) else None


@dataclass(frozen=True)
class Answer:
    """The features of many requests, in their order.

    Attributes:
        service: what was read.
        time: the instant of the read, microseconds.
        now: the clock then, microseconds.
        given: the requests' columns, as they were given.
        columns: column -> values, in the types of a training set; null where an error is. All that was computed.
        failed: column -> row -> why it has no value.
        parts: what was read of each view, in the service's order.
    """

    service: ServiceState
    time: int
    now: int
    given: pa.Table
    columns: Mapping[str, pa.Array]
    failed: Mapping[str, Mapping[int, str]]
    parts: tuple[PartAnswer, ...]

    def __len__(self) -> int:
        return int(self.given.num_rows)

    @cached_property
    def errors(self) -> Mapping[tuple[int, str], str]:
        """(row, column) -> why it has no value."""
        return {
            (row, column): cause
            for column in self.service.outputs
            for row, cause in self.failed.get(column, {}).items()
        }

    def statuses(self, column: str) -> Sequence[Status]:
        """Return how the values of a column came about."""
        return [_STATUSES[code] for code in self._codes(column).tolist()]

    def table(self, *, statuses: bool = False) -> pa.Table:
        """Return the requests' columns and the features; with `statuses`, `{feature}__status` after them.

        Raises:
            OnlineError: without `statuses`, a feature has no value for some request.
        """
        if not statuses and self.errors:
            (row, column), cause = next(iter(self.errors.items()))
            raise OnlineError(
                f"request {row} has no {column}: {cause.partition(chr(10))[0]}",
                where=self.service.title,
                hint="ask with statuses=True: the others have their values, and this one the status ERROR",
            )
        arrays = [*self.given.columns, *(self.columns[name] for name in self.service.outputs)]
        fields = [*self.given.schema, *self.service.schema]
        for name in self.service.outputs if statuses else ():
            said = pa.DictionaryArray.from_arrays(pa.array(self._codes(name)), pa.array(map(str, _STATUSES)))
            arrays.append(said.cast(pa.string()))
            fields.append(pa.field(f"{name}__status", pa.string()))
        return pa.Table.from_arrays(arrays, schema=pa.schema(fields))

    def row(self, number: int) -> Features:
        """Return the features of one request."""
        names = self.service.outputs
        return Features(
            self.service,
            {name: _python(self.columns[name][number]) for name in names},
            {name: _STATUSES[self._codes(name)[number]] for name in names},
            {name: self.failed[name][number] for name in names if number in self.failed.get(name, {})},
            self.time,
            self.now,
            [part.marker(number) for part in self.parts],
        )

    def positions(self, row: int) -> Mapping[str, Mapping[str, int]]:
        """Return view -> log -> the offset up to which it had been applied where a request's entity is."""
        return {each.part.prefix: positions(each.marker(row)) for each in self.parts}

    @property
    def freshness(self) -> Mapping[str, timedelta | None]:
        """View -> how far behind the clock its stream was, where it was furthest; None where none was applied."""
        return {each.part.prefix: behind(self.now, each.watermark) for each in self.parts}

    def _codes(self, column: str) -> NDArray[np.int8]:
        """Return the statuses of a column as places in `_STATUSES`; what stands later in the code counts more."""
        views = self.service.views[column]
        parts = [each for each in self.parts if each.part.prefix in views]
        values = self.columns[column]
        codes = np.zeros(len(self), np.int8)
        if values.null_count:
            codes[values.is_null().to_numpy(zero_copy_only=False)] = _NULL
        if parts:
            codes[~np.logical_or.reduce([part.found for part in parts])] = _NOT_FOUND
            codes[np.logical_or.reduce([part.stale for part in parts])] = _STALE
        codes[list(self.failed.get(column, ()))] = _ERROR
        return codes


_STATUSES = tuple(Status)
_NULL, _NOT_FOUND, _STALE, _ERROR = map(_STATUSES.index, _STATUSES[1:])


def _python(value: pa.Scalar) -> object:
    """Return a value as `Features` has it: a map as a dict."""
    found = value.as_py()
    return dict(found) if pa.types.is_map(value.type) and found is not None else found
