"""FeatureStore: the facade that users hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from zipline.arguments import as_table, visible
from zipline.display import Displayed
from zipline.dsl.feature_service import FeatureService
from zipline.dsl.feature_view import BoundView, FeatureView, Selection
from zipline.dsl.timestamp import Timestamp
from zipline.engines.base import Engine
from zipline.engines.opening import EngineName, chosen_engine, need_pyspark, open_engine, open_spark
from zipline.entity_snapshot import EntitySnapshot, no_observations
from zipline.errors import RequestError
from zipline.plan.build import Requested, build
from zipline.registry import Applied, Changes, Record, Use
from zipline.registry.drafts import Drafts, draft
from zipline.registry.folder import open_folder
from zipline.registry.lookup import look_up
from zipline.registry.registry import Registry
from zipline.registry.uses import note, recorded, uses_of
from zipline.repository import Repository, open_repository
from zipline.time import DurationLike, TimeLike, to_micros
from zipline.timeline import Timeline
from zipline.training_set import TrainingSet

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import SparkSession

    from zipline.display.card import Card
    from zipline.engines.spark.engine import SparkEngine
    from zipline.online.client import OnlineClient
    from zipline.online.materialize import Loaded
    from zipline.online.push import Pusher
    from zipline.online.spark.worker import SparkWorker
    from zipline.online.verify import Verified
    from zipline.online.worker import Worker

Named: TypeAlias = str | Requested


class FeatureStore(Displayed):
    """Point-in-time correct features from definitions.

    Args:
        path: a folder with `zipline.toml` and feature modules; without it the repository that the current folder is
            in, or none: definitions are then given as objects. A repository that is open is taken as it is.
        profile: of `zipline.toml`, "" for none; the environment's ZIPLINE_PROFILE unless given.
        spark: the session that `engine="spark"` runs in; the active one, or one that is started as `[spark]` says,
            unless given.
    """

    def __init__(
        self,
        path: str | Path | Repository | None = None,
        *,
        profile: str | None = None,
        spark: SparkSession | None = None,
    ) -> None:
        self._session = spark
        self._repository = path if isinstance(path, Repository) else open_repository(path, profile)

    @property
    def services(self) -> Mapping[str, FeatureService]:
        """The repository's services, by name."""
        return self._repository.services

    @property
    def views(self) -> Mapping[str, FeatureView]:
        """The repository's views, by name."""
        return self._repository.views

    def card(self) -> Card:
        """Return what is shown of it; nothing but the registry's newest state is read."""
        from zipline.display.results import store_card

        applied = None
        with suppress(Exception):  # a registry that cannot be read is for `zipline doctor` to explain
            applied = self.applied()
        return store_card(self._repository.root, self.views, self.services, applied)

    def plan(self) -> Changes:
        """Return how the repository's code differs from what was applied last; schemas are read, no rows.

        Raises:
            DefinitionError: a definition does not fit its table, or cannot be registered: a `Frame` is only in memory.
            RegistryError: a file of the registry is not what zipline wrote.
        """
        return self._registry.plan(self._drafts())

    def apply(self) -> Changes:
        """Register what is new in the repository's code, and return what differed; schemas are read, no rows.

        Nothing is computed. What was registered before keeps its number. Raises as `plan` does.
        """
        return self._registry.apply(self._drafts())

    def versions(self, name: str) -> list[Record]:
        """Return the registered versions of a service or a view, oldest first.

        Raises:
            ConfigError: none of that name is registered.
        """
        return self._registry.versions(name)

    def applied(self) -> Applied | None:
        """Return what was applied last: the version of every view and service, with its facts; None before."""
        return self._registry.applied()

    def usage(self, name: str | None = None) -> list[Use]:
        """Return which versions were used, by what and when, of one name or of all, oldest first.

        It is written down where zipline.toml says `[registry] record_usage = true`.
        """
        return recorded(self._registry.folder, name)

    def find(self, text: str) -> FeatureService | FeatureView | Selection:
        """Return what a name stands for: `name`, `name@version`, `view:feature` or `view@version:feature`.

        A name without a version is the definition in the code now.

        Raises:
            ConfigError: there is no such service, view or version.
            RequestError: it is no such text, or a feature of a service.
            DefinitionError: the view has no such feature.
        """
        return look_up(text, self._repository.find, lambda: self._registry)

    def training_set(
        self,
        observations: Any,
        features: Named | Sequence[Named],
        *,
        time: str | Timestamp | None = None,
        keys: Mapping[str, str] | None = None,
        as_of: TimeLike | None = None,
        hindsight: bool = False,
        engine: EngineName | None = None,
    ) -> TrainingSet:
        """Return the features of observations, each as it was known at the observation's time.

        Args:
            observations: a table, a path, or an Arrow, Polars, pandas, DuckDB or Spark object.
            features: a service, a view, or a list of views, parts of views and derived columns. Names stand for them:
                `delay_model`, `carrier_delays@2`, `carrier_delays:late_7d`, `carrier_delays@2:late_7d`.
            time: the observations' time column, in place of the service's.
            keys: entity key -> observation column, in place of the service's.
            as_of: only rows known by then are seen; now, unless given.
            hindsight: see late data and corrections as if they had been known at once: a leak, for comparison only.
            engine: `duckdb`, on this machine, or `spark`; what zipline.toml says unless given. They give the same bits.
        """
        wanted = self._used(self._named(features), "training set")
        plan = build(wanted, time=time, keys=keys, visibility=visible(as_of, hindsight))
        return TrainingSet(plan, as_table(observations), self._engine(engine), self._spark_engine)

    def snapshot(
        self,
        features: Named | Sequence[Named],
        *,
        at: TimeLike,
        entities: Any = None,
        keys: Mapping[str, str] | None = None,
        as_of: TimeLike | None = None,
        engine: EngineName | None = None,
    ) -> EntitySnapshot:
        """Return the features of entities at one time: batch inference.

        The time stands in the service's time column, or in `at` where there is none.

        Args:
            features, keys, as_of, engine: as in `training_set`.
            at: the time of the values.
            entities: the entities to answer for, as a table, a path, an object in memory or a list of dicts; every
                one with an event that can be seen at that time unless given.
        """
        wanted = self._used(self._named(features), "snapshot")
        time = wanted.time.column if isinstance(wanted, FeatureService) and wanted.time else "at"
        plan = build(wanted, time=time, keys=keys, visibility=visible(as_of))
        if isinstance(entities, list):
            import pyarrow as pa

            entities = pa.Table.from_pylist(entities)
        given = as_table(entities) if entities is not None else None
        return EntitySnapshot(plan, to_micros(at), given, self._engine(engine), self._spark_engine)

    def timeline(
        self,
        view: str | FeatureView | BoundView | Selection,
        entity: Any,
        start: TimeLike,
        end: TimeLike,
        *,
        features: str | Sequence[str] | None = None,
        every: DurationLike | None = None,
        as_of: TimeLike | None = None,
        hindsight: bool = False,
        engine: EngineName | None = None,
    ) -> Timeline:
        """Return the features of one entity through time, exact at every moment at which they can change.

        Args:
            view: a view, a part of one, or its name.
            entity: its key's value, a tuple of values in the order of the entity's keys, or a dict.
            start, end: the first and the last moment.
            features: some of the view's features; all unless given.
            every: rows on a grid from `start`, such as every `"1h"`, in place of the moments of change.
            as_of, hindsight, engine: as in `training_set`.

        Raises:
            RequestError: there are more than 20,000 rows.
        """
        from zipline.timeline.request import compute

        wanted = self.find(view) if isinstance(view, str) else view
        self._used(wanted, "timeline")
        if isinstance(wanted, FeatureService):
            raise RequestError(
                f"{wanted.name!r} is a service", hint="a timeline is of one of its views: name it"
            )
        return compute(
            self._engine(engine), wanted, entity, start, end,
            features=features, every=every, visibility=visible(as_of, hindsight),
        )  # fmt: skip

    def online(self, url: str | None = None) -> OnlineClient:
        """Return a client that reads features from the online store.

        Args:
            url: of the store; that of `[online] store` in zipline.toml unless given.

        Raises:
            ConfigError: the URL names no store.
        """
        from zipline.online.client import OnlineClient
        from zipline.online.stores.opening import open_store

        settings = self._repository.settings
        place = settings.located(url or settings.online.store, where="[online] store")
        return OnlineClient(open_store(place, settings.online, root=self._repository.root))

    def verify(
        self,
        service: str,
        log: str | Path | None = None,
        *,
        newest: int | None = None,
        engine: EngineName | None = None,
    ) -> list[Verified]:
        """Compute what was served again, offline, and return how it compares, bit for bit: a result for each version.

        Args:
            service: `name`, every version that was logged, or `name@version`.
            log: the folder or URL of the feature log; that of `[serve] log` in zipline.toml unless given.
            newest: look only at so many reads of each version, the newest ones.
            engine: that computes the training sets, as in `training_set`. What differs is computed again on this
                machine, of the events that had been applied.

        Raises:
            ConfigError: no log is named, or the registry does not have a version.
            RequestError: the log holds no read of the service.
        """
        from zipline.online.feature_log import log_place
        from zipline.online.verifying import verify_log

        settings, root = self._repository.settings, self._repository.root

        def train(
            name: EngineName | None, rows: pa.Table, wanted: FeatureService | str, time: str
        ) -> pa.Table:
            plan = build(self._named(wanted), time=time, keys=None, visibility=visible(None))
            return TrainingSet(plan, as_table(rows), self._engine(name)).to_arrow()

        place = log_place(settings, root, log)
        computed, replayed = partial(train, engine), partial(train, "duckdb")
        return list(
            verify_log(self._registry, service, place, settings, root, computed, replayed, newest=newest)
        )

    def materialize(
        self, name: str, *, until: TimeLike | None = None, engine: EngineName | None = None
    ) -> list[Loaded]:
        """Load the history of a service's views, or of one view, from the tables into the online store.

        What is read goes on as it was until the new history is whole. A call that was ended goes on where it stood.

        Args:
            name: in the version applied last, or `name@version`.
            until: up to when the tables are complete: what was known later comes from the stream. Needed of sources
                that have a stream and no id; now for others.
            engine: that reads the tables and writes what they say, as in `training_set`: Spark does both in its tasks.

        Raises:
            ConfigError: there is no such service, view or version; or Spark's tasks cannot reach the online store.
            RequestError: a view of it is not read online, or nothing says up to when its tables are complete.
            DataError: a row cannot be read or computed.
            StoreUnavailable: the online store is down.
        """
        from zipline.online.loading import load_history

        settings, root = self._repository.settings, self._repository.root
        spark = self._spark_engine if chosen_engine(engine, self._repository.settings) == "spark" else None
        moment = None if until is None else to_micros(until)
        return load_history(self._registry, name, settings, root, moment, spark=spark)

    def push(self, source: str, rows: Any, *, idempotency_key: str | None = None) -> int:
        """Append rows to the log of a source that is fed by calls; return how many, when they are on the disk.

        Args:
            source: its name; its stream is `zl.Push()`.
            rows: an Arrow, Polars, pandas or DuckDB table, or a list of mappings; times in a mapping may be texts.
            idempotency_key: of this call: what was pushed with it before is not pushed again.

        Raises:
            ConfigError: there is no such source.
            RequestError: it is not fed by calls, no view that is read online reads it, or a row does not fit: none of
                the rows was taken.
            StreamError: the log cannot be written.
        """
        return self._pusher.push(source, rows, idempotency_key)

    def stream(
        self,
        *views: str,
        say: Callable[[str], None] = lambda text: None,
        engine: EngineName | None = None,
    ) -> Worker | SparkWorker:
        """Return a worker that applies the streams of views to the online store, see `zipline stream`.

        Args:
            views: of all views that are read online unless given.
            say: is told what a person should know while it works.
            engine: `spark` for a query of Spark's, which works on executors; in this process unless given, whatever
                zipline.toml says.

        Raises:
            ConfigError: a view is not among what was applied, or nothing of it is read online.
        """
        settings, root = self._repository.settings, self._repository.root
        if engine == "spark":
            need_pyspark()
            from zipline.online.spark.opening import open_spark_worker

            return open_spark_worker(self._registry, settings, root, views, say, session=self._session)
        from zipline.online.stores.opening import open_store
        from zipline.online.streaming import open_worker

        place = settings.located(settings.online.store, where="[online] store")
        store = open_store(place, settings.online, root=root)
        worker = open_worker(self._registry, settings, root, store, views, say)
        worker.closing.callback(store.close)
        return worker

    def explain(
        self,
        features: Named | Sequence[Named],
        *,
        time: str | Timestamp | None = None,
        keys: Mapping[str, str] | None = None,
        engine: EngineName | None = None,
    ) -> str:
        """Return how features would be computed, of observations that have the columns they need.

        Args:
            features, time, keys, engine: as in `training_set`.
        """
        wanted = self._named(features)
        if time is None and not (isinstance(wanted, FeatureService) and wanted.time):
            time = "time"
        plan = build(wanted, time=time, keys=keys, visibility=visible(None))
        chosen = self._engine(engine)
        return chosen.explain(plan, no_observations(plan, chosen))

    def _named(self, features: Named | Sequence[Named]) -> Requested | list[Requested]:
        """Return what is asked for, with definitions in place of names."""
        if isinstance(features, (list, tuple)):
            return [self.find(each) if isinstance(each, str) else each for each in features]
        return self.find(features) if isinstance(features, str) else features  # type: ignore[return-value]

    def _used(self, wanted: Requested | list[Requested], request: str) -> Requested | list[Requested]:
        """Return what is asked for, after saying what of it is deprecated and writing down its use if asked to."""
        listed = wanted if isinstance(wanted, list) else [wanted]
        record = self._repository.settings.registry.record_usage
        note(lambda: self._registry, [*uses_of(listed, request)], record=record, stacklevel=3)
        return wanted

    def _drafts(self) -> Drafts:
        views = self._repository.views.values()
        sources = dict.fromkeys(source for view in views for source in view.source.members)
        return draft(views, self._repository.services.values(), self._engine().tables(sources))

    @cached_property
    def _registry(self) -> Registry:
        settings = self._repository.settings
        location = settings.located(settings.registry.path, where="[registry] path")
        return Registry(open_folder(location, self._repository.root, settings.registry.path))

    @cached_property
    def _pusher(self) -> Pusher:
        from zipline.online.push import Pusher

        repository = self._repository
        sources = {each.name: each for union in repository.sources.values() for each in union.members}
        return Pusher(sources, self._registry, repository.settings, repository.root)

    def _engine(self, name: EngineName | None = None) -> Engine:
        return open_engine(name, self._repository.settings, self._repository.root, self._session)

    def _spark_engine(self) -> SparkEngine:
        return open_spark(self._repository.settings, self._repository.root, self._session)
