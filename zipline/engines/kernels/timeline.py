"""The timeline of a sweep: events and observations of each key, both in time order."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from zipline.engines.kernels.arrays import Integers
from zipline.engines.kernels.grouping import gather, group_rows
from zipline.engines.kernels.jit import kernel, run_each
from zipline.engines.kernels.ranges import balanced


@dataclass(frozen=True)
class Timeline:
    """Events and observations sorted by (key, time); events after that by knowledge time.

    Attributes:
        keys: how many keys there are; key `k` has the events `event_starts[k]` to `event_starts[k + 1]`.
        order: the input row of each event.
        codes: each event's key.
        event_times, event_starts: of events, in microseconds.
        known, until: each event is known at `known < t <= until`; None where it always is.
        hindsight: `known` only orders events; all are known at once.
        observations: the input row of each observation.
        times, starts: of observations.
        threads: how many threads kernels may use.
        entering: an offset and hop -> the order in which events enter windows that have them (`passages.py`).
    """

    keys: int
    order: Integers
    codes: Integers
    event_times: Integers
    event_starts: Integers
    known: Integers | None
    until: Integers | None
    observations: Integers
    times: Integers
    starts: Integers
    threads: int | None = None
    hindsight: bool = False
    entering: dict[tuple[int, int], object] = field(default_factory=dict, compare=False)

    @cached_property
    def has_ties(self) -> bool:
        """Whether two events of a key have one time and one knowledge time: most sources have none."""
        known = self.event_times if self.known is None else self.known
        found: list[bool] = []
        run_each(
            lambda a, b: found.append(_has_ties(self.event_times, known, self.event_starts, a, b)),
            balanced(self.event_starts, self.threads),
            self.threads,
        )
        return any(found)


@kernel
def _has_ties(times: Integers, known: Integers, starts: Integers, first: int, last: int) -> bool:
    for key in range(first, last):
        for i in range(starts[key] + 1, starts[key + 1]):
            if times[i] == times[i - 1] and known[i] == known[i - 1]:
                return True
    return False


def timeline(
    event_codes: Integers,
    event_times: Integers,
    known: Integers | None,
    until: Integers | None,
    codes: Integers,
    times: Integers,
    keys: int,
    threads: int | None = None,
    *,
    hindsight: bool = False,
) -> Timeline:
    """Sort events and observations into a timeline.

    Args:
        event_codes, event_times: key in `[0, keys)` and microseconds of every event, in any order.
        known, until: the knowledge interval of every event, or None where all is known at once and for ever.
        codes, times: of every observation.
        keys: the number of keys.
        threads: how many threads kernels may use; all processors unless given.
        hindsight: `known` only orders events.
    """
    events = group_rows(event_codes, event_times, keys, known, threads)
    seen = group_rows(codes, times, keys, None, threads)
    return Timeline(
        keys,
        events.order,
        gather(event_codes, events.order, threads),
        events.times,
        events.starts,
        None if known is None else gather(known, events.order, threads),
        None if until is None else gather(until, events.order, threads),
        seen.order,
        seen.times,
        seen.starts,
        threads,
        hindsight,
    )
