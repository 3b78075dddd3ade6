"""Every case of the table, on every evaluator, to the bit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.expressions.cases import CASES, DERIVED, FAILS, Case
from tests.expressions.evaluators import Failed, on_duckdb, on_zipline, plain
from zipline.expressions import parse


def _name(case: Case) -> str:
    return f"{case.text} {case.inputs}"


def _check(run: Callable[..., list[Any]], case: Case, *, derived: bool) -> None:
    expression = parse(case.text, derived=derived)
    if case.expected is FAILS:
        with pytest.raises(Failed):
            run(expression, [case.inputs])
    else:
        assert run(expression, [case.inputs]) == [plain(case.expected)]


@pytest.mark.parametrize("case", CASES, ids=_name)
def test_zipline_gives_the_value_of_the_table(case: Case) -> None:
    _check(on_zipline, case, derived=False)


@pytest.mark.parametrize("case", CASES, ids=_name)
def test_duckdb_gives_the_value_of_the_table(case: Case) -> None:
    _check(on_duckdb, case, derived=False)


@pytest.mark.parametrize("case", DERIVED, ids=_name)
def test_derived_functions_give_the_value_of_the_table(case: Case) -> None:
    _check(on_zipline, case, derived=True)
