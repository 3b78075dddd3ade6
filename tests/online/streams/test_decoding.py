"""What a batch says to several views: decoded once, judged by each for itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa

import zipline as zl
from tests.online.streams.definitions import delays, flights, state_of
from zipline.dsl.feature_view import FeatureView
from zipline.online.streams.base import Batch, Partition
from zipline.online.streams.decode.arrow import ArrowDecoder
from zipline.online.streams.decode.base import Shape, shape_of, together
from zipline.online.streams.decode.json import JsonDecoder
from zipline.online.streams.decoding import OpenDecoder, Poison, Reading, Readings, Said
from zipline.types import INT64, STRING, TIMESTAMP

GOOD = '{"carrier": "%s", "scheduled": "2013-01-05T10:00Z", "landed": "2013-01-05T11:00Z"%s}'


def record(carrier: str = "UA", **more: str) -> bytes:
    return (GOOD % (carrier, "".join(f', "{name}": {value}' for name, value in more.items()))).encode()


def batch(*values: bytes | None) -> Batch:
    n = len(values)
    return Batch(Partition("flights", 0), 100, 100 + n, values, np.arange(n) + 5, np.arange(n) + 100, 7)


def said(
    values: Sequence[bytes | None], *views: FeatureView, decoder: OpenDecoder = JsonDecoder
) -> list[Said]:
    readings = Readings([Reading(state_of(view), 0) for view in views], decoder)
    return readings.said(batch(*values))


def view(*features: Any, **source: Any) -> FeatureView:
    return delays(flights(**source), *features)


def test_a_record_that_one_view_cannot_use_is_a_row_of_another() -> None:
    noted = view(zl.Last("note").over("1d"))
    values = [
        record("AA"),
        record("B6", note="7"),
        b"?",
        record("UA", note='"x"'),
        record("DL", delay='"late"'),
    ]
    plain, other = said(values, view(), noted)
    assert plain.facts.entities == [b"AA", b"B6", b"UA"]
    assert other.facts.entities == [b"AA", b"UA"]
    assert plain.facts.positions is not None
    assert plain.facts.positions.tolist() == [100, 101, 103]
    assert [each.offset for each in plain.poison] == [102, 104]
    assert [each.offset for each in other.poison] == [101, 102, 104]
    assert other.poison[0] == Poison(101, "Expected `str | null`, got `int` - at `$.note`")


def test_what_a_view_makes_of_records_does_not_depend_on_the_others() -> None:
    """Whoever else is read by the same worker: a replay must give the same."""
    views = [view(), view(zl.Last("note").over("1d")), view(zl.Max("distance").over("1d"))]
    values = [
        record(note=note, distance=distance, delay=delay)
        for note in ('"x"', "1") for distance in ("1", "1.5") for delay in ("0.5", '"x"', "null")
    ]  # fmt: skip
    for at, each in enumerate(said(values, *views)):
        (alone,) = said(values, views[at])
        assert each.poison == alone.poison
        assert each.facts.entities == alone.facts.entities
        assert each.facts.columns == alone.facts.columns


def test_versions_that_pin_other_types_are_decoded_apart() -> None:
    types = {"carrier": "string", "scheduled": "timestamp", "landed": "timestamp", "delay": "double"}
    whole = view(schema=types | {"delay": "bigint"})
    first, second = said([record(delay="1"), record(delay="1.5")], view(schema=types), whole)
    assert first.facts.columns["delay"].to_pylist() == [1.0, 1.5]
    assert second.facts.columns["delay"].to_pylist() == [1]
    assert [each.offset for each in second.poison] == [101]


def test_records_without_a_value_name_no_row() -> None:
    (found,) = said([None, record("AA"), None, b"?", record("UA")], view())
    assert found.nobody == {"(no value)": 2}
    assert found.facts.entities == [b"AA", b"UA"]
    assert found.facts.positions is not None
    assert found.facts.positions.tolist() == [101, 104]
    assert [each.offset for each in found.poison] == [103]


def test_a_record_of_many_rows_is_poison_as_a_whole() -> None:
    moment = datetime(2013, 1, 5, tzinfo=UTC)

    def stream(*notes: str) -> bytes:
        rows = pa.table({
            "carrier": ["UA"] * len(notes), "scheduled": [moment] * len(notes), "landed": [moment] * len(notes),
            "note": list(notes),
        })  # fmt: skip
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, rows.schema) as writer:
            writer.write_table(rows)
        return bytes(sink.getvalue())

    counted = view(zl.Sum("whole").over("1d"), select={"whole": "CAST(note AS bigint)"})
    (found,) = said([stream("1", "2"), stream("3", "x", "y"), stream("4")], counted, decoder=ArrowDecoder)
    assert found.facts.columns["whole"].to_pylist() == [1, 2, 4]
    reason = "select 'whole': 'CAST(note AS bigint)' cannot be computed"
    assert found.poison == (Poison(101, reason),)


def test_shapes() -> None:
    local = view(event_time=zl.Timestamp("note", zone="America/New_York"), knowledge_time=None)
    shape = shape_of(state_of(local), 0)
    assert shape.required == {"carrier", "note"}
    assert shape.zones == {"note": "America/New_York"}
    assert set(shape.types) == {"carrier", "note", "delay"}
    versions = shape_of(state_of(view(id="number", corrections="1d")), 0)
    assert versions.required == {"number", "landed"}  # a deletion often has no more
    assert "note" in versions.types  # by which versions that tie are ordered


def test_shapes_together() -> None:
    one, two = Shape({"a": INT64}, frozenset("a"), {}), Shape({"b": STRING}, frozenset(), {})
    assert together([one, two]) == Shape({"a": INT64, "b": STRING}, frozenset("a"), {})
    assert together([one, Shape({"a": STRING}, frozenset(), {})]) is None
    zoned = Shape({"t": TIMESTAMP}, frozenset(), {"t": "UTC"})
    assert together([zoned, Shape({"t": TIMESTAMP}, frozenset(), {})]) is None
    assert together([zoned, zoned]) == zoned
