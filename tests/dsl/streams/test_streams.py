"""Streams: normal forms, and what is no stream."""

from __future__ import annotations

from typing import Any

import pytest

import zipline as zl
from tests.refusals import refusal
from zipline.display.written import written

AVRO = {"type": "record", "name": "click", "fields": [{"name": "user", "type": "string"}]}


def test_normal_forms() -> None:
    given = zl.Kafka("clicks", format="avro", schema=AVRO, options={"b": True, "a": 1})
    assert given.options == (("a", 1), ("b", True))
    text = '{"type": "record", "name": "click", "fields": [{"name": "user", "type": "string"}]}'
    assert given.avro == text
    assert (
        zl.Kafka("clicks", format="avro", schema=text.replace(", ", ",\n "), options={"a": 1, "b": True})
        == given
    )
    assert zl.Kafka("${topic}").topic == "${topic}"
    assert zl.Push() == zl.Push()
    assert hash(zl.Kafka("a")) == hash(zl.Kafka("a", options={}))


def test_they_are_shown_as_they_are_written_without_secrets() -> None:
    shown = zl.Kafka("clicks", format="arrow", options={"sasl_plain_password": "hush", "fetch_min_bytes": 1})
    assert written(shown) == (
        "Kafka('clicks', format='arrow', options={'fetch_min_bytes': 1, 'sasl_plain_password': '***'})"
    )
    assert written(zl.Kafka("clicks", options={"ssl_password": "${PW}"})) == (
        "Kafka('clicks', options={'ssl_password': '${PW}'})"
    )
    assert written(zl.Push()) == "Push()"


@pytest.mark.parametrize(
    ("topic", "options", "message"),
    [
        ("", {}, "Kafka: '' is not a topic\nHint: letters, digits, '.', '_' and '-', at most 249 of them"),
        ("a b", {}, "Kafka: 'a b' is not a topic"),
        ("a|b", {}, "Kafka: 'a|b' is not a topic"),
        (7, {}, "Kafka: 7 is not a topic"),
        (
            "a", {"format": "csv"},
            "Kafka('a'): format='csv' is not one that is read\nHint: allowed: 'json', 'avro', 'arrow'",
        ),
        ("a", {"format": "jsn"}, "Hint: did you mean 'json'?"),
        (
            "a", {"schema": AVRO},
            ("Kafka('a'): has a schema, and its format is json\n"
            "Hint: a schema is Avro's: format='avro'; what others have stands in the source's schema={...}"),
        ),
        ("a", {"format": "avro", "schema": "{"}, "Kafka('a'): its schema is no JSON: "),
        ("a", {"format": "avro", "schema": {1, 2}}, "Hint: give an Avro schema as JSON text or as a dict"),
        (
            "a", {"format": "avro", "schema": '"string"'},
            "Kafka('a'): its schema \"string\" is not that of a record\nHint: a row is a record: ",
        ),
        ("a", {"options": [1]}, "Kafka('a'): options=[1] is not a mapping of names to values"),
        ("a", {"options": {1: 2}}, "Kafka('a'): options={1: 2} is not a mapping of names to values"),
        (
            "a", {"options": {"ssl_context": None}},
            ("Kafka('a'): the option 'ssl_context' is None, which is no text, number, true or false\n"
            "Hint: what only Python can hold has no place in a definition"),
        ),
    ],
)  # fmt: skip
def test_what_is_no_stream(topic: Any, options: dict[str, Any], message: str) -> None:
    assert message in refusal(lambda: zl.Kafka(topic, **options), zl.DefinitionError)
