"""The nouns in which features are defined: entities, sources, windows, aggregations, views, services."""

from zipline.dsl.aggregation import Aggregation, Feature, Windowed
from zipline.dsl.derived import Derived
from zipline.dsl.entity import Entity
from zipline.dsl.feature_service import FeatureService
from zipline.dsl.feature_view import BoundView, FeatureView, Selection
from zipline.dsl.snapshot import Snapshot
from zipline.dsl.source import EventSource
from zipline.dsl.streams import Kafka, Push
from zipline.dsl.table import Csv, Frame, Json, Parquet, Table
from zipline.dsl.tables import Delta, Iceberg, SparkTable, Sql
from zipline.dsl.timestamp import Timestamp
from zipline.dsl.union import Union
from zipline.dsl.window import Window

__all__ = [
    "Aggregation",
    "BoundView",
    "Csv",
    "Delta",
    "Derived",
    "Entity",
    "EventSource",
    "Feature",
    "FeatureService",
    "FeatureView",
    "Frame",
    "Iceberg",
    "Json",
    "Kafka",
    "Parquet",
    "Push",
    "Selection",
    "Snapshot",
    "SparkTable",
    "Sql",
    "Table",
    "Timestamp",
    "Union",
    "Window",
    "Windowed",
]
