"""Plain JSON objects are read as the complete parser reads them, or left to it."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import numpy as np
import pytest

from zipline.engines.kernels.plain_times import NO_TIME, plain_time
from zipline.online.streams.decode.base import Shape
from zipline.online.streams.decode.json import JsonDecoder
from zipline.online.streams.decode.plain_json import PlainJson, is_plain
from zipline.online.streams.record_values import values_of
from zipline.time import parse_time
from zipline.types import BOOL, DATE, FLOAT64, INT64, STRING, TIMESTAMP

TYPES = {"n": INT64, "x": FLOAT64, "b": BOOL, "s": STRING, "t": TIMESTAMP, "é": INT64}
REQUIRED = frozenset(["n", "t"])
PLAIN = JsonDecoder(Shape(TYPES, REQUIRED, {}))
WHOLE = JsonDecoder(Shape(TYPES, REQUIRED, {"no such column": "UTC"}))
TIMES = [
    "2013-01-05T12:00:00Z", "2013-01-05 12:00:00.5", "2012-02-29", "2013-02-29", "1999-12-31T23:59:59.999999+00:00",
    "2013-01-05T12:00:00-0000", "2013-01-05T12:00:00+00", "2013-01-05T12:00:00+01:00", "2013-01-05T24:00:00Z",
    "2013-01-05T12:00", "0999-01-01", "9999-12-31T23:59:59Z", "2013-01-05T12:00:00.1234567Z", "2013-1-5", "soon", "",
    "2013-01-05T12:00:60Z", "2013-13-05", "2013-00-05", "2000-02-29T00:00:00Z", "1900-02-29", "2013-01-05x12:00:00Z",
    "2013-01-05T12:00:00.Z", "2013-01-05Z", "1066-10-14T09:00:00+00-00",
]  # fmt: skip
NUMBERS = [
    "0", "-0", "1", "-1", "007", "1.", ".5", "1.5", "-0.0", "0.1", "1e5", "1E+5", "1e-5", "1e22", "1e23", "1e400",
    "1e-400", "123456789012345678", "9007199254740993", "9007199254740993.0", "9223372036854775807",
    "9223372036854775808", "0.12345678901234567", "98765432109876543", "1.7976931348623157e308", "5e-324",
    "2.2250738585072014e-308", "0e999", "-", "+1", "1_000", "NaN", "Infinity", "1e", "1e+", "--1", "0x10", "1 2",
]  # fmt: skip
TEXTS = ['"a"', '""', '"é"', '"\\u00e9"', '"\\n"', '"\t"', '"日本"', '"😀"', '"a', '"\x7f"', '"\\ud800"']
OTHERS = ["null", "true", "false", "nul", "True", "[]", "[1, 2]", "{}", '{"n": 1}', "", "nulll"]


def values(random: Random) -> str:
    kind = random.randrange(6)
    if kind == 0:
        return repr(random.choice([random.gauss(0, 1e3), random.random() * 10 ** random.randrange(-40, 40)]))
    if kind == 1:
        return str(random.randrange(-(10 ** random.randrange(1, 22)), 10 ** random.randrange(1, 22)))
    pool: Any = [NUMBERS, TEXTS, OTHERS, [json.dumps(each) for each in TIMES]][kind - 2]
    return str(random.choice(pool))


def record(random: Random) -> bytes:
    good = {
        "n": "1",
        "x": "0.5",
        "b": "true",
        "s": '"text"',
        "t": '"2013-01-05T12:00:00Z"',
        "é": "3",
        "other": "1",
    }
    fields = random.sample(sorted(good), random.randrange(8))
    if random.random() < 0.8:
        fields = [*dict.fromkeys(["n", "t", *fields])]
    if random.random() < 0.05:
        fields.append(random.choice(fields or ["n"]))
    changed = random.choice([*fields, None])
    space = random.choice(["", "", " ", "\n\t\r "])
    parts = [
        f'{space}"{name}"{space}:{space}{values(random) if name == changed else good[name]}{space}'
        for name in fields
    ]
    text = f"{space}{{{','.join(parts)}}}{space}".encode()
    if random.random() < 0.2:
        at = random.randrange(len(text))
        text = text[:at] + random.choice([b"", b"\xff", b"\xc3", b",", b"\\", b'"', b"}"]) + text[at + 1 :]
    return text


@pytest.mark.parametrize("seed", range(20))
def test_objects_are_read_as_by_the_complete_parser(seed: int) -> None:
    random = Random(seed)
    records = [record(random) for _ in range(400)]
    ours, theirs = PLAIN.decode(records), WHOLE.decode(records)
    assert ours.rows.equals(theirs.rows)
    assert ours.rows["x"].combine_chunks().fill_null(0).to_numpy().tobytes() == (
        theirs.rows["x"].combine_chunks().fill_null(0).to_numpy().tobytes()
    )
    assert ours.records.tolist() == theirs.records.tolist()
    assert ours.bad == theirs.bad
    assert len(ours.bad) > 20


@pytest.mark.parametrize("number", NUMBERS)
def test_numbers_are_read_as_by_the_complete_parser(number: str) -> None:
    for field in ("n", "x", "other"):
        rest = {"n": "1", "t": '"2013-01-05"'} | {field: number}
        fields = ",".join(f'"{name}":{text}' for name, text in rest.items())
        records = [f"{{{fields}}}".encode()]
        ours, theirs = PLAIN.decode(records), WHOLE.decode(records)
        assert (ours.rows.to_pylist(), ours.bad) == (theirs.rows.to_pylist(), theirs.bad)
        assert repr(ours.rows["x"].to_pylist()) == repr(theirs.rows["x"].to_pylist())


def test_most_objects_are_plain() -> None:
    random = Random(1)
    records = [
        json.dumps(
            {"n": n, "x": random.random(), "b": None, "s": "text", "t": "2013-01-05T12:00:00Z"}
        ).encode()
        for n in range(100)
    ]
    rows, plain = PlainJson(Shape(TYPES, REQUIRED, {})).read(values_of(records))
    assert plain.all()
    assert [json.loads(each)["x"] for each in records] == rows["x"].to_pylist()


def test_no_objects() -> None:
    assert len(PLAIN.decode([]).rows) == 0
    assert PLAIN.decode([]).rows.schema == WHOLE.decode([]).rows.schema


@pytest.mark.parametrize("text", TIMES)
def test_times_are_those_of_the_complete_reading(text: str) -> None:
    data = np.frombuffer(b"<" + text.encode() + b"0", np.uint8)
    found = plain_time(data, 1, len(data) - 1)
    if found != NO_TIME:
        assert found == parse_time(text)


@pytest.mark.parametrize("types", [{}, {"d": DATE}, {f"c{n}": INT64 for n in range(65)}])
def test_other_shapes_are_left_to_the_complete_parser(types: Any) -> None:
    assert not is_plain(Shape(types, frozenset(), {}))
    assert not is_plain(Shape(TYPES, REQUIRED, {"t": "Europe/London"}))
