"""Tables that are more than files: lakehouse tables and databases."""

from zipline.dsl.tables.delta import Delta
from zipline.dsl.tables.iceberg import Iceberg
from zipline.dsl.tables.spark import SparkTable
from zipline.dsl.tables.sql import Sql

__all__ = ["Delta", "Iceberg", "SparkTable", "Sql"]
