"""Keep the least few of many integers: a bounded binary heap, the greatest on top."""

from __future__ import annotations

from zipline.engines.kernels.arrays import Integers
from zipline.engines.kernels.jit import kernel


@kernel
def _sift_down(heap: Integers, size: int) -> None:
    """Let the top sink to where it belongs."""
    value, parent = heap[0], 0
    while 2 * parent + 1 < size:
        child = 2 * parent + 1
        if child + 1 < size and heap[child + 1] > heap[child]:
            child += 1
        if heap[child] <= value:
            break
        heap[parent] = heap[child]
        parent = child
    heap[parent] = value


@kernel
def keep_least(heap: Integers, size: int, limit: int, value: int) -> int:
    """Offer a value to a heap of at most `limit` ones, which keeps the least; return its new size."""
    if size == limit:
        if value < heap[0]:
            heap[0] = value
            _sift_down(heap, size)
        return size
    child = size
    while child > 0 and heap[(child - 1) >> 1] < value:
        heap[child] = heap[(child - 1) >> 1]
        child = (child - 1) >> 1
    heap[child] = value
    return size + 1


@kernel
def sort_heap(heap: Integers, size: int) -> None:
    """Sort a heap in ascending order, in place."""
    for last in range(size - 1, 0, -1):
        heap[0], heap[last] = heap[last], heap[0]
        _sift_down(heap, last)
