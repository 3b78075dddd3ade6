"""Definitions and values as JSON and back, and what is refused on either way."""

from __future__ import annotations

import json
import math
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import zipline as zl
from tests.refusals import refusal
from tests.registry.definitions import TYPES, view
from tests.registry.golden import definitions
from tests.registry.test_meaning import CASES
from zipline.dsl.definition import Definition
from zipline.registry.codec import decode, encode
from zipline.registry.json import canonical_json, pretty_json
from zipline.registry.values import decode_type, decode_value, encode_type, encode_value
from zipline.types import map_of, struct_of

EVERY = [definition for _, definition in definitions()] + [
    each for cases in CASES.values() for _, *both, _ in cases for each in both
]


@pytest.mark.parametrize("definition", EVERY, ids=lambda each: each.name)
def test_definitions_come_back_as_they_were(definition: Any) -> None:
    text = pretty_json(encode(definition))
    again = decode(json.loads(text))
    assert type(again) is type(definition)
    assert pretty_json(encode(again)) == text
    if "nan" not in text.decode():
        assert again == definition or "[" in text.decode()


def test_a_definition_comes_back_equal() -> None:
    whole = view(zl.Sum("x").over("1d"), zl.Quantile("x", [0, 0.5]), zl.Last(["x", "s"]), tags={"a": "b"})
    assert decode(json.loads(pretty_json(encode(whole)))) == whole


SCALARS = (
    st.none() | st.booleans() | st.integers() | st.text() | st.floats() | st.binary() | st.dates()
    | st.datetimes() | st.datetimes(timezones=st.just(UTC)) | st.decimals(allow_nan=False)
)  # fmt: skip
VALUES = st.recursive(
    SCALARS,
    lambda each: (
        st.lists(each, max_size=3) | st.dictionaries(st.text() | st.integers() | st.dates(), each, max_size=3)
    ),
    max_leaves=6,
)


@given(VALUES)
def test_values_come_back_as_they_were(value: Any) -> None:
    data = json.loads(canonical_json(encode_value(value)))
    assert repr(decode_value(data)) == repr(value) or canonical_json(
        encode_value(decode_value(data))
    ) == canonical_json(data)


@pytest.mark.parametrize(
    ("value", "data"),
    [
        (math.nan, {"$float": "nan"}),
        (-math.inf, {"$float": "-inf"}),
        (0.1, 0.1),
        (Decimal("1.50"), {"$decimal": "1.50"}),
        (b"\x00\xff", {"$bytes": "AP8="}),
        (date(2024, 5, 1), {"$date": "2024-05-01"}),
        (datetime(2024, 5, 1, tzinfo=UTC), {"$datetime": "2024-05-01T00:00:00+00:00"}),
        ({"b": 1, "a": 2}, {"$map": [["a", 2], ["b", 1]]}),
        (("a", 1), ["a", 1]),
    ],
)
def test_values_have_one_text(value: Any, data: Any) -> None:
    assert encode_value(value) == data
    assert repr(decode_value(data)) in (repr(value), repr(["a", 1]), "{'a': 2, 'b': 1}")


@pytest.mark.parametrize(
    "data",
    [
        {"$float": "1"},
        {"$decimal": "x"},
        {"$bytes": "?"},
        {"$date": "soon"},
        {"$datetime": "x"},
        {"a": 1},
        {},
        {"$map": [1]},
    ],
)
def test_values_of_others_are_refused(data: Any) -> None:
    with pytest.raises((ValueError, TypeError)):
        decode_value(data)


def test_values_that_json_has_not_are_refused() -> None:
    with pytest.raises(TypeError, match="object is no value that JSON can keep"):
        encode_value(object())
    odd = view().model_copy(update={"tags": (("a", object()),)})
    assert (
        refusal(lambda: encode(odd), zl.DefinitionError)
        == "FeatureView.tags: object is no value that JSON can keep"
    )


@pytest.mark.parametrize(
    "kind", [*TYPES.values(), struct_of(("a", TYPES["l"]), ("b", TYPES["p"])), map_of(TYPES["s"], TYPES["i"])]
)
def test_types_come_back_as_they_were(kind: Any) -> None:
    assert decode_type(json.loads(canonical_json(encode_type(kind)))) == kind


@pytest.mark.parametrize(
    "data",
    [
        "money",
        "decimal(99,1)",
        3,
        {"list": "int64", "more": 1},
        {"struct": [["a"]]},
        {"struct": 3},
        {"vector": "float32"},
        None,
    ],
)
def test_types_of_others_are_refused(data: Any) -> None:
    with pytest.raises((ValueError, zl.DefinitionError)):
        decode_type(data)


class Homemade(Definition):
    """A class that is not zipline's."""

    name: str


def test_classes_of_others_are_refused() -> None:
    message = refusal(lambda: encode(Homemade(name="mine")), zl.DefinitionError)
    assert message == "mine: Homemade is not one of zipline's own classes, which alone can be registered"
    with pytest.raises(ValueError, match="this zipline knows no 'Homemade'"):
        decode({"type": "Homemade", "name": "mine"})
