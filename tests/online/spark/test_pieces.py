"""From what Spark hands to a task to batches that cover its span."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pytest

from zipline.errors import StreamError
from zipline.online.spark import pieces
from zipline.online.spark.job import Span
from zipline.online.streams.base import Partition

FIRST, SECOND = Partition("a", 0), Partition("a", 1)


def records(partition: Partition, offsets: Sequence[int]) -> pa.RecordBatch:
    count = len(offsets)
    return pa.RecordBatch.from_pydict(
        {
            "topic": pa.array([partition.topic] * count, pa.string()),
            "partition": pa.array([partition.number] * count, pa.int32()),
            "offset": pa.array(offsets, pa.int64()),
            "timestamp": pa.array([each * 1000 for each in offsets], pa.timestamp("us", tz="UTC")),
            "value": pa.array(
                [None if each % 5 == 0 else str(each).encode() for each in offsets], pa.binary()
            ),
        }
    )


def told(
    spans: Sequence[Span], *given: pa.RecordBatch
) -> list[tuple[Partition, list[tuple[int, int, list[bytes | None]]]]]:
    found = pieces.pieces(iter(given), {span.partition: span for span in spans}, lambda: 10**18)
    return [(span.partition, [(b.start, b.stop, list(b.values)) for b in batches]) for span, batches in found]


def test_batches_cover_the_span() -> None:
    """The log may have gaps, at both ends as well."""
    span = Span(FIRST, 2, 20, ())
    assert told([span], records(FIRST, [4, 5]), records(FIRST, []), records(FIRST, [9])) == [
        (FIRST, [(2, 6, [b"4", None]), (6, 20, [b"9"])])
    ]


def test_several_partitions_and_those_that_are_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces, "ROWS", 2)
    both = (
        pa.Table.from_batches([records(FIRST, [1, 2, 3]), records(SECOND, [7])])
        .combine_chunks()
        .to_batches()[0]
    )
    assert told([Span(FIRST, 1, 4, ())], both) == [(FIRST, [(1, 3, [b"1", b"2"]), (3, 4, [b"3"])])]
    assert [each for each, _ in told([Span(FIRST, 1, 4, ()), Span(SECOND, 7, 8, ())], both)] == [
        FIRST,
        SECOND,
    ]


@pytest.mark.parametrize("offsets", [[3, 2], [2, 2], [1], [9]])
def test_offsets_out_of_order_or_beyond_the_span(offsets: Sequence[int]) -> None:
    with pytest.raises(StreamError, match="out of order or beyond 2 to 9"):
        told([Span(FIRST, 2, 9, ())], records(FIRST, offsets))


def test_times_of_arrival() -> None:
    span = Span(FIRST, 0, 9, ())
    found = pieces.pieces(iter([records(FIRST, [3, 8])]), {FIRST: span}, lambda: 5_000_000)
    ((batch,),) = [[*batches] for _, batches in found]
    assert (batch.arrivals.tolist(), batch.positions.tolist()) == ([3000, 8000], [3, 8])
    assert batch.watermark == 5000  # a producer's clock may be ahead
