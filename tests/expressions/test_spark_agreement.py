"""Spark gives what zipline's evaluator gives, to the bit: for every case of the table, and for random typed
expressions over random rows, errors included.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.expressions.cases import CASES, FAILS, SCHEMA, Case
from tests.expressions.evaluators import (
    Failed,
    Row,
    all_on_spark,
    collected,
    on_zipline,
    plain,
    spark_rows,
)  # fmt: skip
from tests.expressions.skipping import EPOCH_DAY, FAILED, outcomes
from tests.expressions.test_agreement import ROWS, TEXTS
from tests.services.spark import session
from zipline.engines.spark.expressions import to_sql
from zipline.errors import ExpressionError
from zipline.expressions import Call, Expression, Node, parse
from zipline.expressions.resolve import type_of
from zipline.expressions.signatures import FUNCTIONS, OPERATORS
from zipline.expressions.tree import walk
from zipline.time import from_micros
from zipline.types import DATE, TIMESTAMP

Outcome = list[Any] | Failed
GIVEN = tuple(case for case in CASES if case.expected is not FAILS)
REFUSED = tuple(case for case in CASES if case.expected is FAILS)


@contextmanager
def _compiled() -> Iterator[None]:
    """Let Spark compile what it runs, as it does in production; tiny tables it would compute while planning."""
    changed = {
        "spark.sql.codegen.wholeStage": "true",
        "spark.sql.codegen.factoryMode": "CODEGEN_ONLY",
        "spark.sql.optimizer.excludedRules": "org.apache.spark.sql.catalyst.optimizer.ConvertToLocalRelation",
    }
    kept = {name: session().conf.get(name, "") for name in changed}
    try:
        for name, value in changed.items():
            session().conf.set(name, value)
        yield
    finally:
        for name, before in kept.items():
            session().conf.set(name, str(before))


def _on_own_rows(cases: Sequence[Case]) -> list[Outcome]:
    """Return what each case gives on its row, all in one job if none fails."""
    parsed = [parse(case.text) for case in cases]
    sqls = [f"CASE WHEN row = {at} THEN {to_sql(each, SCHEMA)} END" for at, each in enumerate(parsed)]
    kinds = [each.type_of(SCHEMA) for each in parsed]
    found = collected(spark_rows([case.inputs for case in cases]), sqls, kinds)
    return [each if isinstance(each, Failed) else [each[at]] for at, each in enumerate(found)]


def _wrong(cases: Sequence[Case], found: Sequence[Outcome]) -> list[tuple[Case, Outcome]]:
    return [
        (case, each)
        for case, each in zip(cases, found, strict=True)
        if (case.expected is FAILS) != isinstance(each, Failed)
        or (case.expected is not FAILS and each != [plain(case.expected)])
    ]


def test_spark_gives_the_value_of_the_table() -> None:
    assert _wrong(GIVEN, _on_own_rows(GIVEN)) == []


def test_spark_refuses_what_the_table_refuses() -> None:
    assert _wrong(REFUSED, [_outcome(case) for case in REFUSED]) == []


def test_compiled_spark_gives_the_value_of_the_table() -> None:
    with _compiled():
        assert _wrong(GIVEN, _on_own_rows(GIVEN)) == []
        assert _wrong(REFUSED, [_outcome(case) for case in REFUSED]) == []


def _outcome(case: Case) -> Outcome:
    return all_on_spark([parse(case.text)], [case.inputs])[0]


def test_every_operator_and_function_is_in_the_table() -> None:
    used = {node.name for case in CASES for node in walk(parse(case.text).tree) if isinstance(node, Call)}
    functions = {name for name, each in FUNCTIONS.items() if not each.derived} - {
        "if"
    }  # which is read as CASE
    assert {*OPERATORS, *functions} <= used


@given(st.lists(TEXTS, min_size=20, max_size=20), ROWS)
@settings(max_examples=25)
def test_zipline_and_spark_agree(texts: list[str], rows: list[dict[str, Any]]) -> None:
    expressions = [each for each in map(parse, texts) if _has_type(each)]
    expected = [_on_zipline(each, rows) for each in expressions]
    good = [each for each, values in zip(expressions, expected, strict=True) if values != FAILED]
    assert all_on_spark(good, rows) == [values for values in expected if values != FAILED]
    for each, values in zip(expressions, expected, strict=True):
        if values == FAILED:
            assert _may_fail(each, rows, all_on_spark([each], rows)[0])


def _on_zipline(expression: Expression, rows: Sequence[Row]) -> Any:
    try:
        return on_zipline(expression, rows)
    except Failed:
        return FAILED


def _has_type(expression: Expression) -> bool:
    """Tell whether it can be evaluated at all: products of decimals outgrow 38 digits."""
    try:
        return bool(expression.type_of(SCHEMA))
    except ExpressionError:
        return False


def _may_fail(expression: Expression, rows: Sequence[Row], found: Outcome) -> bool:
    """Tell whether Spark failed too, or else passed over nothing but operands that cannot matter."""
    if isinstance(found, Failed):
        return True
    tree = expression.resolve(SCHEMA)
    return all(value in _allowed(tree, row) for value, row in zip(found, rows, strict=True))


def _allowed(tree: Node, row: Row) -> list[Any]:
    found = [each for each in outcomes(tree, row) if each is not FAILED]
    if type_of(tree) == TIMESTAMP:
        found = [each if each is None else from_micros(each) for each in found]
    if type_of(tree) == DATE:
        found = [each if each is None else date.fromordinal(each + EPOCH_DAY) for each in found]
    return [plain(each) for each in found]
