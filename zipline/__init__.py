"""Zipline: a time-travel feature store. Features are declared once and mean the same on every engine.

Importing it loads no engine: the store, and with it everything that reads data, is imported when first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

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
    Derived,
    Entity,
    EventSource,
    FeatureService,
    FeatureView,
    Frame,
    Json,
    Parquet,
    Snapshot,
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
    RegistryError,
    RequestError,
    SchemaError,
    ZiplineError,
)

if TYPE_CHECKING:
    from zipline.store import FeatureStore
    from zipline.training_set import TrainingSet

__all__ = [
    "ApproxCountDistinct",
    "BottomK",
    "ConfigError",
    "Count",
    "CountDistinct",
    "Csv",
    "DataError",
    "DecayedCount",
    "DecayedSum",
    "DefinitionError",
    "DeprecatedWarning",
    "Derived",
    "Entity",
    "EventSource",
    "ExpressionError",
    "FeatureService",
    "FeatureStore",
    "FeatureView",
    "First",
    "FirstK",
    "Frame",
    "Histogram",
    "Json",
    "Kurtosis",
    "Last",
    "LastK",
    "Max",
    "Mean",
    "Min",
    "MostFrequent",
    "Parquet",
    "Quantile",
    "RegistryError",
    "RequestError",
    "SchemaError",
    "Skew",
    "Snapshot",
    "Stddev",
    "Sum",
    "TimeSinceFirst",
    "TimeSinceLast",
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


_LAZY = {"FeatureStore": "zipline.store", "TrainingSet": "zipline.training_set"}


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        return getattr(import_module(_LAZY[name]), name)
    raise AttributeError(f"module 'zipline' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
