"""Zipline: a time-travel feature store. Features are declared once and mean the same on every engine.

Importing it costs next to nothing, also to a test run that does not use its pytest plugin: each name is imported
when it is first used, and whatever reads data with the store.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from zipline import testing as testing
    from zipline.aggregations import (
        ApproxCountDistinct,
        BottomK,
        Count,
        CountDistinct,
        DecayedCount,
        DecayedSum,
        First,
        FirstK,
        Histogram,
        Kurtosis,
        Last,
        LastK,
        Max,
        Mean,
        Min,
        MostFrequent,
        Quantile,
        Skew,
        Stddev,
        Sum,
        TimeSinceFirst,
        TimeSinceLast,
        TopK,
        Variance,
        VectorMean,
        VectorSum,
    )
    from zipline.dsl import (
        Csv,
        Delta,
        Derived,
        Entity,
        EventSource,
        FeatureService,
        FeatureView,
        Frame,
        Iceberg,
        Json,
        Kafka,
        Parquet,
        Push,
        Snapshot,
        SparkTable,
        Sql,
        Timestamp,
        Union,
        Window,
    )
    from zipline.errors import (
        ConfigError,
        DataError,
        DefinitionError,
        DeprecatedWarning,
        ExpressionError,
        OnlineError,
        RegistryError,
        RequestError,
        SchemaError,
        StoreUnavailable,
        StreamError,
        ZiplineError,
    )
    from zipline.online.async_client import AsyncOnlineClient
    from zipline.online.client import OnlineClient
    from zipline.online.features import Features
    from zipline.online.statuses import Status
    from zipline.profile import Profile
    from zipline.store import FeatureStore
    from zipline.timeline import Timeline
    from zipline.training_set import TrainingSet

__all__ = [
    "ApproxCountDistinct",
    "AsyncOnlineClient",
    "BottomK",
    "ConfigError",
    "Count",
    "CountDistinct",
    "Csv",
    "DataError",
    "DecayedCount",
    "DecayedSum",
    "DefinitionError",
    "Delta",
    "DeprecatedWarning",
    "Derived",
    "Entity",
    "EventSource",
    "ExpressionError",
    "FeatureService",
    "FeatureStore",
    "FeatureView",
    "Features",
    "First",
    "FirstK",
    "Frame",
    "Histogram",
    "Iceberg",
    "Json",
    "Kafka",
    "Kurtosis",
    "Last",
    "LastK",
    "Max",
    "Mean",
    "Min",
    "MostFrequent",
    "OnlineClient",
    "OnlineError",
    "Parquet",
    "Profile",
    "Push",
    "Quantile",
    "RegistryError",
    "RequestError",
    "SchemaError",
    "Skew",
    "Snapshot",
    "SparkTable",
    "Sql",
    "Status",
    "Stddev",
    "StoreUnavailable",
    "StreamError",
    "Sum",
    "TimeSinceFirst",
    "TimeSinceLast",
    "Timeline",
    "Timestamp",
    "TopK",
    "TrainingSet",
    "Union",
    "Variance",
    "VectorMean",
    "VectorSum",
    "Window",
    "ZiplineError",
]


_LAZY = {
    "AsyncOnlineClient": "zipline.online.async_client",
    "Features": "zipline.online.features",
    "OnlineClient": "zipline.online.client",
    "Status": "zipline.online.statuses",
    "FeatureStore": "zipline.store",
    "Profile": "zipline.profile",
    "Timeline": "zipline.timeline",
    "TrainingSet": "zipline.training_set",
}
_HOMES = ("zipline.errors", "zipline.dsl", "zipline.aggregations")


def __getattr__(name: str) -> Any:
    if name == "testing":
        return import_module("zipline.testing")
    for home in (_LAZY[name],) if name in _LAZY else _HOMES if name in __all__ else ():
        if hasattr(module := import_module(home), name):
            globals()[name] = getattr(module, name)  # the next time it is found without asking here
            return globals()[name]
    raise AttributeError(f"module 'zipline' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
