"""Bytes of documents: facts come back as they were, and whatever is cut or changed is an error."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from random import Random
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from tests.online.state.model import SECOND, Row, view
from tests.online.state.test_compaction import Entity, lived
from zipline.errors import OnlineError
from zipline.online.state.document import decode_for_people, segments_of
from zipline.online.state.encoding import encoded
from zipline.online.state.facts import Facts
from zipline.online.state.layout import FOREVER, FORMAT, blocks, make_layout, words_of
from zipline.online.state.opened import opened, segment_records
from zipline.online.state.packing import pack_groups
from zipline.online.state.records import Records, joined, records_of
from zipline.types import (
    BINARY,
    BOOL,
    DATE,
    FLOAT32,
    FLOAT64,
    INT64,
    NULL,
    STRING,
    TIMESTAMP,
    DataType,
    decimal,
    list_of,
    struct_of,
    to_arrow,
)  # fmt: skip

VECTOR = DataType("vector", element=FLOAT32, size=2)
NESTED = struct_of(("when", TIMESTAMP), ("day", DATE), ("price", decimal(9, 2)), ("more", list_of(STRING)))
LARGE = Decimal("1" + "0" * 35 + ".00")
MOMENT = datetime(1969, 12, 31, 23, 59, 59, 5, tzinfo=UTC)
COLUMNS: dict[str, tuple[DataType, list[Any], list[Any]]] = {
    "flag": (BOOL, [True, None, False], [True, None, False]),
    "n": (INT64, [-(2**63), None, 2**63 - 1], [-(2**63), None, 2**63 - 1]),
    "x": (FLOAT64, [-0.0, None, 1e-310], [0.0, None, 1e-310]),
    "price": (decimal(38, 2), [Decimal("-12.50"), None, LARGE], [Decimal("-12.50"), None, LARGE]),
    "day": (DATE, [date(1969, 12, 31), None, date(9999, 12, 31)], [-1, None, 2932896]),
    "at": (TIMESTAMP, [MOMENT, None, MOMENT], [-999_995, None, -999_995]),
    "s": (STRING, ["é日", None, ""], ["é日", None, ""]),
    "b": (BINARY, [b"\0\xff", None, b""], [b"\0\xff", None, b""]),
    "v": (VECTOR, [[0.5, -0.0], None, [1.5, 2.5]], [[0.5, 0.0], None, [1.5, 2.5]]),
    "w": (VECTOR, [[0.5, None], None, [None, None]], [[0.5, None], None, [None, None]]),
    "l": (list_of(FLOAT64), [[1.0, None, -0.0], None, []], [[1.0, None, 0.0], None, []]),
    "t": (
        NESTED,
        [{"when": MOMENT, "day": date(1970, 1, 2), "price": Decimal("1.25"), "more": ["a", None]}, None,
         {"when": None, "day": None, "price": None, "more": None}],
        [{"when": -999_995, "day": 1, "price": Decimal("1.25"), "more": ["a", None]}, None,
         {"when": None, "day": None, "price": None, "more": None}],
    ),
    "none": (NULL, [None, None, None], [None, None, None]),
}  # fmt: skip
KINDS = {name: kind for name, (kind, _, _) in COLUMNS.items()}


def facts(order: list[int], **more: Any) -> Facts:
    """Return facts of the rows of `COLUMNS` in some order."""
    return Facts(
        [[b"a", b"b", b"a"][row] for row in order],
        np.array([[3, -1, 2][row] for row in order], np.int64),
        np.array([[4, 5, -6][row] for row in order], np.int64),
        {
            name: pa.array([given[row] for row in order], to_arrow(kind))
            for name, (kind, given, _) in COLUMNS.items()
        },
        {"x > 0": np.array([[True, False, True][row] for row in order])},
        **more,
    )


def decoded(layout: Any, document: bytes) -> Records:
    return joined(
        layout, [records_of(layout, each, "it") for each in blocks(words_of(layout, document, "it"))]
    )


@pytest.mark.parametrize("ids", [False, True])
def test_facts_come_back_as_they_were(ids: bool) -> None:
    more: dict[str, Any] = {}
    if ids:
        more = {"ids": [b"1", b"", b"333"], "ranks": [b"", b"r", b""], "kept": np.array([True, True, False])}
    layout = make_layout(KINDS, ("x > 0",), has_ids=ids)
    made = dict(pack_groups(encoded(layout, facts([0, 1, 2], **more, source=3)), facts([0, 1, 2]).entities))
    assert list(made) == [b"a", b"b"]
    for entity, rows in ((b"a", [0, 2]), (b"b", [1])):
        found = decoded(layout, made[entity])
        assert found.times.tolist() == [[3, -1, 2][row] for row in rows]
        assert found.known.tolist() == [[4, 5, -6][row] for row in rows]
        assert set(found.until.tolist()) == {FOREVER}
        assert found.sources.tolist() == [3] * len(rows)
        assert found.mask("x > 0").tolist() == [[True, False, True][row] for row in rows]
        assert found.kept.tolist() == [not ids or [True, True, False][row] for row in rows]
        for slot in layout.slots:
            assert repr(found.values(slot)) == repr([COLUMNS[slot.name][2][row] for row in rows])
        if ids:
            assert found.ids == [more["ids"][row] for row in rows]
            assert found.ranks == [more["ranks"][row] for row in rows]


def test_slices_of_columns_and_other_widths_are_the_same_facts() -> None:
    layout = make_layout(KINDS, (), has_ids=False)
    whole = facts([1, 0, 2, 1])
    part = Facts(
        whole.entities[1:3], whole.times[1:3], whole.known[1:3],
        {name: column.slice(1, 2) for name, column in whole.columns.items()}, {},
    )  # fmt: skip
    part.columns["s"] = part.columns["s"].cast(pa.large_string())  # type: ignore[index]
    expected = encoded(layout, facts([0, 2]))
    assert pack_groups(encoded(layout, part), [b"e"] * 2) == pack_groups(expected, [b"e"] * 2)


def test_some_of_the_facts_are_taken_by_mask_and_by_number() -> None:
    layout = make_layout(KINDS, ("x > 0",), has_ids=True)
    more = {"ids": [b"1", b"22", b"333"], "ranks": [b"", b"r", b""], "kept": np.array([True, True, False])}
    whole = facts([0, 1, 2], **more, positions=np.array([7, 8, 9]))
    taken = whole.take(np.array([2, 0]))
    assert taken.entities == [b"a", b"a"]
    assert taken.positions is not None
    assert taken.positions.tolist() == [9, 7]
    again = taken.take(np.array([False, True]))
    assert len(again) == 1
    assert decoded(layout, pack_groups(encoded(layout, again), again.entities)[0][1]).ids == [b"1"]


def test_facts_of_nobody_are_in_no_document() -> None:
    layout = make_layout({}, (), has_ids=False)
    nobody = Facts([b"a", None], np.array([1, 2]), np.array([1, 2]), {}, {})
    assert [entity for entity, _ in pack_groups(encoded(layout, nobody), nobody.entities)] == [b"a"]
    assert pack_groups(encoded(layout, nobody.take(np.array([False, False]))), []) == []


def a_document() -> tuple[Entity, bytes]:
    """Return an entity with tiles, segments and raw records of ids."""
    for number in range(100):
        entity, _ = lived(Random(f"damage {number}"), ids=True)
        found = opened(entity.state, entity.document)
        if found.tiles and len(found.raw):
            return entity, entity.document
    raise AssertionError("no case has both")


def test_every_changed_byte_is_noticed() -> None:
    entity, document = a_document()
    random = Random(1)
    for at in range(len(document)):
        changed = bytearray(document)
        changed[at] ^= 1 << random.randrange(8)
        with pytest.raises(OnlineError, match="the state of an entity cannot be decoded"):
            opened(entity.state, bytes(changed))
    segment, *_ = entity.segments.values()
    for at in range(0, len(segment), 7):
        changed = bytearray(segment)
        changed[at] ^= 1 << random.randrange(8)
        with pytest.raises(OnlineError, match="a segment of an entity cannot be decoded"):
            segment_records(entity.state, bytes(changed))


def test_a_document_that_is_cut_is_noticed_unless_a_whole_block_is_missing() -> None:
    entity, document = a_document()
    ends = {0}
    for block in blocks(words_of(entity.state.layout, document, "it")):
        ends.add(max(ends) + 8 * len(block.words))
    for length in set(range(len(document))) - ends:
        with pytest.raises(OnlineError, match="cannot be decoded"):
            opened(entity.state, document[:length])


def test_random_bytes_and_other_views_and_formats_are_refused() -> None:
    state, other = view((0,), ids=False), view((0,), ids=True)
    entity = Entity(state)
    entity.append([Row(1, 1, 0.1, 1, "a")])
    with pytest.raises(OnlineError, match="is cut, changed, or of another view"):
        opened(other, entity.document)
    newer = bytearray(entity.document)
    newer[5] = FORMAT + 1
    with pytest.raises(OnlineError, match="of format 2, this zipline has 1"):
        opened(state, bytes(newer))
    with pytest.raises(OnlineError, match="Hint: the store lost or changed bytes"):
        opened(state, Random(1).randbytes(80))


def test_a_document_is_shown_in_words() -> None:
    entity, document = a_document()
    shown = decode_for_people(entity.state, document)
    assert set(shown[0]) == {"floor", "too many events"}
    assert "partials" in shown[1]
    assert {"event time", "known", "until", "event", "id", "x", "x > 0"} <= set(shown[-1])
    assert segments_of(entity.state, document) == tuple(
        bytes.fromhex(str(each["segment"])) for each in shown if "segment" in each
    )
    raw = Entity(view((0,), ids=False))
    raw.append([Row(10**12, 1, 0.1, 1, "a")])
    *_, row = decode_for_people(raw.state, raw.document)
    assert row["event time"] == str(10**12 * SECOND)
    assert row["until"] is None
