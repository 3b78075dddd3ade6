"""Sort rows by (group, time), stably: a counting pass by group, then a radix sort inside each group."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from zipline.engines.kernels.arrays import Integers, Values, empty, frozen
from zipline.engines.kernels.jit import kernel, run_each, run_ranges, split, thread_count
from zipline.engines.kernels.ranges import FEW, balanced
from zipline.engines.kernels.wide import leading_zeros

SMALL = 24  # rows that insertion sorts faster than another radix pass
MOST_BITS = 11  # 2,048 streams are as many as the translation cache serves well
INDEX, TIME = 0, 1


@dataclass(frozen=True)
class Grouping:
    """Rows sorted by group and time.

    Group ``k`` is at the positions ``starts[k]`` to ``starts[k + 1]``; position ``p`` is row ``order[p]`` of
    the input, with the time ``times[p]``.
    """

    order: Integers
    times: Integers
    starts: Integers


@kernel
def _count(codes: Values, counts: Integers, start: int, stop: int) -> None:
    for i in range(start, stop):
        counts[codes[i]] += 1


@kernel
def _place(counts: Integers, starts: Integers) -> None:
    """Turn the counts of (part, group) into the positions where each part writes its rows of each group."""
    position = 0
    for group in range(counts.shape[1]):
        starts[group] = position
        for part in range(counts.shape[0]):
            count = int(counts[part, group])
            counts[part, group] = position
            position += count
    starts[counts.shape[1]] = position


@kernel
def _scatter(
    codes: Values, times: Integers, second: Integers, cursor: Integers, rows: Integers, start: int, stop: int
) -> None:
    for i in range(start, stop):
        position = cursor[codes[i]]
        cursor[codes[i]] = position + 1
        rows[position, INDEX] = i
        rows[position, TIME] = times[i]
        if rows.shape[1] > 2:
            rows[position, 2] = second[i]


@kernel
def _insertion(rows: Integers, start: int, stop: int) -> None:
    last = rows.shape[1] - 1
    for i in range(start + 1, stop):
        index, time, second = rows[i, INDEX], rows[i, TIME], rows[i, last]
        j = i - 1
        while j >= start and (rows[j, TIME] > time or (rows[j, TIME] == time and rows[j, last] > second)):
            rows[j + 1, INDEX] = rows[j, INDEX]
            rows[j + 1, TIME] = rows[j, TIME]
            rows[j + 1, last] = rows[j, last]
            j -= 1
        rows[j + 1, INDEX] = index
        rows[j + 1, TIME] = time
        rows[j + 1, last] = second


@kernel
def _is_sorted(rows: Integers, start: int, stop: int) -> bool:
    last = rows.shape[1] - 1
    for i in range(start + 1, stop):
        before, time = rows[i - 1, TIME], rows[i, TIME]
        if before > time or (before == time and rows[i - 1, last] > rows[i, last]):
            return False
    return True


@kernel
def _bit_length(word: np.uint64) -> int:
    return 64 - int(np.int64(leading_zeros(word)))


@kernel
def _radix_pass(rows: Integers, space: Integers, ends: Integers, column: int, start: int, stop: int) -> int:
    """Sort rows by the leading bits in which a column varies; return the buckets made, 0 if it is constant.

    The ends of the buckets are left in `ends`. Times are compared as unsigned distances from the least one,
    so that no two int64 are too far apart.
    """
    low = high = rows[start, column]
    for i in range(start + 1, stop):
        low, high = min(low, rows[i, column]), max(high, rows[i, column])
    if low == high:
        return 0
    base = np.uint64(low)
    varying = _bit_length(np.uint64(high) - base)
    bits = min(MOST_BITS, varying, _bit_length(np.uint64(stop - start)) - 2)
    shift = np.uint64(varying - bits)
    buckets = 1 << bits
    ends[:buckets] = 0
    for i in range(start, stop):
        ends[np.int64((np.uint64(rows[i, column]) - base) >> shift)] += 1
    position = 0
    for bucket in range(buckets):
        count = int(ends[bucket])
        ends[bucket] = position
        position += count
    for i in range(start, stop):
        bucket = int(np.int64((np.uint64(rows[i, column]) - base) >> shift))
        position = int(ends[bucket])
        ends[bucket] = position + 1
        for c in range(rows.shape[1]):
            space[position, c] = rows[i, c]
    for i in range(stop - start):
        for c in range(rows.shape[1]):
            rows[start + i, c] = space[i, c]
    return buckets


@kernel
def _sort_segment(
    rows: Integers, space: Integers, ends: Integers, stack: Integers, start: int, stop: int
) -> None:
    """Sort a long segment by its most significant bits first; each pass is stable, and so is the whole."""
    stack[0, 0], stack[0, 1], stack[0, 2] = start, stop, TIME
    depth = 1
    while depth:
        depth -= 1
        first, last, column = stack[depth, 0], stack[depth, 1], stack[depth, 2]
        if _is_sorted(rows, first, last):
            continue
        buckets = _radix_pass(rows, space, ends, column, first, last)
        if buckets == 0:
            # Not sorted although this column is constant: there is another one.
            stack[depth, 0], stack[depth, 1], stack[depth, 2] = first, last, column + 1
            depth += 1
        begin = first
        for bucket in range(buckets):
            end = first + ends[bucket]
            if end - begin > SMALL:
                stack[depth, 0], stack[depth, 1], stack[depth, 2] = begin, end, column
                depth += 1
            else:
                _insertion(rows, begin, end)
            begin = end


@kernel
def _sort_groups(
    rows: Integers, starts: Integers, order: Integers, times: Integers, first: int, last: int
) -> None:
    """Sort the rows of a range of groups, and split them into the columns of the result."""
    longest = 0
    for group in range(first, last):
        longest = max(longest, starts[group + 1] - starts[group])
    space = np.empty((longest if longest > SMALL else 0, rows.shape[1]), np.int64)
    stack = np.empty((longest // SMALL + 1, 3), np.int64)
    ends = np.empty(1 << MOST_BITS, np.int64)
    for group in range(first, last):
        start, stop = starts[group], starts[group + 1]
        if stop - start > SMALL:
            _sort_segment(rows, space, ends, stack, start, stop)
        else:
            _insertion(rows, start, stop)
        for i in range(start, stop):
            order[i] = rows[i, INDEX]
            times[i] = rows[i, TIME]


def group_rows(
    codes: Values, times: Integers, groups: int, second: Integers | None = None, threads: int | None = None
) -> Grouping:
    """Sort rows by (code, time, second, row).

    `codes` are integers in ``[0, groups)``, `times` and `second` int64, all of one length. O(n) for times
    that are spread out, at worst a pass for each bit in which they vary; sorted groups stay as they are.

    >>> grouping = group_rows(np.array([1, 0, 1]), np.array([5, 7, 3]), 2)
    >>> grouping.order.tolist(), grouping.starts.tolist()
    ([1, 2, 0], [0, 1, 3])
    """
    if second is not None:
        grouping = group_rows(codes, times, groups, None, threads)
        if _settled(grouping, frozen(second), threads):
            return grouping
    n = len(codes)
    codes, times, second = frozen(codes), frozen(times), None if second is None else frozen(second)
    parts = split(n, min(thread_count(threads), n // FEW))
    counts = np.zeros((len(parts), groups), np.int64)
    starts = np.empty(groups + 1, np.int64)
    rows = empty((n, 2 if second is None else 3), np.int64)
    other = times if second is None else second
    part_of = {start: part for part, (start, _) in enumerate(parts)}
    run_each(lambda a, b: _count(codes, counts[part_of[a]], a, b), parts, threads)
    _place(counts, starts)
    run_each(lambda a, b: _scatter(codes, times, other, counts[part_of[a]], rows, a, b), parts, threads)
    order, sorted_times = empty(n, np.int64), empty(n, np.int64)
    run_each(
        lambda a, b: _sort_groups(rows, starts, order, sorted_times, a, b), balanced(starts, threads), threads
    )
    return Grouping(order, sorted_times, starts)


@kernel
def _settle(
    order: Integers, times: Integers, second: Integers, starts: Integers, first: int, last: int
) -> bool:
    """Sort rows of one group and time by the second number; give up at many of them that are not in order."""
    for group in range(first, last):
        run = starts[group]
        for i in range(starts[group] + 1, starts[group + 1]):
            if times[i] != times[i - 1]:
                run = i
            row = order[i]
            j = i
            while j > run and second[order[j - 1]] > second[row]:
                if i - run > SMALL:
                    return False
                order[j] = order[j - 1]
                j -= 1
            order[j] = row
    return True


def _settled(grouping: Grouping, second: Integers, threads: int | None) -> bool:
    """Order equal times by a second number in place, if that is soon done: they are few in most data."""
    order, times, starts = grouping.order, grouping.times, grouping.starts
    settled: list[bool] = []
    run_each(
        lambda a, b: settled.append(_settle(order, times, second, starts, a, b)),
        balanced(starts, threads),
        threads,
    )
    return all(settled)


def gather(column: Values, order: Integers, threads: int | None = None) -> Values:
    """Return ``column[order]``, on several threads; `order` holds positions of `column`."""
    out = empty(len(order), column.dtype)
    run_ranges(
        lambda start, stop: np.take(column, order[start:stop], out=out[start:stop], mode="clip"),
        len(order),
        threads,
    )
    return out
