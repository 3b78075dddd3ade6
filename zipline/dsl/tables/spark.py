"""SparkTable: a table that a Spark session knows by name."""

from __future__ import annotations

from zipline.dsl.definition import Definition
from zipline.dsl.table import Table
from zipline.errors import DefinitionError


class SparkTable(Table):
    """A table of Spark's catalogs, or a temporary view of its session: `pip install 'zipline-features[spark]'`.

    It is read with `engine="spark"` only, whatever its format: Delta, Iceberg, Hive and JDBC are Spark's business.

    Args:
        name: as Spark calls it: `table`, `database.table` or `catalog.database.table`.

    >>> SparkTable("lake.sales.orders").name
    'lake.sales.orders'
    """

    name: str

    def __init__(self, name: str) -> None:
        if not isinstance(name, str) or not name:
            raise DefinitionError(f"{name!r} is not the name of a table", where="SparkTable")
        Definition.__init__(self, name=name)
