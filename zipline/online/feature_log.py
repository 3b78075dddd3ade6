"""The feature log: what was answered, in Parquet files, written beside the answers and never in their way."""

from __future__ import annotations

import logging
import random
import threading
import time as clock
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from zipline.errors import ConfigError
from zipline.settings import Settings

if TYPE_CHECKING:
    import pyarrow as pa

    from zipline.online.answer import Answer
    from zipline.online.features import Features
    from zipline.online.logged import Logged
    from zipline.online.service_state import ServiceState

_LOG: Final = logging.getLogger("zipline.serve")


@dataclass(frozen=True)
class Keeping:
    """What is kept, and how much of it is not on disk yet.

    Attributes:
        sample: the share of requests that is kept, between 0 and 1.
        rows: of a file: so many make one at once.
        seconds: after which the rows that there are make one.
        buffer: rows that may wait; more are dropped, and counted.
    """

    sample: float = 1.0
    rows: int = 50_000
    seconds: float = 60.0
    buffer: int = 200_000


class FeatureLog:
    """Keeps reads, and writes them from a thread of its own.

    Files appear whole: a crash loses what waits in the buffer, and leaves no torn file.

    Args:
        place: a folder or an fsspec URL; each service version has a folder in it.
        keeping: how much.
        written, dropped: are told of rows that were, and of rows that could not be.
    """

    def __init__(
        self,
        place: str,
        keeping: Keeping | None = None,
        *,
        written: Callable[[int], None] = lambda rows: None,
        dropped: Callable[[int], None] = lambda rows: None,
    ) -> None:
        self._place = place.rstrip("/")
        self._keeping = keeping or Keeping()
        self._written, self._dropped = written, dropped
        self._draw = random.Random().random
        self._waiting: dict[tuple[str, ...], tuple[ServiceState, list[Logged]]] = {}
        self._rows = 0
        self._closed = False
        self._changed = threading.Condition()
        self._writing = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="zipline-feature-log", daemon=True)
        self._thread.start()

    def offer(self, state: ServiceState, request: Mapping[str, Any], features: Features) -> None:
        """Keep a read of one entity, if it is drawn and there is room."""
        if self._drawn(1):
            from zipline.online.logged import LoggedOne

            self._put(state, LoggedOne(_now(), request, features))

    def offer_many(self, requests: Sequence[Mapping[str, Any]], answer: Answer) -> None:
        """Keep a read of several entities, all or none of them."""
        if requests and self._drawn(len(requests)):
            from zipline.online.logged import LoggedMany

            self._put(answer.service, LoggedMany(_now(), requests, answer))

    def flush(self) -> None:
        """Write what waits, now."""
        with self._writing:
            with self._changed:
                taken, self._waiting, self._rows = self._waiting, {}, 0
            for state, reads in taken.values():
                self._write(state, reads)

    def close(self) -> None:
        """Write what waits, and keep nothing more."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join()

    def _drawn(self, rows: int) -> bool:
        if self._keeping.sample < 1.0 and self._draw() >= self._keeping.sample:
            return False
        if self._rows + rows > self._keeping.buffer:
            self._dropped(rows)
            return False
        return True

    def _put(self, state: ServiceState, read: Logged) -> None:
        with self._changed:
            # A view by itself has one title, and its outputs two names: `view__feature` and `view_v1__feature`.
            self._waiting.setdefault((state.title, *state.outputs), (state, []))[1].append(read)
            self._rows += len(read)
            if self._rows >= self._keeping.rows:
                self._changed.notify()

    def _run(self) -> None:
        closed = False
        while not closed:
            with self._changed:
                self._changed.wait_for(
                    lambda: self._closed or self._rows >= self._keeping.rows, self._keeping.seconds
                )
                closed = self._closed
            self.flush()

    def _write(self, state: ServiceState, reads: Sequence[Logged]) -> None:
        from zipline.output import write_parquet

        table = self._table(state, reads)
        if table is None:
            return
        name = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{uuid4().hex[:12]}.parquet"
        try:
            write_parquet(f"{self._place}/{state.title}/{name}", table.schema, table.to_batches())
        except Exception as error:  # reads go on without their log
            self._lose(len(table), error)
        else:
            self._written(len(table))

    def _table(self, state: ServiceState, reads: Sequence[Logged]) -> pa.Table | None:
        """Return reads as rows; one that cannot be written down is dropped, and not those beside it."""
        import pyarrow as pa

        from zipline.online.logged import log_table

        try:
            return log_table(state, reads)
        except Exception as error:
            if len(reads) == 1:
                self._lose(len(reads[0]), error)
                return None
        tables = [each for read in reads if (each := self._table(state, [read])) is not None]
        return pa.concat_tables(tables) if tables else None

    def _lose(self, rows: int, error: Exception) -> None:
        _LOG.error("%d rows of the feature log could not be written: %s", rows, error)
        self._dropped(rows)


def log_place(settings: Settings, root: Path, given: str | Path | None = None) -> str:
    """Return where the log is: where it is said to be, or as zipline.toml says, relative to the repository.

    Raises:
        ConfigError: neither says so.
    """
    if given is not None:
        return str(given)
    if settings.serve.log is None:
        raise ConfigError(
            "no feature log is named", hint="give one, --log FOLDER, or name it in zipline.toml: [serve] log"
        )
    place = settings.located(settings.serve.log, where="[serve] log")
    return place if "://" in place else str(root / Path(place).expanduser())


def _now() -> int:
    return clock.time_ns() // 1000
