"""Verify what was served: logged reads computed again, offline, and compared bit for bit."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from zipline.engines.kernels.values import one_chunk
from zipline.errors import ZiplineError
from zipline.online.bits import same_bits
from zipline.online.logged_reads import LoggedReads

Compute = Callable[[LoggedReads], pa.Table]
"""Returns what the reads must have had, of all that is known by now; the outputs are the last columns, in order."""
Replay = Callable[[LoggedReads], Mapping[str, pa.Array]]
"""Returns output -> what each read must have had, computed of exactly the events that were applied when it was made.

Raises `NotReplayed` where that cannot be told any more.
"""


class NotReplayed(ZiplineError):
    """The events that had been applied cannot be had: the log has gone on without them, or there is none."""


@dataclass(frozen=True)
class FeatureCounts:
    """How many values of a feature were what.

    Attributes:
        feature: the output column.
        equal: the same bits.
        different: other bits, and not for want of events.
        lag: the same bits as of the events that had been applied, which the stream had not brought all by then.
    """

    feature: str
    equal: int
    different: int
    lag: int


@dataclass(frozen=True)
class Difference:
    """A value that is not what it must be.

    Attributes:
        feature: the output column.
        at: the instant of the read, microseconds.
        logged_at: when it was logged, microseconds.
        request: what was asked.
        served, computed: the two values.
        lag: whether it is what the events give that had been applied.
    """

    feature: str
    at: int
    logged_at: int
    request: Mapping[str, Any]
    served: Any
    computed: Any
    lag: bool


@dataclass(frozen=True)
class Verified:
    """What became of a service version's reads.

    Attributes:
        service: `delay_model@3`.
        reads: how many were compared.
        failed: how many were not, as some feature of theirs had no value.
        features: in the order of the outputs.
        differences: the first of every feature.
        unexplained: why lag could not be told from difference, where it could not.
    """

    service: str
    reads: int
    failed: int
    features: tuple[FeatureCounts, ...]
    differences: tuple[Difference, ...]
    unexplained: str | None = None

    @property
    def different(self) -> int:
        """How many values differ."""
        return sum(each.different for each in self.features)

    @property
    def lag(self) -> int:
        """How many values were behind the stream."""
        return sum(each.lag for each in self.features)


SHOWN: Final = 3
"""Differences of each feature that are kept in full."""


def verify(reads: LoggedReads, compute: Compute, replay: Replay, shown: int = SHOWN) -> Verified:
    """Return how logged reads compare with what they must be.

    First they are computed from all that is known by now. What differs is computed once more, of the events that had
    been applied: where that gives what was served, the stream was behind, and nothing is wrong.

    Args:
        reads: of one service version.
        compute: gives what they must be.
        replay: computes reads of what had been applied.
        shown: how many differences of each feature are kept.
    """
    whole = [row for row, errors in enumerate(reads.errors) if not errors]
    failed, reads = len(reads) - len(whole), reads.take(whole)
    computed = _computed(reads, compute)
    wrong = {
        name: ~same_bits(one_chunk(reads.values[name]), computed[name]) for name in reads.values.column_names
    }
    behind, why = _behind(reads, wrong, replay)
    counts, differences = [], list[Difference]()
    for name, rows in wrong.items():
        late = int((rows & behind[name]).sum())
        counts.append(FeatureCounts(name, int((~rows).sum()), int(rows.sum()) - late, late))
        first = [*np.flatnonzero(rows & ~behind[name])[:shown], *np.flatnonzero(rows & behind[name])[:shown]]
        differences += [_difference(reads, name, int(row), computed[name], behind[name]) for row in first]
    return Verified(reads.service, len(reads), failed, tuple(counts), tuple(differences), why)


def _computed(reads: LoggedReads, compute: Compute) -> Mapping[str, pa.Array]:
    """Return output -> values, as training sets have them."""
    found, names = compute(reads), reads.values.column_names
    columns = found.column_names[found.num_columns - len(names) :]
    return {name: one_chunk(found[column]) for name, column in zip(names, columns, strict=True)}


def _behind(
    reads: LoggedReads, wrong: Mapping[str, NDArray[np.bool_]], replay: Replay
) -> tuple[Mapping[str, NDArray[np.bool_]], str | None]:
    """Return, of each output, the reads that are what had been applied gives; and why that cannot be told."""
    behind = {name: np.zeros(len(reads), np.bool_) for name in wrong}
    rows = np.flatnonzero(_any(wrong.values(), len(reads))).tolist()
    if not rows:
        return behind, None
    some = reads.take(rows)
    try:
        replayed = replay(some)
    except NotReplayed as error:
        return behind, str(error)
    for name, column in replayed.items():
        behind[name][rows] = same_bits(one_chunk(some.values[name]), column)
    return behind, None


def _any(masks: Iterable[NDArray[np.bool_]], rows: int) -> NDArray[np.bool_]:
    return np.asarray(np.logical_or.reduce([np.zeros(rows, np.bool_), *masks]), np.bool_)


def _difference(
    reads: LoggedReads, name: str, row: int, computed: pa.Array, behind: NDArray[np.bool_]
) -> Difference:
    (request,) = reads.requests.slice(row, 1).to_pylist()
    return Difference(
        feature=name,
        at=reads.table["at"][row].value,
        logged_at=reads.table["logged_at"][row].value,
        request=request,
        served=reads.values[name][row].as_py(),
        computed=computed[row].as_py(),
        lag=bool(behind[row]),
    )
