"""The public names, and only those; and what importing them must not cost."""

from __future__ import annotations

import subprocess
import sys

import pytest

import zipline as zl

NOUNS = (
    "AsyncOnlineClient Derived Entity EventSource FeatureService FeatureStore FeatureView Features OnlineClient "
    "Profile Status Timeline Timestamp TrainingSet Union Window"
)
TABLES = "Csv Delta Frame Iceberg Json Parquet Snapshot SparkTable Sql"
STREAMS = "Kafka Push"
AGGREGATIONS = (
    "ApproxCountDistinct BottomK Count CountDistinct DecayedCount DecayedSum First FirstK Histogram "
    "Kurtosis Last LastK Max Mean Min MostFrequent Quantile Skew Stddev Sum TimeSinceFirst TimeSinceLast "
    "TopK Variance VectorMean VectorSum"
)
ERRORS = (
    "ConfigError DataError DefinitionError DeprecatedWarning ExpressionError OnlineError RegistryError RequestError "
    "SchemaError StoreUnavailable StreamError ZiplineError"
)
HEAVY = ["pydantic", "pyarrow", "numba", "numpy", "duckdb", "polars", "sqlglot", "pandas", "redis"]


def test_the_public_names() -> None:
    expected = sorted(f"{NOUNS} {TABLES} {STREAMS} {AGGREGATIONS} {ERRORS}".split())
    assert sorted(zl.__all__) == expected
    assert dir(zl) == expected
    for name in expected:
        assert getattr(zl, name).__name__ == name


def test_other_names_are_not_there() -> None:
    with pytest.raises(AttributeError, match="module 'zipline' has no attribute 'Featurestore'"):
        zl.Featurestore  # noqa: B018  reading it is the test


def test_importing_zipline_loads_no_engine() -> None:
    code = f"import sys, zipline; print([name for name in {HEAVY} if name in sys.modules])"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == "[]"
