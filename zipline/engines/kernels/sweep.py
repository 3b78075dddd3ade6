"""One sweep: what the features over the same events and observations share, and their answers.

The kernel knows nothing of an engine: it takes Arrow columns and key codes, and gives an Arrow column per feature.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import pyarrow as pa

from zipline.aggregations import VectorMean, VectorSum
from zipline.dsl.aggregation import Aggregation, Feature
from zipline.dsl.window import Window
from zipline.engines.kernels.additive import Additive
from zipline.engines.kernels.arrays import Booleans, Floats, Integers
from zipline.engines.kernels.schedule import Schedule, schedule
from zipline.engines.kernels.sliding import Sliding
from zipline.engines.kernels.stream import Stream, stream, take
from zipline.engines.kernels.timeline import Timeline
from zipline.engines.kernels.values import Coded, coded, float_values, numbers, order_keys, valid_of


@dataclass
class Sweep:
    """Events and observations of some keys, and what their features share.

    Attributes:
        timeline: events and observations in order.
        columns: the events' columns, in the order of the rows that the timeline was made of.
        masks: the text of a `where` -> which rows it is true for.
    """

    timeline: Timeline
    columns: Mapping[str, pa.Array]
    masks: Mapping[str, Booleans]
    _streams: dict[object, Inputs] = field(default_factory=dict)
    _schedules: dict[object, Schedule] = field(default_factory=dict)

    def inputs(self, aggregation: Aggregation) -> Inputs:
        """Return the events that an aggregation takes, shared by all that take the same."""
        names = aggregation.columns
        keeps_nulls = aggregation.keeps_nulls or len(names) == 0
        whole = isinstance(aggregation, (VectorSum, VectorMean))
        identity = (aggregation.column, aggregation.where, aggregation.by, keeps_nulls, whole)
        if identity not in self._streams:
            self._streams[identity] = Inputs(
                self, aggregation.column, stream(self.timeline, self._kept(aggregation))
            )
        return self._streams[identity]

    def _kept(self, aggregation: Aggregation) -> Booleans | None:
        conditions: list[Booleans] = []
        if aggregation.where is not None:
            conditions.append(self.masks[aggregation.where])
        nullable = () if aggregation.keeps_nulls else aggregation.columns
        for name in (*nullable, *((aggregation.by,) if aggregation.by else ())):
            valid = present(self.columns[name], whole=isinstance(aggregation, (VectorSum, VectorMean)))
            if valid is not None:
                conditions.append(valid)
        return np.logical_and.reduce(conditions) if conditions else None

    def schedule(self, window: Window) -> Schedule:
        """Return a window's schedule over all events, shared by all its features."""
        if window.meaning not in self._schedules:
            self._schedules[window.meaning] = schedule(self.timeline, window)
        return self._schedules[window.meaning]

    def close(self) -> None:
        """Let go of what features shared, at once: inputs and sweep refer to each other."""
        self._streams.clear()
        self._schedules.clear()


def present(column: pa.Array, *, whole: bool = False) -> Booleans | None:
    """Return which rows have a value (`whole`: none of whose elements is null); None where all have."""
    valid = valid_of(column)
    if not (whole and pa.types.is_fixed_size_list(column.type)):
        return valid
    size = column.type.list_size
    elements = valid_of(column.values.slice(column.offset * size, len(column) * size))
    if elements is None:
        return valid
    complete = np.asarray(elements.reshape(-1, size).all(axis=1))
    return complete if valid is None else complete & valid


@dataclass
class Inputs:
    """The inputs of aggregations that take the same events and columns, in the forms that kernels want.

    Each form is made when first asked for, and shared after that.
    """

    sweep: Sweep
    column: str | tuple[str, ...] | None
    stream: Stream
    _schedules: dict[object, Schedule] = field(default_factory=dict)
    _additive: dict[object, Additive] = field(default_factory=dict)
    shared: dict[object, object] = field(default_factory=dict)

    @property
    def threads(self) -> int | None:
        """How many threads kernels may use."""
        return self.sweep.timeline.threads

    def schedule(self, window: Window) -> Schedule:
        """Return which inputs each observation's window holds."""
        if window.meaning not in self._schedules:
            self._schedules[window.meaning] = self.stream.schedule(self.sweep.schedule(window))
        return self._schedules[window.meaning]

    @cached_property
    def values(self) -> pa.Array:
        """The inputs' values, in order: a column, or a struct of several."""
        if isinstance(self.column, tuple):
            parts = [self._part(name) for name in self.column]
            return pa.StructArray.from_arrays(parts, names=list(self.column))
        assert self.column is not None
        return take(self.sweep.columns[self.column], self.stream.rows, self.threads)

    def pick(self, positions: Integers) -> pa.Array:
        """Return the values of some inputs; null for position -1. The others are not put in order for it."""
        if "values" in self.__dict__ or not isinstance(self.column, str):
            return take(self.values, positions, self.threads)
        rows = self.stream.rows
        picked = np.where(positions < 0, -1, rows[positions]) if len(rows) else positions
        return take(self.sweep.columns[self.column], picked, self.threads)

    def _part(self, name: str) -> pa.Array:
        if name == "event_time":
            return pa.array(self.times, pa.timestamp("us", tz="UTC"))
        return take(self.sweep.columns[name], self.stream.rows, self.threads)

    @cached_property
    def times(self) -> Integers:
        """The inputs' event times."""
        return self.stream.of_events(self.sweep.timeline.event_times)

    @cached_property
    def coded(self) -> Coded:
        """The inputs' values as dense codes, ascending with the values."""
        return coded(self.values, self.threads)

    @cached_property
    def order_keys(self) -> Integers:
        """The inputs' values as integers that compare as they do."""
        return order_keys(self.values, self.threads)

    @cached_property
    def floats(self) -> Floats:
        """The inputs' values as float64."""
        return float_values(self.values)

    def additive(self, plan: Schedule) -> Additive:
        """Return the column whose running totals answer a schedule."""
        identity = id(plan.orders) if plan.orders is not None else None
        if identity not in self._additive:
            kind = self.values.type
            scale = kind.scale if pa.types.is_decimal(kind) else 0
            like = next(iter(self._additive.values()), None)
            values = numbers(self.values) if like is None else like.values
            self._additive[identity] = Additive(values, plan.orders, scale, self.threads, like)
        return self._additive[identity]

    @property
    def ordered(self) -> Inputs:
        """The same inputs with ties in the order of their values, for aggregations that read the order."""
        return self if self._arranged is None else self._arranged

    @cached_property
    def _arranged(self) -> Inputs | None:
        if not self.sweep.timeline.has_ties:
            return None
        ranks = self.coded.codes if _is_coded(self.values) else self.order_keys
        arranged = self.stream.sorted_in_ties(ranks)
        return None if arranged is self.stream else Inputs(self.sweep, self.column, arranged)


def _is_coded(values: pa.Array) -> bool:
    return bool(values.null_count) or bool(pa.types.is_nested(values.type))


@dataclass(frozen=True)
class Question:
    """One feature, asked of its inputs.

    Attributes:
        aggregation: what to compute.
        inputs: its events.
        schedule: the inputs that each observation's window holds.
        window: the window.
    """

    aggregation: Aggregation
    inputs: Inputs
    schedule: Schedule
    window: Window

    @property
    def ordered(self) -> Question:
        """The same question to inputs whose ties are in the order of their values."""
        inputs = self.inputs.ordered
        return (
            self
            if inputs is self.inputs
            else replace(self, inputs=inputs, schedule=inputs.schedule(self.window))
        )

    @property
    def counts(self) -> Integers:
        """How many inputs each observation has."""
        return self.schedule.hi - self.schedule.lo

    @property
    def times(self) -> Integers:
        """The observations' times, aligned as the window says."""
        times = self.inputs.sweep.timeline.times
        return times - times % self.window.align_us if self.window.align_us else times

    @property
    def sliding(self) -> Sliding:
        """The windows as kernels that slide a state along a key walk over them."""
        line, plan = self.inputs.sweep.timeline, self.schedule
        return Sliding(plan.lo, plan.hi, line.starts, self.inputs.stream.starts, plan.orders, line.threads)

    @property
    def firsts(self) -> Integers:
        """Where the inputs of each observation's key begin, in the order in which they enter."""
        sliding = self.sliding
        return np.repeat(sliding.begins[:-1], np.diff(sliding.starts))


def question(sweep: Sweep, feature: Feature) -> Question:
    """Return a feature (without its `by`) as a question to the sweep."""
    inputs = sweep.inputs(feature.aggregation)
    return Question(feature.aggregation, inputs, inputs.schedule(feature.window), feature.window)
