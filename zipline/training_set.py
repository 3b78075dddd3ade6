"""TrainingSet: the features of a list of observations, computed when a result is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, cast

from zipline.display import Displayed
from zipline.dsl.table import Table
from zipline.engines.base import Engine, Rows
from zipline.errors import RequestError
from zipline.plan.nodes import Plan
from zipline.plan.notes import notes
from zipline.progress import shown

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa
    from pyspark.sql import DataFrame

    from zipline.display.card import Card
    from zipline.engines.spark.engine import SparkEngine
    from zipline.profile import Profile


class TrainingSet(Displayed):
    """A point-in-time correct table: one row per observation, in order, with its features.

    Nothing is read until a result is asked for, and each result is computed anew.
    """

    def __init__(
        self,
        plan: Plan,
        observations: Table,
        engine: Engine,
        spark: Callable[[], SparkEngine] | None = None,
    ) -> None:
        self._plan = plan
        self._observations = observations
        self._engine = engine
        self._spark = spark

    @property
    def schema(self) -> pa.Schema:
        """The columns' names and types; the sources' metadata are read, no rows."""
        return self._engine.schema(self._plan, self._asked(Rows(0)))

    def explain(self) -> str:
        """Return the plan, the SQL that the engine runs, what is read, and the kernel's steps."""
        return self._engine.explain(self._plan, self._asked(Rows(0)))

    @property
    def notes(self) -> tuple[str, ...]:
        """What limits the answers, beside their values: a source without knowledge times, or hindsight."""
        return notes(self._plan)

    def left_out(self) -> Mapping[str, Mapping[str, int]]:
        """Count the rows that belong to nobody: source -> column -> rows that a null in that column leaves out.

        Of a source that says `on_error="skip"`, `(unreadable)` counts the rows that cannot be read.
        """
        return self._engine.left_out(self._plan, self._asked(Rows(0)))

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Compute the rows in batches; observations of any number stream through."""
        yield from self._run(Rows())

    def head(self, n: int = 10) -> pl.DataFrame:
        """Compute the first `n` rows only."""
        import polars as pl

        return pl.DataFrame(pl.from_arrow(self._table(Rows(n))))

    def to_arrow(self) -> pa.Table:
        """Compute all rows as an Arrow table."""
        return self._table(Rows())

    def to_polars(self) -> pl.DataFrame:
        """Compute all rows as a Polars frame."""
        import polars as pl

        return pl.DataFrame(pl.from_arrow(self.to_arrow()))

    def to_pandas(self) -> pd.DataFrame:
        """Compute all rows as a pandas frame."""
        return self.to_arrow().to_pandas()

    def to_spark(self) -> DataFrame:
        """Return the rows as a DataFrame of Spark's, in no order; Spark computes them when it is asked to.

        They are computed by Spark, whichever engine was asked for, and do not pass through this process. Ids are looked
        at right away: whether rows must be ordered to find an id's latest version takes a scan to know.
        """
        engine = self._on_spark()
        return engine.frame(self._plan, self._asked(Rows(), engine))

    def write_parquet(self, path: str | Path) -> int:
        """Compute all rows into a Parquet file, or, where the path ends in `/` or is a folder, into one in it.

        Returns how many rows there are.

        The file appears when it is complete, or not at all. With `engine="spark"` the path is a new folder, which
        Spark's tasks fill with a file each; it may be any URL that Spark writes to.
        """
        if self.computed_by_spark:
            engine = self._on_spark()
            return engine.write(self._plan, self._asked(Rows(), engine), str(path))
        from zipline.output import Counted, write_parquet

        counted = Counted(self.batches())
        write_parquet(path, self.schema, counted)
        return counted.rows

    def write_table(self, name: str, *, format: str | None = None, mode: str = "error") -> None:
        """Compute all rows into a table of Spark's catalogs; none of them passes through this process.

        Args:
            name: `table`, `database.table` or `catalog.database.table`.
            format: `delta`, `iceberg`, `parquet` or any that the session knows; the catalog's own unless given.
            mode: where there is such a table, `error` refuses, `append` adds to it, `overwrite` replaces it.
        """
        engine = self._on_spark()
        engine.write_table(self._plan, self._asked(Rows(), engine), name, format, mode)

    def profile(self) -> Profile:
        """Compute all rows once, and return what each feature's values are like: nulls, distribution, frequent values.

        The rows stream through: memory does not grow with their number.
        """
        from zipline.profile.streaming import profile_of

        return profile_of(self.schema, self._plan.root.outputs, self.batches())

    def card(self) -> Card:
        """Return what is shown of it, for which nothing is computed."""
        from zipline.display.results import training_set_card

        root = getattr(self._engine, "root", Path())
        return training_set_card("TrainingSet", self._plan, self._observations, self.notes, root)

    def _run(self, rows: Rows) -> Iterator[pa.RecordBatch]:
        with shown() as progress:
            yield from self._engine.run(self._plan, self._asked(rows), rows, progress)

    def _asked(self, rows: Rows, engine: SparkEngine | None = None) -> Table:
        """Return observations that hold at least these rows, where they stay in Spark if its engine is given."""
        return self._observations

    @property
    def computed_by_spark(self) -> bool:
        """Whether Spark computes it, so that what is written does not pass through this process."""
        return hasattr(self._engine, "frame")

    def _on_spark(self) -> SparkEngine:
        if self.computed_by_spark:
            return cast("SparkEngine", self._engine)
        if self._spark is None:
            raise RequestError("does not know Spark", hint="ask a FeatureStore for it")
        return self._spark()

    def _table(self, rows: Rows) -> pa.Table:
        import pyarrow as pa

        batches = list(self._run(rows))
        return pa.Table.from_batches(batches) if batches else self.schema.empty_table()
