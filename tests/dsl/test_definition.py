"""What all definitions share: frozen, equal by value, and refused with a message that says where and what."""

from __future__ import annotations

from collections.abc import Callable

import pytest

import zipline as zl
from tests.refusals import refusal
from zipline.dsl.definition import as_pairs, as_tuple, check_name
from zipline.errors import DefinitionError


def test_equal_fields_make_equal_definitions() -> None:
    assert zl.Entity("user") == zl.Entity("user", keys="user") == zl.Entity("user", keys=["user"])
    assert zl.Entity("user") != zl.Entity("user", keys=["id"])
    assert len({zl.Entity("user"), zl.Entity("user")}) == 1


def test_a_definition_cannot_be_changed() -> None:
    with pytest.raises(Exception, match="frozen"):
        zl.Entity("user").name = "other"  # type: ignore[misc]


@pytest.mark.parametrize("name", ["", "1st", "a__b", "ends_", "a-b", "é", None, 3])
def test_names_that_cannot_be_part_of_a_column(name: object) -> None:
    assert f"{name!r} cannot name a view\nHint: letters, digits" in refusal(
        lambda: check_name(name, "a view")
    )


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: as_tuple([], "an id"), "[] is not an id\nHint: give a column name or a list"),
        (lambda: as_tuple([""], "an id"), "[''] is not an id"),
        (lambda: as_tuple(3, "an id"), "3 is not an id"),
        (lambda: as_tuple(["a", "a"], "an id"), "['a', 'a'] names a column twice\nHint: an id lists each"),
        (lambda: as_pairs([1], "tags"), "tags=[1] is not a mapping of names to names"),  # type: ignore[arg-type]
        (lambda: as_pairs({"a": 1}, "tags"), "tags={'a': 1} is not a mapping"),  # type: ignore[dict-item]
        (
            lambda: zl.Entity("user", description=3),  # type: ignore[arg-type]
            "Entity: description=3 does not fit: input should be a valid string",
        ),
    ],
)
def test_refusals(build: Callable[[], object], message: str) -> None:
    assert message in refusal(build, DefinitionError)
