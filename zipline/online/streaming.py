"""A worker for a feature repository: what its registry says is read online, in the store that its settings name."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from zipline.dsl.feature_service import FeatureService
from zipline.errors import ConfigError, RequestError, nearest
from zipline.online import catalog
from zipline.online.steps import run
from zipline.online.stores.base import Store
from zipline.online.streams.counts import Counts
from zipline.online.streams.entry_steps import Parts
from zipline.online.streams.fill_book import FillBook
from zipline.online.streams.opening import Streams
from zipline.online.worker import Worker
from zipline.registry.records import Record
from zipline.registry.registry import Registry
from zipline.registry.served import served
from zipline.settings import Settings


def open_worker(
    registry: Registry,
    settings: Settings,
    root: Path,
    store: Store,
    views: Sequence[str] = (),
    say: Callable[[str], None] = lambda text: None,
    clock: Callable[[], int] = time.time_ns,
    *,
    awaits_history: bool = True,
) -> Worker:
    """Return a worker that streams into a store, after telling the store what is registered.

    Args:
        registry: what was applied last is published: views that are read online, and services of nothing else.
        settings, root: of the repository.
        store: which the caller closes.
        views: whose streams are read; of all that the store's catalog has unless given.
        say: is told what a person should know while it works.
        clock: nanoseconds since the epoch.
        awaits_history: whether views of tables wait for `zipline materialize`; else nothing was before their streams.

    Raises:
        ConfigError: a view is not among what was applied, or nothing of it is read online.
    """
    publish(registry, store, views)
    online = settings.online

    def now() -> int:
        return clock() // 1000

    book = FillBook(store, frozenset(views), online.shards, online.history_us, now, awaits_history)
    streams = Streams(settings, root, clock)
    parts = Parts(store, book, streams.dead_letters(), Counts(), now, say)
    return Worker(book, streams, parts)


def publish(registry: Registry, store: Store, views: Sequence[str] = ()) -> None:
    """Tell a store of the views that were applied last and are read online, and of the services of such views.

    Raises:
        ConfigError: a view of `views` is not among them, or there is none.
    """
    applied = registry.applied()
    facts = applied.views if applied else {}
    online = sorted(name for name, each in facts.items() if each.online)
    for name in views or ([] if online else ["(none)"]):
        if name not in online:
            raise ConfigError(
                f"view {name!r} is not among what was applied last and is read online"
                if views else "nothing that was applied is read online",
                hint=f"declare it, online=True, and register that: zipline apply; {nearest(name, online)}",
            )  # fmt: skip
    records = [registry.record("view", name, facts[name].version) for name in online]
    for record in records:
        run(catalog.publish(served(registry, record)), store)
    for record in _services(registry):
        try:
            told = served(registry, record)
        except RequestError:  # a view of it is not read online
            continue
        run(catalog.publish(told), store)


def _services(registry: Registry) -> list[Record]:
    applied = registry.applied()
    records = [
        registry.record("service", name, each.version)
        for name, each in sorted((applied.services if applied else {}).items())
    ]
    return [record for record in records if isinstance(record.definition, FeatureService)]
