"""Which events belong to an observation: keys of every type, several together, and across types."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from tests.conformance.check import agree, expect
from tests.conformance.engines import ENGINES, Case
from tests.conformance.requests import table, view
from zipline.aggregations import Count, Sum
from zipline.dsl import Entity, EventSource, FeatureService, FeatureView, Frame
from zipline.errors import ZiplineError

VALUES: dict[str, tuple[Any, list[Any]]] = {
    "bool": (pa.bool_(), [True, False]),
    "int8": (pa.int8(), [-128, 0, 127]),
    "int64": (pa.int64(), [-(2**63), -1, 0, 1, 2**63 - 1]),
    "uint64": (pa.uint64(), [0, 1, 2**63 - 1]),
    "string": (pa.string(), ["", "a", "A", "a ", "é", "e\u0301", "a\x00", "\U0001f701", "null"]),
    "large_string": (pa.large_string(), ["", "a", "b"]),
    "dictionary": (pa.dictionary(pa.int32(), pa.string()), ["x", "y", "x"]),
    "binary": (pa.binary(), [b"", b"\x00", b"a", b"\xff"]),
    "date": (pa.date32(), [-1, 0, 1, 20000]),
    "timestamp": (pa.timestamp("us"), [-1, 0, 1, 10**15]),
    "zoned": (pa.timestamp("ms", tz="America/New_York"), [-1, 0, 1]),
    "decimal": (pa.decimal128(10, 2), [Decimal("-1.50"), Decimal("0.00"), Decimal("1.50")]),
    "wide decimal": (pa.decimal128(38, 0), [Decimal(10) ** 37, Decimal(-1), Decimal(1)]),
}


def case(source: pa.Array, asked: pa.Array) -> Case:
    """Return the count and sum of `n` for each key asked, where the nth event has n = 2**n."""
    n = len(source)
    events = pa.table(
        {"at": pa.array([0] * n, pa.timestamp("us")), "k": source, "n": [2**each for each in range(n)]}
    )
    observations = pa.table({"t": pa.array([1] * len(asked), pa.timestamp("us")), "k": asked})
    return Case(view(events, [Count(), Sum("n")]), observations)


@pytest.mark.parametrize("name", VALUES)
def test_keys_of_each_type(name: str) -> None:
    kind, values = VALUES[name]
    source = pa.array([*values, None, *values[::-1]], kind)
    answer = agree(case(source, pa.array([None, *values, None], kind)))
    distinct = len(set(values))
    assert [row["v__count"] for row in answer.rows[1:-1]] == [2 * values.count(value) for value in values], (
        distinct
    )
    assert answer.rows[0]["v__count"] == answer.rows[-1]["v__count"] == 0


def test_an_int_equals_a_string_only_in_canonical_decimal_form() -> None:
    texts = [
        "7",
        "07",
        "+7",
        " 7",
        "-0",
        "0",
        "-7",
        "7.0",
        "",
        "9223372036854775807",
        "9223372036854775808",
        "x",
        None,
    ]
    numbers = [7, 0, -7, 2**63 - 1, None]
    expect(
        case(pa.array(texts), pa.array(numbers, pa.int64())),
        v__count=[1, 1, 1, 1, 0],
        v__n_sum=[1, 32, 64, 512, None],
    )
    expect(
        case(pa.array(numbers, pa.int64()), pa.array(texts)),
        v__count=[1, 0, 0, 0, 0, 1, 1, 0, 0, 1, 0, 0, 0],
    )


def test_ints_of_any_width_compare_by_value() -> None:
    narrow, wide = pa.array([1, 2, 255], pa.uint8()), pa.array([1, 255, -1, 256, None], pa.int64())
    expect(case(narrow, wide), v__count=[1, 1, 0, 0, 0])
    expect(case(wide, narrow), v__count=[1, 0, 1])


@pytest.mark.parametrize(
    ("source", "asked"),
    [
        (pa.array([1.5]), pa.array([1.5])),
        (pa.array([True]), pa.array([1])),
        (pa.array(["a"]), pa.array([b"a"])),
        (pa.array([0], pa.date32()), pa.array([0], pa.timestamp("us"))),
        (pa.array([1]), pa.array([1.0])),
        (pa.array([2**64 - 1], pa.uint64()), pa.array([1])),
    ],
)
@pytest.mark.parametrize("engine", [name for name in ENGINES if name != "reference"])
def test_other_mixes_and_floats_are_refused(engine: str, source: pa.Array, asked: pa.Array) -> None:
    with pytest.raises(ZiplineError):
        ENGINES[engine](case(source, asked))


def composite(parts: Sequence[tuple[Any, ...]], kinds: Sequence[Any]) -> dict[str, Any]:
    names = [f"k{n}" for n in range(len(kinds))]
    return {
        name: pa.array(list(each), kind)
        for name, each, kind in zip(names, zip(*parts, strict=True), kinds, strict=True)
    }


def test_several_keys_together() -> None:
    kinds = [pa.string(), pa.int64(), pa.date32()]
    parts = [
        ("a", 1, 0),
        ("a", 1, 1),
        ("a", 11, 0),
        ("a1", 1, 0),
        ("", 1, 0),
        (None, 1, 0),
        ("a", None, 0),
        ("a", 1, None),
    ]
    n = len(parts)
    columns = composite(parts, kinds)
    events = pa.table(
        {"at": pa.array([0] * n, pa.timestamp("us")), "n": [2**each for each in range(n)], **columns}
    )
    observations = pa.table({"t": pa.array([1] * n, pa.timestamp("us")), **columns})
    features = view(events, [Sum("n")], keys=list(columns))
    expect(Case(features, observations), v__n_sum=[1, 2, 4, 8, 16, None, None, None])


def test_several_keys_do_not_run_into_each_other() -> None:
    kinds = [pa.string(), pa.string()]
    parts = [
        ("a", "bc"),
        ("ab", "c"),
        ("abc", ""),
        ("", "abc"),
        ("a\x00", "b"),
        ("a", "\x00b"),
        ("a,b", "c"),
        ("a", "b,c"),
    ]
    columns = composite(parts, kinds)
    n = len(parts)
    events = pa.table(
        {"at": pa.array([0] * n, pa.timestamp("us")), "n": [2**each for each in range(n)], **columns}
    )
    observations = pa.table({"t": pa.array([1] * n, pa.timestamp("us")), **columns})
    expect(
        Case(view(events, [Sum("n")], keys=["k0", "k1"]), observations),
        v__n_sum=[2**each for each in range(n)],
    )


def test_keys_are_mapped_by_view_service_request_and_binding() -> None:
    events = table([{"at": 0, "from": "a", "to": "b", "n": 1}, {"at": 0, "from": "b", "to": "c", "n": 2}])
    source = EventSource("moves", table=Frame(events), event_time="at")
    place = Entity("place")
    sent = FeatureView("sent", entity=place, source=source, keys={"place": "from"}, features=[Sum("n")])
    got = FeatureView("got", entity=place, source=source, keys={"place": "to"}, features=[Sum("n")])
    service = FeatureService(
        "moves", [sent, got, sent.bind("theirs", keys={"place": "other"})], keys={"place": "here"}, time="t"
    )
    observations = table(
        [
            {"t": 1, "here": "a", "other": "b"},
            {"t": 1, "here": "b", "other": "c"},
            {"t": 1, "here": "c", "other": None},
        ]
    )
    expect(
        Case(service, observations, time=None),
        sent__n_sum=[1, 2, None],
        got__n_sum=[None, 1, 2],
        theirs__n_sum=[2, None, None],
    )
    expect(
        Case(service, observations, time=None, keys={"place": "other"}),
        sent__n_sum=[2, None, None],
        theirs__n_sum=[2, None, None],
    )


def test_an_entity_never_seen_and_a_null_key_are_empty_windows() -> None:
    source, asked = pa.array(["a", None]), pa.array(["b", None, "a"])
    expect(case(source, asked), v__count=[0, 0, 1], v__n_sum=[None, None, 1])
