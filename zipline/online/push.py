"""Push: rows into the log of a source that is fed by calls, checked before they are taken."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa

from zipline.dsl.source import EventSource
from zipline.dsl.streams import Push
from zipline.engines.duckdb.frames import arrow_of
from zipline.errors import ConfigError, RequestError, nearest
from zipline.online.state.view_state import view_state
from zipline.online.streams.decode.arrow import Fitting
from zipline.online.streams.decode.base import MOST_ROWS, Misfit, Shape, shape_of
from zipline.online.streams.decode.json import JsonDecoder
from zipline.online.streams.opening import Streams
from zipline.online.streams.push_log import PushLog
from zipline.registry.registry import Registry
from zipline.settings import Settings


class Pusher:
    """Takes rows for the sources of a repository that are fed by calls; it may be used by several threads.

    Args:
        sources: by name.
        registry: whose versions, those applied last, say which columns rows must have.
        settings, root: of the repository.
        clock: nanoseconds since the epoch: when rows arrive.
    """

    def __init__(
        self,
        sources: Mapping[str, EventSource],
        registry: Registry,
        settings: Settings,
        root: Path,
        clock: Callable[[], int] = time.time_ns,
    ) -> None:
        self._sources, self._registry = sources, registry
        self._streams = Streams(settings, root, clock)
        self._opened: dict[str, _Source] = {}
        self._lock = threading.Lock()

    def push(self, source: str, rows: Any, idempotency_key: str | None = None) -> int:
        """Append rows to the log of a source; return how many when they are on the disk.

        Args:
            source: its name.
            rows: an Arrow, Polars, pandas or DuckDB table, or a list of mappings; times in a mapping may be texts.
            idempotency_key: of this call; rows that were pushed with it before are not pushed again.

        Raises:
            ConfigError: there is no such source.
            RequestError: it is not fed by calls, or no view that is read online reads it, or a row does not fit.
            StreamError: the log cannot be written.
        """
        with self._lock:
            if source not in self._opened:
                self._opened[source] = self._open(source)
            opened = self._opened[source]
            table = opened.table(rows)
        if len(table) == 0:
            return 0
        parts = [table.slice(at, MOST_ROWS) for at in range(0, len(table), MOST_ROWS)]
        return opened.log.append([_stream(part) for part in parts], len(table), idempotency_key)

    def close(self) -> None:
        """Close the logs."""
        for opened in self._opened.values():
            opened.log.close()
        self._opened.clear()

    def _open(self, name: str) -> _Source:
        found = self._sources.get(name)
        if found is None:
            raise ConfigError(f"there is no source {name!r}", hint=nearest(name, self._sources))
        if not isinstance(found.stream, Push):
            raise RequestError(
                "is not fed by calls",
                where=f"source {name!r}",
                hint="say so in its definition: stream=zl.Push()",
            )
        return _Source(name, self._shape(name), self._streams.push_log(name))

    def _shape(self, name: str) -> Shape:
        """Return the columns that the views which are read online need of a source."""
        applied = self._registry.applied()
        shapes = []
        for view, facts in sorted((applied.views if applied else {}).items()):
            if facts.online:
                state = view_state(self._registry.record("view", view, facts.version))
                shapes += [
                    shape_of(state, number) for number, each in enumerate(state.sources) if each.name == name
                ]
        if not shapes:
            raise RequestError(
                "no view that is read online reads it", where=f"source {name!r}",
                hint="declare one, online=True, and register it: zipline apply",
            )  # fmt: skip
        types = {column: kind for shape in shapes for column, kind in shape.types.items()}
        zones = {column: zone for shape in shapes for column, zone in shape.zones.items()}
        return Shape(types, frozenset(column for shape in shapes for column in shape.required), zones)


def _stream(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    return bytes(sink.getvalue().to_pybytes())


class _Source:
    """A source that is fed by calls: what its rows must be, and where they go."""

    def __init__(self, name: str, shape: Shape, log: PushLog) -> None:
        self.log = log
        self._name = name
        self._fitting, self._json = Fitting(shape), JsonDecoder(shape)

    def table(self, rows: Any) -> pa.Table:
        """Return rows in the columns and types that they must have.

        Raises:
            RequestError: some row does not fit.
        """
        if isinstance(rows, (list, tuple)):
            return self._of_mappings(rows)
        try:
            return self._fitting.fitted(arrow_of(rows))
        except Misfit as error:
            raise RequestError(str(error), where=f"source {self._name!r}, rows") from None

    def _of_mappings(self, rows: Sequence[Mapping[str, Any]]) -> pa.Table:
        decoded = self._json.decode([self._encoded(row, number) for number, row in enumerate(rows)])
        for number, reason in decoded.bad:
            raise self._unfit(number, reason)
        return decoded.rows

    def _encoded(self, row: Mapping[str, Any], number: int) -> bytes:
        if not _is_finite(list(row.values())):
            raise self._unfit(number, "JSON has neither NaN nor infinities: push a table of Arrow or Polars")
        try:
            return msgspec.json.encode(dict(row), enc_hook=_plain)
        except (TypeError, ValueError) as error:
            raise self._unfit(number, str(error)) from None

    def _unfit(self, number: int, reason: str) -> RequestError:
        return RequestError(
            reason, where=f"source {self._name!r}, row {number}", hint="no row of this call was taken"
        )


def _is_finite(value: Any) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, Mapping):
        return all(map(_is_finite, value.values()))
    return not isinstance(value, (list, tuple)) or all(map(_is_finite, value))


def _plain(value: Any) -> Any:
    """Return what JSON has for a value that it does not know: numpy's numbers, and tuples of whatever is iterable."""
    if hasattr(value, "item"):
        return value.item()
    if isinstance(value, Iterable):
        return list(value)
    raise TypeError(f"{type(value).__name__} {value!r:.80} is no value of a row")
