"""Identities that are promised: neither a library's upgrade nor a change of ours may move one."""

from __future__ import annotations

import json
import re

import zipline.aggregations
from tests.registry.definitions import identity
from tests.registry.golden import AGGREGATIONS, DERIVED, EXPRESSIONS, FILE, definitions
from zipline.expressions import Call, parse
from zipline.expressions.signatures import FUNCTIONS, OPERATORS
from zipline.expressions.tree import walk


def test_identities_are_as_they_were() -> None:
    pinned = json.loads(FILE.read_text())
    found = {name: identity(definition) for name, definition in definitions()}
    assert found == pinned
    assert len(set(found.values())) >= len(found) - 2  # `<>` and `!=`, and the plain source and view, are one


def test_every_aggregation_is_pinned() -> None:
    assert {type(each).__name__ for each in AGGREGATIONS} == set(zipline.aggregations.__all__)


def test_every_function_and_operator_is_pinned() -> None:
    trees = [parse(text).tree for text in EXPRESSIONS] + [parse(text, derived=True).tree for text in DERIVED]
    used = {node.name for tree in trees for node in walk(tree) if isinstance(node, Call)}
    written = {name for text in EXPRESSIONS + DERIVED for name in re.findall(r"([a-z_0-9]+)\(", text)}
    assert set(OPERATORS) | set(FUNCTIONS) <= used | written
