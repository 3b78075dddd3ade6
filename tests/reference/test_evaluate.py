"""The reference's own evaluator on the table of expressions that every evaluator runs."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from tests.conformance.plain import exact
from tests.expressions.cases import CASES, DERIVED, FAILS, SCHEMA, Case
from zipline.errors import DataError
from zipline.reference.evaluate import evaluate
from zipline.reference.values import canonical
from zipline.time import to_micros


def physical(value: Any) -> Any:
    """Return a case's value as the reference holds it."""
    if isinstance(value, datetime):
        return to_micros(value.replace(tzinfo=UTC))
    if isinstance(value, date):
        return (value - date(1970, 1, 1)).days
    if isinstance(value, list):
        return [physical(each) for each in value]
    return canonical(value)


def comparable(value: Any) -> Any:
    """Return a value that is equal only to the very same, decimals by their number."""
    return ("decimal", value) if isinstance(value, Decimal) else exact(value)


@pytest.mark.parametrize("case", [*CASES, *DERIVED], ids=lambda case: case.text)
def test_expression(case: Case) -> None:
    row = {name: physical(case.inputs.get(name)) for name in SCHEMA}
    derived = case in DERIVED
    if case.expected == FAILS:
        with pytest.raises(DataError):
            evaluate(case.text, row, SCHEMA, derived=derived)
    else:
        found = evaluate(case.text, row, SCHEMA, derived=derived)
        assert comparable(found) == comparable(physical(case.expected))
