"""Compile and run kernels: the one way for all of them.

A kernel is compiled by numba without the interpreter lock, cached on disk (`cache.py`), and run by our own
threads over ranges of its work. Numba's parallel mode is not used: its default thread layer aborts when two
threads enter at once and kills forked children. Floating point keeps IEEE semantics: no reordering, no fused
operations.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar, cast

from numba import njit

from zipline.engines.kernels.cache import KernelCache

F = TypeVar("F", bound=Callable[..., Any])


def kernel(function: F) -> F:
    """Compile a function when it is first called, for the types it is called with.

    Division by zero follows IEEE and does not raise. The Python function stays available as ``.py_func``.
    """
    dispatcher = njit(nogil=True, error_model="numpy")(function)
    dispatcher._cache = KernelCache(function)
    return cast(F, dispatcher)


def split(n: int, parts: int) -> list[tuple[int, int]]:
    """Cut ``range(n)`` into at most `parts` ranges of nearly one length, none of them empty.

    >>> split(10, 3)
    [(0, 3), (3, 6), (6, 10)]
    """
    parts = max(1, min(parts, n))
    return [(n * part // parts, n * (part + 1) // parts) for part in range(parts)]


def thread_count(threads: int | None = None) -> int:
    """Return the number of threads to use: what is asked for, else one for each processor."""
    return threads or os.cpu_count() or 1


def run_each(
    run: Callable[[int, int], object], ranges: list[tuple[int, int]], threads: int | None = None
) -> None:
    """Call ``run(start, stop)`` for every range, on several threads at once; raise the first error of any.

    The threads live for this call only: a child that was forked from a process which has used kernels
    inherits none, and can use them too. One range runs on the calling thread.
    """
    threads = min(thread_count(threads), len(ranges))
    if threads < 2:
        for start, stop in ranges:
            run(start, stop)
        return
    with ThreadPoolExecutor(threads) as pool:
        futures = [pool.submit(run, start, stop) for start, stop in ranges]
        try:
            for future in futures:
                future.result()
        finally:
            pool.shutdown(cancel_futures=True)  # on an error or Ctrl-C, what has not begun is not begun


def run_ranges(
    run: Callable[[int, int], object], n: int, threads: int | None = None, grain: int = 16_384
) -> None:
    """Call ``run(start, stop)`` over ranges that cover ``range(n)``; see `run_each`.

    A range has at least `grain` elements where there is more than one. There are more ranges than threads, as
    some ranges may be slower than others.
    """
    threads = thread_count(threads)
    run_each(run, split(n, min(threads * 4, n // grain) if threads > 1 else 1), threads)
