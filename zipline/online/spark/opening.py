"""A worker of queries for a feature repository: what its registry says is read online, in the store of its settings."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zipline.engines.spark.session import open_session, running_session
from zipline.errors import ConfigError
from zipline.online.spark.job import Job
from zipline.online.spark.worker import SparkWorker
from zipline.online.stores.base import Store
from zipline.online.stores.opening import EMBEDDED, open_store
from zipline.online.streaming import publish
from zipline.online.streams.counts import Counts
from zipline.online.streams.entry_steps import Parts
from zipline.online.streams.fill_book import FillBook
from zipline.online.streams.opening import Streams
from zipline.registry.registry import Registry
from zipline.settings import Settings

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def open_spark_worker(
    registry: Registry,
    settings: Settings,
    root: Path,
    views: Sequence[str] = (),
    say: Callable[[str], None] = lambda text: None,
    clock: Callable[[], int] = time.time_ns,
    session: SparkSession | None = None,
) -> SparkWorker:
    """Return a worker that streams by queries of Spark, after telling the store what is registered.

    Args:
        registry, settings, root, views, say, clock: as of `open_worker`.
        session: that is used; the one that is active, or one that is started and ended with the worker, unless given.

    Raises:
        ConfigError: the store is embedded, the session cannot run queries here, a view is not among what was applied,
            or dead letters would go to folders of many machines.
    """
    url = settings.located(settings.online.store, where="[online] store")
    if url.startswith(EMBEDDED):
        raise ConfigError(
            f"the store {url!r} is one process's, and executors are others", where="--engine spark",
            hint="name a Redis, [online] store = 'redis://...', or stream without --engine spark",
        )  # fmt: skip
    opened: Callable[[], Store] = partial(open_store, url, settings.online)
    store = opened()
    publish(registry, store, views)
    found, own = _session(settings, session)
    _check(found, settings)
    worker = make_spark_worker(found, opened, settings, root, views, say, clock, store=store)
    if own:
        worker.closing.callback(found.stop)
    worker.closing.callback(store.close)
    return worker


def make_spark_worker(
    session: SparkSession, opened: Callable[[], Store], settings: Settings, root: Path, views: Sequence[str],
    say: Callable[[str], None], clock: Callable[[], int], *, store: Store,
) -> SparkWorker:  # fmt: skip
    """Return a worker for what a store's catalog has.

    Args:
        opened: opens the store where tasks run; it is sent there, as `clock` is.
        store: of this process.
    """
    told = settled(settings)
    streams, online = Streams(settings, root, clock), settings.online

    def now() -> int:
        return clock() // 1000

    book = FillBook(store, frozenset(views), online.shards, online.history_us, now)
    parts = Parts(store, book, streams.dead_letters(), Counts(), now, say)
    job = Job("", opened, told, root, clock, (), {})
    return SparkWorker(session, book, streams, parts, job)


def settled(settings: Settings) -> Settings:
    """Return settings of what is read and told elsewhere, without variables: those of this process are put in."""
    kafka, registry = settings.kafka, settings.schema_registry

    def located(value: Any, where: str) -> Any:
        if not isinstance(value, str):
            return value
        return settings.located(value, where=where).replace("${", "$${")

    options = {name: located(value, f"[kafka] {name}") for name, value in kafka.options.items()}
    return Settings(
        kafka=replace(
            kafka,
            bootstrap_servers=located(kafka.bootstrap_servers, "[kafka] bootstrap_servers"),
            dead_letters=located(kafka.dead_letters, "[kafka] dead_letters"),
            options=options,
        ),
        schema_registry=replace(
            registry,
            **{
                name: located(getattr(registry, name), f"[schema_registry] {name}")
                for name in ("url", "user", "password")
            },
        ),
    )


def _session(settings: Settings, given: SparkSession | None) -> tuple[SparkSession, bool]:
    """Return the session, and whether it is ours to end."""
    if given is not None:
        return given, False
    if settings.located(settings.spark.master, where="[spark] master").startswith("sc://"):
        raise ConfigError(
            "a query of Spark Connect would run where its state cannot be looked after", where="[spark] master",
            hint="run zipline stream where the driver may run, with a master of another kind: spark://, yarn, k8s://",
        )  # fmt: skip
    own = running_session() is None
    session = open_session(settings.spark, settings.variables)
    return session, own


def _check(session: SparkSession, settings: Settings) -> None:
    if settings.kafka.dead_letters is None and not str(session.sparkContext.master).startswith("local"):
        raise ConfigError(
            "records that are no rows would be kept in folders of many machines", where="[kafka] dead_letters",
            hint="name a topic for them: dead_letters = 'zipline-dead-letters'",
        )  # fmt: skip
