"""Apply `logarithms` and `trigonometry` to columns: a loop for few rows, the same code compiled for many."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from types import FunctionType
from typing import Any, Final

import numpy as np

from zipline.expressions import logarithms, pairs, trigonometry
from zipline.expressions.rows import Rows
from zipline.expressions.tree import Call
from zipline.expressions.values import Values, both

_MANY: Final = 20_000
"""From so many rows on, compiling (a second or so, once a process) is the shorter wait."""

NAMES: Final = {
    "ln": 1, "log2": 1, "log10": 1, "exp": 1, "pow": 2, "sin": 1, "cos": 1, "tan": 1, "haversine": 4,
}  # fmt: skip
"""The functions and how many floats each takes."""


_SOURCES: Final = {**vars(pairs), **vars(logarithms), **vars(trigonometry)}


def _apply(node: Call, rows: Rows, *operands: Values) -> Values:
    valid = both(*operands)
    columns = [each.data for each in operands]
    if rows.size >= _MANY:
        return Values(compiled(node.name)(*columns), valid)
    function = _SOURCES[node.name]
    results = [function(*numbers) for numbers in zip(*(each.tolist() for each in columns), strict=True)]
    return Values(np.array(results, np.float64), valid)


@cache
def compiled(name: str) -> Callable[..., Any]:
    """Return the function compiled for whole columns; nothing is fused or reordered, so its bits are the
    loop's.
    """
    import numba

    function = FunctionType(_SOURCES[name].__code__, _compiled_globals(), name)
    takes = ", ".join(["float64"] * NAMES[name])
    column: Callable[..., Any] = numba.vectorize([f"float64({takes})"], nopython=True)(function)
    return column


@cache
def _compiled_globals() -> dict[str, Any]:
    """Return the module's names with every function compiled, so that compiled code calls compiled code."""
    import numba

    names = dict(_SOURCES)
    for name, value in _SOURCES.items():
        if isinstance(value, FunctionType):
            names[name] = numba.njit(error_model="numpy")(FunctionType(value.__code__, names, name))
    return names


TRANSCENDENTAL: Final[dict[str, Callable[..., Values]]] = dict.fromkeys(NAMES, _apply)
