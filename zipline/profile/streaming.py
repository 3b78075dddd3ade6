"""One pass over the batches of a training set, from which every feature's profile comes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as at

from zipline.display.values import shown_value
from zipline.engines.kernels.arrays import Floats, Integers
from zipline.profile.counts import Distinct, Frequent, most_frequent
from zipline.profile.feature import FeatureProfile, Measured, warnings_of
from zipline.profile.numbers import Numbers
from zipline.profile.result import Profile
from zipline.profile.sample import Sample
from zipline.types import DataType, from_arrow, map_of

BINS = 24
FREQUENT = 5
SHARES = (0.05, 0.25, 0.5, 0.75, 0.95)


def profile_of(schema: pa.Schema, names: Sequence[str], batches: Iterable[pa.RecordBatch]) -> Profile:
    """Return the profile of some columns of batches, which are read once and let go.

    Args:
        schema: of the batches.
        names: the columns that are profiled.
        batches: the rows.
    """
    columns = {name: _Column(name, schema.field(name).type) for name in names}
    sample = Sample()
    rows = 0
    for batch in batches:
        rows += batch.num_rows
        measured = {name: columns[name].add(batch.column(name)) for name in names}
        if measured:
            sample.add(pa.table(measured))
    kept = sample.table()
    return Profile(
        tuple(
            columns[name].finish(kept[name].combine_chunks() if kept is not None else None, sample.is_whole)
            for name in names
        ),
        rows,
        min(sample.rows, sample.size),
    )


class _Column:
    """What is kept of one column while its rows pass."""

    def __init__(self, name: str, kind: pa.DataType) -> None:
        self.name = name
        self.kind = kind
        self.measured = _measured(kind)
        self.rows = self.nulls = self.true = 0
        self.numbers = Numbers()
        self.distinct = None if at.is_nested(kind) or at.is_null(kind) else Distinct()
        counted = at.is_boolean(kind) or at.is_integer(kind) or at.is_string(kind)
        self.frequent = Frequent() if counted else None
        self.ends: tuple[object, object] | None = None

    def add(self, column: pa.Array) -> pa.Array:
        """Count a column's values in, and return what a sample keeps of them."""
        self.rows += len(column)
        self.nulls += column.null_count
        values = column.drop_null()
        if len(values):
            self._count(values)
        return _taken(column)

    def _count(self, values: pa.Array) -> None:
        if self.distinct is not None:
            self.distinct.add(values)
        if self.frequent is not None:
            self.frequent.add(values)
        if at.is_boolean(self.kind):
            self.true += values.true_count
        if self.measured != "nothing":
            self.numbers.add(_floats(_taken(values)))
        if _has_ends(self.kind):
            found = pc.min_max(values).as_py()
            low, high = self.ends or (found["min"], found["max"])
            self.ends = min(low, found["min"]), max(high, found["max"])

    def finish(self, sample: pa.Array | None, whole: bool) -> FeatureProfile:
        """Return the profile, with what only a sample tells."""
        values = sample.drop_null() if sample is not None else None
        numbers = _finite(values) if values is not None and self.measured != "nothing" else np.zeros(0)
        has = self.numbers.count > 0
        moments = has and self.measured != "time"
        counts = self.frequent.counts if self.frequent is not None else None
        top = most_frequent(values, counts, FREQUENT) if self.frequent is not None else []
        scale = self._scale(values) if counts is None else 1.0
        present = self.rows - self.nulls
        quantiles = [float(each) for each in np.quantile(numbers, SHARES)] if len(numbers) else [None] * 5
        distinct = self.distinct.count if self.distinct is not None else None
        return FeatureProfile(
            name=self.name,
            type=str(_type(self.kind)),
            rows=self.rows,
            nulls=self.nulls,
            distinct=distinct,
            distinct_is_exact=self.distinct is not None and self.distinct.is_exact,
            measured=self.measured,
            not_finite=self.numbers.not_finite,
            mean=self.numbers.mean if moments else None,
            std=self.numbers.std if moments else None,
            min=self.numbers.low if has else None,
            max=self.numbers.high if has else None,
            quantiles=tuple(quantiles),
            smallest=shown_value(self.ends[0]) if self.ends is not None else None,
            largest=shown_value(self.ends[1]) if self.ends is not None else None,
            true_share=self.true / present if at.is_boolean(self.kind) and present else None,
            most_frequent=tuple((shown_value(value), round(count * scale)) for value, count in top),
            frequent_is_exact=counts is not None or whole,
            histogram=_histogram(numbers, self.numbers),
            is_sampled=not whole,
            warnings=warnings_of(self.rows, self.nulls, distinct),
        )

    def _scale(self, values: pa.Array | None) -> float:
        """Return how many values one of the sample stands for."""
        return (self.rows - self.nulls) / len(values) if values is not None and len(values) else 1.0


def _measured(kind: pa.DataType) -> Measured:
    if at.is_boolean(kind):
        return "nothing"
    if at.is_integer(kind) or at.is_floating(kind) or at.is_decimal(kind):
        return "value"
    if at.is_timestamp(kind) or at.is_date(kind):
        return "time"
    if at.is_list(kind) or at.is_map(kind) or at.is_string(kind) or at.is_binary(kind):
        return "length"
    return "nothing"


def _taken(column: pa.Array) -> pa.Array:
    """Return what a sample keeps of values: lengths of lists, maps and bytes; of structs whether they are there."""
    kind = column.type
    if at.is_map(kind):
        column = column.cast(pa.list_(pa.struct([("key", kind.key_type), ("value", kind.item_type)])))
        return pc.list_value_length(column)
    if at.is_list(kind):
        return pc.list_value_length(column)
    if at.is_binary(kind):
        return pc.binary_length(column)
    if at.is_nested(kind):
        return pc.if_else(column.is_valid(), True, pa.scalar(None, pa.bool_()))
    return column


def _floats(values: pa.Array) -> Floats:
    """Return values without nulls as float64: times in microseconds, texts by their length."""
    kind = values.type
    if at.is_string(kind):
        values = pc.utf8_length(values)
    elif at.is_timestamp(kind):
        values = values.cast(pa.int64())
    elif at.is_date(kind):
        values = values.cast(pa.timestamp("us")).cast(pa.int64())
    return np.asarray(values.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False), np.float64)


def _finite(values: pa.Array) -> Floats:
    numbers = _floats(values)
    return numbers[np.isfinite(numbers)]


def _has_ends(kind: pa.DataType) -> bool:
    return bool(
        at.is_integer(kind) or at.is_decimal(kind) or at.is_timestamp(kind) or at.is_date(kind) or at.is_string(kind)
    )  # fmt: skip


def _histogram(sample: Floats, numbers: Numbers) -> tuple[int, ...]:
    """Return how many values of the sample lie in each of equal parts of the whole range."""
    if not len(sample) or not numbers.low < numbers.high:
        return (len(sample),) if len(sample) else ()
    with np.errstate(all="ignore"):
        places = (sample / 2 - numbers.low / 2) / (numbers.high / 2 - numbers.low / 2) * BINS
    bins: Integers = np.clip(np.nan_to_num(places), 0, BINS - 1).astype(np.int64)
    return tuple(int(each) for each in np.bincount(bins, minlength=BINS))


def _type(kind: pa.DataType) -> DataType:
    if at.is_map(kind):
        return map_of(_type(kind.key_type), _type(kind.item_type))
    if at.is_list(kind):
        return DataType("list", element=_type(kind.value_type))
    return from_arrow(kind)
