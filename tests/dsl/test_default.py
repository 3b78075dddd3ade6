"""Defaults: the ones that fit a result's type, in its form, and the ones that do not."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

import zipline as zl
from tests.refusals import refusal
from zipline.dsl.default import check_default
from zipline.errors import SchemaError
from zipline.types import (
    BINARY,
    BOOL,
    DATE,
    FLOAT32,
    FLOAT64,
    INT64,
    STRING,
    TIMESTAMP,
    DataType,
    decimal,
    list_of,
    map_of,
    struct_of,
)

VECTOR = DataType("vector", element=FLOAT32, size=2)
PAIR = struct_of(("a", INT64), ("b", STRING))
NOON = datetime(2024, 6, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("default", "kind", "expected"),
    [
        (None, INT64, None),
        (True, BOOL, True),
        (0, INT64, 0),
        (0, FLOAT64, 0.0),
        (1.5, FLOAT64, 1.5),
        (Decimal("1.5"), decimal(10, 2), Decimal("1.50")),
        (10**35, decimal(38, 2), Decimal("1E35")),
        ("none", STRING, "none"),
        (b"none", BINARY, b"none"),
        (date(2024, 6, 1), DATE, date(2024, 6, 1)),
        (NOON, TIMESTAMP, NOON),
        (NOON.replace(tzinfo=None), TIMESTAMP, NOON),
        ("2024-06-01T12:00Z", TIMESTAMP, NOON),
        ([], list_of(INT64), []),
        ((1, 2), list_of(FLOAT64), [1.0, 2.0]),
        ([0, 0], VECTOR, [0.0, 0.0]),
        ({"LGA": 0}, map_of(STRING, INT64), {"LGA": 0}),
        ({"b": "x", "a": 1}, PAIR, {"a": 1, "b": "x"}),
    ],
)
def test_defaults_that_fit(default: Any, kind: DataType, expected: Any) -> None:
    checked = check_default(zl.Last("x", default=default), kind)
    assert checked == expected
    assert type(checked) is type(expected)


def test_a_float_default_is_canonical() -> None:
    assert str(check_default(zl.Last("x", default=-0.0), FLOAT64)) == "0.0"


@pytest.mark.parametrize(
    ("default", "kind"),
    [
        (1, BOOL),
        (True, INT64),
        (1.0, INT64),
        (2**63, INT64),
        ("1", FLOAT64),
        (10**400, FLOAT64),
        (1.5, decimal(10, 2)),
        (Decimal("1.005"), decimal(10, 2)),
        (Decimal("Infinity"), decimal(10, 2)),
        (10**8, decimal(10, 2)),
        (b"x", STRING),
        ("x", BINARY),
        (NOON, DATE),
        (0, TIMESTAMP),
        ("soon", TIMESTAMP),
        ("x", list_of(STRING)),
        ([None], list_of(INT64)),
        ([0.0], VECTOR),
        ([], map_of(STRING, INT64)),
        ({"LGA": "0"}, map_of(STRING, INT64)),
        ({"a": 1}, PAIR),
    ],
)
def test_defaults_that_do_not(default: Any, kind: DataType) -> None:
    message = refusal(lambda: check_default(zl.Last("x", default=default), kind), SchemaError)
    assert message == (
        f"Last('x'): default={default!r} does not fit the result, which is {kind}\n"
        f"Hint: give a value of type {kind}, or no default"
    )
