"""Series: a feature's values as points of a line, only those where it changes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from zipline.display.values import shown_value
from zipline.time import from_micros
from zipline.timeline.result import Timeline, moment_text

if TYPE_CHECKING:
    import pyarrow as pa

MOST_LEVELS = 12
"""How many different texts one panel can tell apart."""

Kind = Literal["quantitative", "nominal", "temporal"]
Shape = Literal["step-after", "linear", "points"]


@dataclass(frozen=True)
class Series:
    """One feature as it is drawn.

    Attributes:
        name: the feature's.
        kind: of its axis.
        shape: how points are joined: by steps, since a value holds until the next; where it changes at every
            instant, by lines on a grid, or not at all.
        points: `time` (ISO 8601), `at` (the same to the microsecond), `value`, `text`, and `drawn`: whether a dot
            marks it.
        levels: the texts, in order; of a boolean, false and true.
    """

    name: str
    kind: Kind
    shape: Shape
    points: Sequence[Mapping[str, Any]]
    levels: tuple[str, ...] = ()

    @property
    def near_zero(self) -> bool:
        """Whether the axis begins at zero without making the changes small."""
        values = [p["value"] for p in self.points if p["value"] is not None]
        if not values:
            return True
        low, high = min(values), max(values)
        return bool(low <= 0 <= high or high - low > 0.2 * max(abs(low), abs(high)) or low == high)


def series_of(timeline: Timeline) -> tuple[list[Series], list[str]]:
    """Return the features that can be drawn, and for each of the others why it is not."""
    table = timeline.to_arrow()
    times = table["time"].cast("int64").to_pylist()
    drawn, left_out = [], []
    for name in timeline.features:
        column = table[name]
        kind = _kind(column.type)
        values = column.to_pylist() if kind else []
        texts = sorted({value for value in values if value is not None}) if kind == "nominal" else []
        if kind is None:
            left_out.append(f"{name}, {_named(column.type)}")
        elif len(texts) > MOST_LEVELS:
            left_out.append(f"{name}, {len(texts):,} different texts")
        else:
            shape = _shape(timeline, name)
            points = _points(times, values, kind, keep_all=shape != "step-after")
            levels = tuple(texts) if kind == "nominal" else _booleans(column.type)
            drawn.append(Series(name, kind, shape, points, levels))
    return drawn, left_out


def _shape(timeline: Timeline, name: str) -> Shape:
    if name not in timeline.continuous:
        return "step-after"
    return "linear" if timeline.stretch.every else "points"


def _points(
    times: Sequence[int], values: Sequence[Any], kind: Kind, *, keep_all: bool
) -> list[Mapping[str, Any]]:
    """Return the first point, each that differs from the one before, and the last, to which the line is drawn."""
    points = []
    for i, (time, value) in enumerate(zip(times, values, strict=True)):
        changed = i == 0 or shown_value(value) != shown_value(values[i - 1])
        if changed and i and _drawable(value, kind) is None and not keep_all:
            points.append(
                _point(time, values[i - 1], kind, dot=False)
            )  # up to here the value before it holds
        if changed or keep_all or i == len(values) - 1:
            points.append(_point(time, value, kind, dot=changed or keep_all))
    return points


def _point(time: int, value: Any, kind: Kind, *, dot: bool) -> Mapping[str, Any]:
    drawable = _drawable(value, kind)
    return {
        "time": from_micros(time).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "at": moment_text(time),
        "value": drawable,
        "text": shown_value(value),
        "drawn": dot and drawable is not None,
    }


def _drawable(value: Any, kind: Kind) -> Any:
    if value is None or kind == "nominal":
        return value
    if kind == "temporal":
        return value.isoformat()
    number = float(value)
    return number if math.isfinite(number) else None


def _kind(arrow: pa.DataType) -> Kind | None:
    import pyarrow.types as at

    if at.is_integer(arrow) or at.is_floating(arrow) or at.is_decimal(arrow) or at.is_boolean(arrow):
        return "quantitative"
    if at.is_string(arrow):
        return "nominal"
    if at.is_timestamp(arrow) or at.is_date(arrow):
        return "temporal"
    return None


def _booleans(arrow: pa.DataType) -> tuple[str, ...]:
    import pyarrow.types as at

    return ("false", "true") if at.is_boolean(arrow) else ()


def _named(arrow: pa.DataType) -> str:
    import pyarrow.types as at

    if at.is_map(arrow):
        return "a map"
    if at.is_struct(arrow):
        return "a struct"
    if at.is_nested(arrow):
        return "a list"
    return f"{arrow}"
