"""Random typed expressions over random rows: zipline's evaluator and DuckDB agree to the bit, errors
included.
"""

from __future__ import annotations

import math
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from tests.expressions.cases import SCHEMA
from tests.expressions.evaluators import Failed, on_duckdb, on_zipline
from zipline.errors import ExpressionError
from zipline.expressions import Expression, parse

Text = SearchStrategy[str]

INTS = st.one_of(st.integers(-5, 5), st.sampled_from([-(2**63), 2**63 - 1, 2**53 + 1, 2**31, -(2**62)]))
FLOATS = st.one_of(
    st.sampled_from([0.0, -0.0, 0.5, -2.5, math.nan, math.inf, -math.inf, 1e300, 2.0**63]),
    st.floats(-100, 100),
)
STRINGS = st.one_of(
    st.text("aAbé ,\U0001f926", max_size=6),
    st.sampled_from(["7", "-1.5", "1e3", "true", "2020-02-29", "nan"]),
)
DATES = st.one_of(st.dates(), st.dates(date(1969, 12, 1), date(1970, 1, 20)))
TIMES = st.one_of(
    st.datetimes(datetime(1, 1, 1)), st.datetimes(datetime(1969, 12, 20), datetime(1970, 1, 10))
)
VALUES: dict[str, SearchStrategy[Any]] = {
    **dict.fromkeys("ij", INTS),
    **dict.fromkeys("xy", FLOATS),
    **dict.fromkeys("sz", STRINGS),
    **dict.fromkeys("ac", st.booleans()),
    **dict.fromkeys("tu", TIMES),
    "d": DATES,
    "p": st.integers(-1000, 1000).map(lambda cents: Decimal(cents) / 100),
    "q": st.decimals(Decimal(-(10**28)), Decimal(10**28), places=9),
    "b": st.binary(max_size=3),
    "li": st.lists(st.none() | INTS, max_size=3),
    "lf": st.lists(st.none() | FLOATS, max_size=3),
    "ls": st.lists(st.none() | STRINGS, max_size=3),
    "w": st.lists(FLOATS, min_size=3, max_size=3),
}
ROWS = st.lists(
    st.fixed_dictionaries({name: st.none() | each for name, each in VALUES.items()}), min_size=1, max_size=4
)

LEAVES = {
    "int": ["i", "j", "0", "-1", "3", "length(s)", "len(li)", "li[2]"],
    "float": ["x", "y", "0.5", "-1e300", "lf[1]", "w[3]"],
    "decimal": ["p", "q", "CAST(i AS decimal(20, 0))"],
    "string": ["s", "z", "'a'", "''", "ls[1]"],
    "bool": ["a", "c", "TRUE", "NULL"],
    "time": ["t", "u", "d", "TIMESTAMP '1969-12-31T23:59:59.5Z'", "DATE '2020-02-29'"],
}


def _templates(child: dict[str, Text]) -> dict[str, list[tuple[str, list[str]]]]:
    number = ["int", "float", "decimal"]
    shared: list[tuple[str, list[str]]] = []
    for kind in child:
        shared += [
            (f"{kind}:CASE WHEN {{}} THEN {{}} ELSE {{}} END", ["bool", kind, kind]),
            (f"{kind}:coalesce({{}}, {{}})", [kind, kind]),
        ]
        shared += [
            (f"{kind}:nullif({{}}, {{}})", [kind, kind]),
            (f"{kind}:least({{}}, {{}}, {{}})", [kind, kind, kind]),
        ]
        shared += [(f"{kind}:greatest({{}}, {{}})", [kind, kind]), ("bool:({}) IS NULL", [kind])]
        shared += [("bool:({}) IN ({}, {})", [kind, kind, kind])]
        shared += [(f"bool:({{}}) {sign} ({{}})", [kind, kind]) for sign in ("=", "<>", "<", "<=", ">", ">=")]
    for kind in number:
        shared += [(f"{kind}:({{}}) {sign} ({{}})", [kind, kind]) for sign in "+-*%"]
        shared += [(f"{kind}:{name}({{}})", [kind]) for name in ("abs", "round", "floor", "ceil", "-")]
        shared += [
            ("float:({}) / ({})", [kind, "int"]),
            ("float:CAST({} AS double)", [kind]),
            ("float:sqrt({})", [kind]),
        ]
        shared += [("int:CAST({} AS bigint)", [kind]), ("bool:({}) < ({})", [kind, "float"])]
    shared += [("int:sign({})", ["int"]), ("int:sign({})", ["decimal"]), ("float:sign({})", ["float"])]
    shared += [(f"string:{name}({{}})", ["string"]) for name in ("lower", "upper", "trim", "ltrim", "rtrim")]
    shared += [(f"string:{name}({{}}, {{}})", ["string", "int"]) for name in ("left", "right", "substring")]
    shared += [
        ("string:substring({}, {}, {})", ["string", "int", "int"]),
        ("string:split_part({}, {}, {})", ["string", "string", "int"]),
    ]
    shared += [
        ("string:replace({}, {}, {})", ["string"] * 3),
        ("string:({}) || ({})", ["string"] * 2),
        ("int:length({})", ["string"]),
    ]
    shared += [
        ("int:strpos({}, {})", ["string"] * 2),
        ("string:CAST({} AS varchar)", ["int"]),
        ("string:CAST({} AS varchar)", ["decimal"]),
    ]
    shared += [
        (f"bool:{name}({{}}, {{}})", ["string"] * 2) for name in ("starts_with", "ends_with", "contains")
    ]
    shared += [("bool:({}) LIKE '%a_'", ["string"]), ("bool:({}) LIKE '!%%' ESCAPE '!'", ["string"])]
    shared += [
        (f"int:{name}({{}})", ["time"])
        for name in ("year", "month", "day", "hour", "minute", "second", "day_of_week", "epoch_us")
    ]
    for unit in ("second", "minute", "hour", "day", "week"):
        shared += [
            (f"time:date_trunc('{unit}', {{}})", ["time"]),
            (f"int:date_diff('{unit}', {{}}, {{}})", ["time", "time"]),
        ]
    shared += [("time:CAST({} AS date)", ["time"]), ("time:CAST({} AS timestamp)", ["time"])]
    shared += [
        ("bool:NOT ({})", ["bool"]),
        ("bool:({}) AND ({})", ["bool"] * 2),
        ("bool:({}) OR ({})", ["bool"] * 2),
    ]
    shared += [
        ("bool:list_contains(li, {})", ["int"]),
        ("bool:list_contains(lf, {})", ["float"]),
        ("int:li[{}]", ["int"]),
    ]
    shared += [
        (f"{kind}:CAST({{}} AS {name})", ["string"])
        for kind, name in (
            ("int", "bigint"),
            ("float", "double"),
            ("bool", "bool"),
            ("time", "date"),
            ("time", "timestamp"),
        )
    ]
    found: dict[str, list[tuple[str, list[str]]]] = {kind: [] for kind in child}
    for template, kinds in shared:
        kind, text = template.split(":", 1)
        found[kind].append((text, kinds))
    return found


def _filled(template: str, operands: list[Text]) -> Text:
    chosen = st.tuples(*operands)
    if template.startswith("nullif"):
        chosen = chosen.filter(lambda texts: texts[0] != texts[1])  # see ..._may_keep_its_error below
    return chosen.map(lambda texts: template.format(*texts))


def _expressions(depth: int) -> dict[str, Text]:
    leaves: dict[str, Text] = {kind: st.sampled_from(texts) for kind, texts in LEAVES.items()}
    if depth == 0:
        return leaves
    child = _expressions(depth - 1)
    grown: dict[str, Text] = {}
    for kind, templates in _templates(child).items():
        options = [_filled(text, [child[each] for each in kinds]) for text, kinds in templates]
        grown[kind] = leaves[kind] | st.one_of(options)
    return grown


TEXTS = st.one_of(*_expressions(2).values())


def _outcome(run: Any, expression: Any, rows: Any) -> Any:
    try:
        return run(expression, rows)
    except Failed:
        return "failed"


@given(text=TEXTS, rows=ROWS)
@settings(max_examples=300)
def test_zipline_and_duckdb_agree(text: str, rows: list[dict[str, Any]]) -> None:
    expression = parse(text)
    assume(_has_type(expression))
    assert _outcome(on_zipline, expression, rows) == _outcome(on_duckdb, expression, rows)


def test_an_operand_that_cannot_matter_may_keep_its_error() -> None:
    """DuckDB knows that nullif(d, d) is null, and does not look at what a null is compared with."""
    row = {"d": date(2000, 1, 1)}
    expression = parse("nullif(d, d) = CAST('a' AS date)")
    assert on_duckdb(expression, [row]) == [("NoneType", None)]
    with pytest.raises(Failed):
        on_zipline(expression, [row])


def _has_type(expression: Expression) -> bool:
    """Tell whether it can be evaluated at all: products of decimals outgrow 38 digits."""
    try:
        return bool(expression.type_of(SCHEMA))
    except ExpressionError:
        return False
