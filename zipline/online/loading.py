"""What `zipline materialize` does: history from the repository's tables into its online store."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from zipline.engines.duckdb.database import Database
from zipline.errors import ConfigError, OnlineError
from zipline.online.fills import Fill
from zipline.online.history import TableHistory
from zipline.online.loads import ChunkLoad, Load
from zipline.online.materialize import Loaded, Loads, Materialization, materialize
from zipline.online.state.view_state import ViewState
from zipline.online.stores.opening import EMBEDDED, open_store
from zipline.progress import shown
from zipline.registry.registry import Registry
from zipline.settings import Settings

if TYPE_CHECKING:
    from zipline.engines.spark.engine import SparkEngine

WAIT_SECONDS: Final = 0.2
GIVE_UP_SECONDS: Final = 600.0


def load_history(
    registry: Registry,
    name: str,
    settings: Settings,
    root: Path,
    until: int | None,
    now: Callable[[], int] = lambda: time.time_ns() // 1000,
    spark: Callable[[], SparkEngine] | None = None,
) -> list[Loaded]:
    """Load the history of a service's views, or of one view, as zipline.toml says where from and where to.

    Args:
        registry: where it is registered.
        name: of the service or view, in the version applied last, or `name@version`.
        settings: of the repository.
        root: its folder.
        until: as in `Materialization.load`.
        now: the clock, microseconds.
        spark: gives the engine whose tasks read the tables and write to the store; this process does unless given.

    Raises:
        ConfigError: there is no such service, view or version; or tasks cannot reach the store.
        RequestError: a view of it is not read online, or nothing says up to when its tables are complete.
        DataError: a row cannot be read.
        StoreUnavailable: the online store is down.
    """
    url = settings.located(settings.online.store, where="[online] store")
    store = open_store(url, settings.online, root=root)
    try:
        with Database(settings.duckdb, root, settings.variables) as database, shown() as progress:
            if spark is None:
                loads: Loads = partial(table_loads, database)
            else:
                loads = _executors(url, settings, spark, database)
            loader = Materialization(
                store, loads, settings.online.shards, settings.online.history_us, progress, Patience(), now
            )
            return materialize(registry, name, loader, until)
    finally:
        store.close()


def table_loads(database: Database, state: ViewState, fill: Fill) -> Sequence[Load]:
    """Return the histories of a view's sources that have a table, read by this process."""
    return [
        ChunkLoad(state, fill, source.name, TableHistory(database, state, number, fill))
        for number, source in enumerate(state.sources)
        if source.has_table
    ]


def _executors(url: str, settings: Settings, spark: Callable[[], SparkEngine], database: Database) -> Loads:
    """Return what gives the same histories, read and written by Spark's tasks.

    Raises:
        ConfigError: the store is in files of this machine.
    """
    if url.startswith(EMBEDDED):
        raise ConfigError(
            f"the store {url!r} has one writer, and Spark's tasks are many processes", where="engine 'spark'",
            hint="name a Redis: [online] store = 'redis://...'; or load with engine='duckdb' (--engine duckdb)",
        )  # fmt: skip
    from zipline.online.executors.loads import spark_loads

    opened = partial(open_store, url, settings.online)
    return partial(spark_loads, spark().session, database, opened)


class Patience:
    """Waits for a stream that comes nearer, and gives up on one that does not."""

    def __init__(self) -> None:
        self._seen: tuple[str, float] = ("", 0.0)

    def __call__(self, state: str) -> None:
        """Wait a little.

        Raises:
            OnlineError: nothing has moved for ten minutes.
        """
        now = time.monotonic()
        if state != self._seen[0]:
            self._seen = (state, now)
        elif now - self._seen[1] > GIVE_UP_SECONDS:
            raise OnlineError(
                state,
                hint="the history is loaded; start zipline stream, and then this again: it goes on from here",
            )
        time.sleep(WAIT_SECONDS)
