"""Reader: what reads a table that DuckDB cannot; and how DuckDB reads it all the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import reduce
from operator import and_, eq, ge, gt, le, lt
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.dataset as ds

from zipline.engines.duckdb.database import Unread, raised
from zipline.engines.duckdb.readers.bounds import Bound, fitting, without_floats
from zipline.errors import ConfigError, ZiplineError


class Reader(Protocol):
    """Reads one state of a table, as often as it is asked to."""

    @property
    def schema(self) -> pa.Schema:
        """The columns that it hands out, in types that DuckDB reads."""

    @property
    def texts(self) -> frozenset[str]:
        """The columns that are handed out as text, to be read as a type that is declared."""

    @property
    def untaken(self) -> Mapping[str, str]:
        """The columns that cannot be handed out as they are: column -> why, and what to do."""

    def batches(self, columns: Sequence[str], bounds: Sequence[Bound]) -> Iterator[pa.RecordBatch]:
        """Read columns, in the order given; rows beyond the bounds may be left out."""


class Readable(ds.Dataset):  # type: ignore[misc]
    """A reader's rows as DuckDB takes them: each scan names its columns, and what it filters by itself."""

    def __init__(self, reader: Reader, bounds: tuple[Bound, ...] = ()) -> None:
        self._reader = reader
        self._bounds = bounds

    @property
    def schema(self) -> pa.Schema:
        """The columns."""
        return self._reader.schema

    def scanner(
        self, columns: list[str] | None = None, filter: ds.Expression | None = None, **_: Any
    ) -> ds.Scanner:
        """Read columns of the rows for which a filter holds: DuckDB relies on it."""
        dataset = getattr(self._reader, "dataset", None)
        if dataset is not None:
            within = [each for each in (filter, expression(self._bounds, self.schema)) if each is not None]
            return dataset.scanner(columns=columns, filter=reduce(and_, within) if within else None)
        names = self.schema.names
        wanted = names if columns is None else columns
        # An expression does not tell its columns, but it prints them: one too many does no harm.
        said = "" if filter is None else str(filter)
        read = [name for name in names if name in wanted or (said and name in said)] or names[:1]
        schema = pa.schema([self.schema.field(name) for name in read])
        batches = marked(lambda: self._reader.batches(read, self._bounds))
        return ds.Scanner.from_batches(batches, schema=schema, columns=list(wanted), filter=filter)


def marked(read: Callable[[], Iterator[pa.RecordBatch]]) -> Iterator[pa.RecordBatch]:
    """Yield batches; what goes wrong passes through DuckDB, which hands on nothing but a text."""
    try:
        yield from read()
    except ZiplineError as error:
        raise raised(error) from None
    except (OSError, ValueError, KeyError, pa.ArrowException) as error:
        raise raised(Unread(f"{type(error).__name__}: {error}", hint="the table could not be read")) from None


def expression(bounds: tuple[Bound, ...], schema: pa.Schema) -> ds.Expression | None:
    """Return the bounds as Arrow takes them."""
    operators = {"=": eq, "<": lt, "<=": le, ">": gt, ">=": ge}
    met = []
    for bound in without_floats(fitting(bounds, schema)):
        column = ds.field(bound.column)
        with suppress(pa.ArrowInvalid, OverflowError):  # an integer that the column is too narrow for
            values = pa.array(bound.values, schema.field(bound.column).type)
            met.append(column.isin(values) if bound.op == "in" else operators[bound.op](column, values[0]))
    return reduce(and_, met) if met else None


def missing(extra: str, error: ImportError) -> ConfigError:
    """Return the error for a package that is not installed."""
    return ConfigError(
        f"the package {error.name or extra!r} is not installed",
        hint=f"pip install 'zipline-features[{extra}]'",
    )
