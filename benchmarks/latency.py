"""Latencies of single calls: their percentiles, of many calls one after another."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


def percentiles(call: Callable[[Any], object], arguments: Iterable[Any]) -> dict[str, float]:
    """Return the seconds of a call with each of the arguments, as `p50` and `p99`."""
    seconds = []
    for each in arguments:
        start = time.perf_counter()
        call(each)
        seconds.append(time.perf_counter() - start)
    seconds.sort()
    return {"p50": seconds[len(seconds) // 2], "p99": seconds[len(seconds) * 99 // 100]}
