"""Columns as a bounded look at a table's first rows shows them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from zipline.errors import DefinitionError, RequestError
from zipline.time import MAX_TIME, MIN_TIME, parse_time
from zipline.types import DataType, from_arrow

if TYPE_CHECKING:
    import pyarrow as pa

ROWS: Final = 50_000
"""How many rows are looked at."""


@dataclass(frozen=True)
class Column:
    """What is seen of a column.

    Attributes:
        name, type: the type's name is that of its file where zipline cannot read it.
        kind: the widened type; None where zipline cannot read it.
        rows, nulls, distinct: counts; 0 different values where they cannot be compared.
        low, high: the least and greatest value, in microseconds if they are times; None where there is none.
        micros: the values as times in microseconds, where they are times, or texts that all can be read as times.
        zoned: whether its times say what zone they are of.
    """

    name: str
    type: str
    kind: DataType | None
    rows: int
    nulls: int
    distinct: int
    low: Any = None
    high: Any = None
    micros: Sequence[int | None] | None = None
    zoned: bool = False

    @property
    def filled(self) -> int:
        """How many rows have a value."""
        return self.rows - self.nulls

    @property
    def is_unique(self) -> bool:
        """Whether every row has a value of its own."""
        return self.rows > 0 and self.distinct == self.rows

    @property
    def is_flag(self) -> bool:
        """Whether it says yes or no: booleans, or integers that are 0 or 1."""
        if self.kind is None or not self.filled:
            return False
        return self.kind.kind == "bool" or (
            self.kind.kind == "int64" and self.low in (0, 1) and self.high in (0, 1)
        )


def look(table: pa.Table) -> list[Column]:
    """Return what is seen of each column, in their order."""
    return [_column(name, table[name]) for name in table.column_names]


def _column(name: str, values: pa.ChunkedArray) -> Column:
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_dictionary(values.type):
        values = values.cast(values.type.value_type)
    try:
        kind = from_arrow(values.type)
    except DefinitionError:
        return Column(name, str(values.type), None, len(values), values.null_count, 0)
    seen = Column(name, str(kind), kind, len(values), values.null_count, 0)
    if not kind.is_orderable:
        return seen
    counts = {"rows": len(values), "nulls": values.null_count, "distinct": pc.count_distinct(values).as_py()}
    micros = _micros(values, kind)
    if micros is not None:
        known = [each for each in micros if each is not None]
        zoned = getattr(values.type, "tz", None) is not None
        return Column(
            name, str(kind), kind, **counts, low=min(known), high=max(known), micros=micros, zoned=zoned
        )
    if kind.kind in ("binary", "date", "timestamp") or not seen.filled:
        return Column(name, str(kind), kind, **counts)
    low, high = pc.min_max(values).as_py().values()
    return Column(name, str(kind), kind, **counts, low=low, high=high)


def _micros(values: pa.ChunkedArray, kind: DataType) -> list[int | None] | None:
    """Return values as microseconds; None where they are not times, or none is known."""
    import pyarrow as pa

    if values.null_count == len(values):
        return None
    if kind.kind in ("date", "timestamp"):
        zone = getattr(values.type, "tz", None)
        moments = values.cast(pa.timestamp("us", zone), safe=False)
        micros: list[int | None] = moments.cast(pa.int64()).to_pylist()
        return micros if all(each is None or MIN_TIME <= each <= MAX_TIME for each in micros) else None
    if kind.kind != "string":
        return None
    texts = values.to_pylist()
    try:
        read = {text: parse_time(text) for text in dict.fromkeys(texts) if text is not None}
    except RequestError:
        return None
    return [None if text is None else read[text] for text in texts]
