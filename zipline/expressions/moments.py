"""Dates and times in UTC: integer arithmetic on microseconds, floored, so that times before 1970 are like any
others.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from zipline.expressions.rows import Rows
from zipline.expressions.tree import Call, Literal
from zipline.expressions.values import Array, Values, both
from zipline.time import UNITS

_UNITS: Final = {
    "second": UNITS["s"],
    "minute": UNITS["m"],
    "hour": UNITS["h"],
    "day": UNITS["d"],
    "week": UNITS["w"],
}
_MONDAY: Final = 4 * UNITS["d"]
"""The epoch was a Thursday; the first Monday came four days later."""


def _start(unit: str, micros: Array) -> Array:
    """Return the number of the unit that each moment lies in, counted from the epoch's (for weeks: from its
    first Monday's).
    """
    number: Array = (micros - (_MONDAY if unit == "week" else 0)) // _UNITS[unit]
    return number


def _unit(node: Call) -> str:
    assert isinstance(node.args[0], Literal)
    return str(node.args[0].value)


def _date_trunc(node: Call, rows: Rows, unit: Values, moment: Values) -> Values:
    name = _unit(node)
    return Values(_start(name, moment.data) * _UNITS[name] + (_MONDAY if name == "week" else 0), moment.valid)


def _date_diff(node: Call, rows: Rows, unit: Values, start: Values, end: Values) -> Values:
    name = _unit(node)
    return Values(_start(name, end.data) - _start(name, start.data), both(start, end))


def _field(node: Call, rows: Rows, moment: Values) -> Values:
    return Values(_FIELDS[node.name](moment.data), moment.valid)


def _calendar(part: str) -> Callable[[Array], Array]:
    def read(micros: Array) -> Array:
        days = (micros // UNITS["d"]).astype("datetime64[D]")
        months = days.astype("datetime64[M]")
        if part == "day":
            since: Array = (days - months.astype("datetime64[D]")).astype(np.int64)
            return since + 1
        number = months.astype(np.int64)
        return number // 12 + 1970 if part == "year" else number % 12 + 1

    return read


_FIELDS: Final[dict[str, Callable[[Array], Array]]] = {
    **{part: _calendar(part) for part in ("year", "month", "day")},
    "hour": lambda micros: micros // UNITS["h"] % 24,
    "minute": lambda micros: micros // UNITS["m"] % 60,
    "second": lambda micros: micros // UNITS["s"] % 60,
    "day_of_week": lambda micros: (micros - _MONDAY) // UNITS["d"] % 7 + 1,
    "epoch_us": lambda micros: micros,
}

MOMENTS: Final[dict[str, Callable[..., Values]]] = {
    **dict.fromkeys(_FIELDS, _field), "date_trunc": _date_trunc, "date_diff": _date_diff,
}  # fmt: skip
