"""From an entity and a stretch of time to a timeline: which moments to ask for, and their answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from zipline.dsl.feature_view import BoundView, FeatureView, Selection, as_selection
from zipline.dsl.table import Frame
from zipline.engines.base import Engine, Rows
from zipline.errors import RequestError, nearest
from zipline.plan.build import build
from zipline.plan.nodes import Plan, Visibility
from zipline.plan.notes import notes
from zipline.progress import shown
from zipline.time import UNITS, DurationLike, TimeLike, duration_text, from_micros, parse_duration, to_micros
from zipline.timeline.entity import key_values
from zipline.timeline.result import Stretch, Timeline

if TYPE_CHECKING:
    import pyarrow as pa

    from zipline.engines.kernels.arrays import Integers

MOST = 20_000
"""How many rows a timeline may have."""

TIME = "time"
_STEPS = ("1s", "10s", "1m", "5m", "15m", "1h", "6h", "1d", "7d", "30d")


@dataclass(frozen=True)
class Asked:
    """A plan over one entity.

    Attributes:
        plan: its time column is `clock`, its keys' columns are called as the entity's keys.
        entity: key -> value.
        first, last: microseconds.
    """

    plan: Plan
    entity: Mapping[str, Any]
    first: int
    last: int

    def at(self, times: Sequence[int] | Integers) -> Frame:
        """Return the entity's observations at some times."""
        import pyarrow as pa

        columns = {self.plan.time.column: pa.array(times, pa.timestamp("us", tz="UTC"))}
        for key, value in self.entity.items():
            columns[key] = _repeated(key, value, len(times))
        return Frame(pa.table(columns))


def compute(
    engine: Engine,
    view: FeatureView | BoundView | Selection,
    entity: Any,
    start: TimeLike,
    end: TimeLike,
    *,
    features: str | Sequence[str] | None,
    every: DurationLike | None,
    visibility: Visibility,
) -> Timeline:
    """Return the timeline of an entity; `FeatureStore.timeline` says what the arguments mean."""
    selection = _selected(as_selection(view), features)
    step = parse_duration(every, what="every") if every is not None else None
    asked = _asked(selection, entity, to_micros(start), to_micros(end), visibility)
    times = _grid(asked, step) if step else _changes(asked, engine)
    plan = asked.plan
    with shown() as progress:
        rows = list(engine.run(plan, asked.at(times), Rows(), progress))
    stretch = Stretch(
        selection.view.name, asked.entity, asked.first, asked.last,
        duration_text(every) if every is not None else None,
    )  # fmt: skip
    return Timeline(
        _frame(plan, rows),
        stretch,
        continuous=_short(plan, asked),
        notes=notes(plan),
        events=partial(_events, engine, asked),
    )


def _selected(selection: Selection, features: str | Sequence[str] | None) -> Selection:
    """Return the part of a view that is asked for."""
    names = (
        selection.names if features is None else (features,) if isinstance(features, str) else tuple(features)
    )
    for name in names:
        if name not in selection.names:
            raise RequestError(
                f"has no feature {name!r}", where=f"view {selection.view.name!r}",
                hint=nearest(name, selection.names),
            )  # fmt: skip
    if not names:
        raise RequestError("features= names none", hint="leave it out for all of the view's")
    if TIME in names:
        raise RequestError(
            f"a feature is called {TIME!r}, as the column of the moments is", where=f"view {selection.view.name!r}",
            hint="leave it out with features=..., or give it another name",
        )  # fmt: skip
    return selection.model_copy(update={"keys": (), "names": tuple(dict.fromkeys(names))})


def _asked(selection: Selection, entity: Any, first: int, last: int, visibility: Visibility) -> Asked:
    if last < first:
        raise RequestError(
            f"the end {_text(last)} lies before the start {_text(first)}", hint="give the earlier time first"
        )
    values = key_values(selection.view.entity, entity)
    clock = TIME
    while clock in values:
        clock += "_"
    return Asked(build(selection, time=clock, keys=None, visibility=visibility), values, first, last)


def _grid(asked: Asked, step: int) -> Integers:
    import numpy as np

    count = (asked.last - asked.first) // step + 1
    if count > MOST:
        raise RequestError(
            f"every={duration_text(from_micros(step) - from_micros(0))!r} makes {count:,} rows, "
            f"more than {MOST:,}",
            hint=_coarser(asked),
        )
    return np.asarray(np.arange(asked.first, asked.last + 1, step, dtype=np.int64))


def _changes(asked: Asked, engine: Engine) -> Integers:
    """Return the start, every moment after it at which a feature can change, and the end."""
    import numpy as np

    from zipline.timeline.changes import Moments, changes_of, clock_steps

    moments = Moments(asked.first, asked.last, MOST)
    for step in clock_steps(asked.plan):
        moments.add_grid(step)
        _refuse_too_many(moments.are_too_many, asked)
    with closing(engine.events(asked.plan, asked.at([asked.first, asked.last]))) as found:
        for times in (times for events in found for times in changes_of(events)):
            moments.add(times)
            _refuse_too_many(moments.are_too_many, asked)
    return np.union1d(moments.times, np.array([asked.first, asked.last], np.int64))


def _refuse_too_many(too_many: bool, asked: Asked) -> None:
    if too_many:
        raise RequestError(
            f"the features can change at more than {MOST:,} moments between {_text(asked.first)} and "
            f"{_text(asked.last)}",
            hint=f"{_coarser(asked)}, a shorter stretch, or features=[...]",
        )


def _coarser(asked: Asked) -> str:
    """Suggest a grid of some hundred rows."""
    wanted = (asked.last - asked.first) / 1_000
    step = next((each for each in _STEPS if parse_duration(each) >= wanted), None)
    days = -(-int(wanted) // UNITS["d"])
    return f"ask for a grid: every='{step or f'{days}d'}'"


def _repeated(key: str, value: Any, count: int) -> pa.Array:
    import pyarrow as pa

    try:
        return pa.repeat(pa.scalar(value), count) if value is not None else pa.nulls(count)
    except (pa.ArrowException, TypeError, ValueError):
        raise RequestError(
            f"{value!r} cannot be the key {key!r}", hint="give a number, a text, a date, a time or bytes"
        ) from None


def _frame(plan: Plan, rows: Sequence[pa.RecordBatch]) -> pa.Table:
    """Return the moments and the features, called by their names in the view."""
    import pyarrow as pa

    table = pa.Table.from_batches(rows).select([plan.time.column, *plan.root.outputs])
    return table.rename_columns([TIME, *(_name(output) for output in plan.root.outputs)])


def _short(plan: Plan, asked: Asked) -> tuple[str, ...]:
    from zipline.timeline.changes import continuous

    return tuple(_name(output) for output in continuous(plan))


def _name(output: str) -> str:
    return output.partition("__")[2]


def _events(engine: Engine, asked: Asked) -> tuple[pa.Table, int]:
    from zipline.timeline.events import events_between

    with closing(engine.events(asked.plan, asked.at([asked.first, asked.last]))) as found:
        return events_between(found, asked.first, asked.last)


def _text(micros: int) -> str:
    return from_micros(micros).isoformat().replace("+00:00", "Z")
