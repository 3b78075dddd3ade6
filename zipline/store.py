"""FeatureStore: the facade that users hold."""

from __future__ import annotations

import time as clock
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from zipline.dsl.feature_service import FeatureService
from zipline.dsl.feature_view import FeatureView, Selection
from zipline.dsl.table import Csv, Frame, Json, Parquet, Table
from zipline.dsl.timestamp import Timestamp
from zipline.engines.base import Engine
from zipline.errors import RequestError
from zipline.plan.build import Requested, build
from zipline.plan.nodes import Visibility
from zipline.registry import Applied, Changes, Record
from zipline.repository import open_repository
from zipline.snapshot import Snapshot, no_observations
from zipline.time import TimeLike, to_micros
from zipline.training_set import TrainingSet


class FeatureStore:
    """Point-in-time correct features from definitions.

    Args:
        path: a folder with `zipline.toml` and feature modules; without it the repository that the current folder is
            in, or none: definitions are then given as objects.
        profile: of `zipline.toml`, "" for none; the environment's ZIPLINE_PROFILE unless given.
    """

    def __init__(self, path: str | Path | None = None, *, profile: str | None = None) -> None:
        self._repository = open_repository(path, profile)

    @property
    def services(self) -> Mapping[str, FeatureService]:
        """The repository's services, by name."""
        return self._repository.services

    @property
    def views(self) -> Mapping[str, FeatureView]:
        """The repository's views, by name."""
        return self._repository.views

    def plan(self) -> Changes:
        """Return how the repository's code differs from what was applied last; schemas are read, no rows."""
        raise NotImplementedError

    def apply(self) -> Changes:
        """Register what is new in the repository's code, and return what differed; schemas are read, no rows."""
        raise NotImplementedError

    def versions(self, name: str) -> list[Record]:
        """Return the registered versions of a service or a view, oldest first.

        Raises:
            ConfigError: none of that name is registered.
        """
        raise NotImplementedError

    def applied(self) -> Applied | None:
        """Return what was applied last: the version of every view and service, with its facts; None before."""
        raise NotImplementedError

    def find(self, text: str) -> FeatureService | FeatureView | Selection:
        """Return what a name stands for: `name`, `name@version`, `view:feature` or `view@version:feature`.

        A bare name is the definition in the code now.

        Raises:
            ConfigError: there is no such service, view, version or feature.
        """
        raise NotImplementedError

    def training_set(
        self,
        observations: Any,
        features: str | Requested | Sequence[Requested],
        *,
        time: str | Timestamp | None = None,
        keys: Mapping[str, str] | None = None,
        as_of: TimeLike | None = None,
        hindsight: bool = False,
    ) -> TrainingSet:
        """Return the features of observations, each as it was known at the observation's time.

        Args:
            observations: a table, a path, or an Arrow, Polars, pandas or DuckDB object.
            features: a service, a view, or a list of views, parts of views and derived columns; or a name.
            time: the observations' time column, in place of the service's.
            keys: entity key -> observation column, in place of the service's.
            as_of: only rows known by then are seen; now, unless given.
            hindsight: see late data and corrections as if they had been known at once: a leak, for comparison only.
        """
        wanted = self._repository.find(features) if isinstance(features, str) else features
        plan = build(wanted, time=time, keys=keys, visibility=visible(as_of, hindsight))
        return TrainingSet(plan, as_table(observations), self._engine())

    def snapshot(
        self,
        features: str | Requested | Sequence[Requested],
        *,
        at: TimeLike,
        entities: Any = None,
        keys: Mapping[str, str] | None = None,
        as_of: TimeLike | None = None,
    ) -> Snapshot:
        """Return the features of entities at one time: batch inference.

        The time stands in the service's time column, or in `at` where there is none.

        Args:
            features, keys, as_of: as in `training_set`.
            at: the time of the values.
            entities: the entities to answer for, as a table, a path, an object in memory or a list of dicts; every
                one with an event that can be seen at that time unless given.
        """
        wanted = self._repository.find(features) if isinstance(features, str) else features
        time = wanted.time.column if isinstance(wanted, FeatureService) and wanted.time else "at"
        plan = build(wanted, time=time, keys=keys, visibility=visible(as_of))
        if isinstance(entities, list):
            import pyarrow as pa

            entities = pa.Table.from_pylist(entities)
        given = as_table(entities) if entities is not None else None
        return Snapshot(plan, to_micros(at), given, self._engine())

    def explain(
        self,
        features: str | Requested | Sequence[Requested],
        *,
        time: str | Timestamp | None = None,
        keys: Mapping[str, str] | None = None,
    ) -> str:
        """Return how features would be computed, of observations that have the columns they need.

        Args:
            features, time, keys: as in `training_set`.
        """
        wanted = self._repository.find(features) if isinstance(features, str) else features
        if time is None and not (isinstance(wanted, FeatureService) and wanted.time):
            time = "time"
        plan = build(wanted, time=time, keys=keys, visibility=visible(None))
        engine = self._engine()
        return engine.explain(plan, no_observations(plan, engine))

    def _engine(self) -> Engine:
        from zipline.engines.duckdb.engine import DuckDBEngine

        settings = self._repository.settings
        return DuckDBEngine(settings.duckdb, self._repository.root, settings.variables)


def visible(as_of: TimeLike | None, hindsight: bool = False) -> Visibility:
    """Return the knowledge axis of a request; without `as_of` it is the clock's."""
    return Visibility(to_micros(as_of) if as_of is not None else clock.time_ns() // 1000, hindsight)


def as_table(observations: Any) -> Table:
    """Return observations as a table: a table as it is, a path by its ending, anything else in memory.

    A path is one of the current folder, as everywhere in Python; a table's is one of the repository.
    """
    if isinstance(observations, Table):
        return observations
    if not isinstance(observations, (str, Path)):
        return Frame(observations)
    path = str(observations)
    place = path if "://" in path else str(Path(path).expanduser().absolute())
    name = path.removesuffix(".gz").removesuffix(".zst").lower()
    if name.endswith((".csv", ".tsv")):
        return Csv(place, delimiter="\t" if name.endswith(".tsv") else ",")
    if name.endswith((".json", ".jsonl", ".ndjson")):
        return Json(place)
    if name.endswith((".parquet", ".pq", "/")) or Path(place).is_dir():
        return Parquet(place)
    raise RequestError(
        f"cannot tell the format of {path!r}", hint="say it: zl.Parquet(path), zl.Csv(path) or zl.Json(path)"
    )
