"""Expressions where users write them: `select=` and `where=` in SQL, `Derived` after the windows."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from tests.conformance.check import agree, expect
from tests.conformance.dataset import observations, plain_rows, table_of
from tests.conformance.engines import Case
from tests.conformance.requests import ask, table, view
from zipline.aggregations import Count, Last, Mean, Sum
from zipline.dsl import Derived, Entity, EventSource, FeatureView, Frame

EXPRESSIONS = {
    "scaled": "CASE WHEN y > 5 THEN y * 2 WHEN y IS NULL THEN -1 ELSE y / 3 END",
    "parity": "n % 2",
    "cut": "upper(substring(word, 1, 1)) || coalesce(word, '-')",
    "is_late": "x BETWEEN -1 AND 1e300 OR word IN ('a', 'b', NULL)",
    "matched": "word LIKE '%a_%' OR NOT (flag AND n <> 1)",
    "when": "date_trunc('hour', at)",
    "weekday": "day_of_week(at) * 100 + hour(at)",
    "age": "date_diff('day', day, at)",
    "cents": "money * 100 + n",
    "whole": "CAST(round(y) AS bigint)",
    "text": "CAST(n AS varchar)",
    "best": "greatest(y, wild, 0.5)",
    "worst": "least(x, wild)",
    "first_tag": "tags[1]",
    "tagged": "list_contains(tags, 'a')",
    "tags_len": "len(tags)",
    "size": "length(word) + strpos(word, 'b')",
    "same": "wild = wild AND nullif(wild, 0) IS NOT NULL",
    "rooted": "sqrt(abs(y))",
}


def test_select_makes_columns_of_each_type() -> None:
    source = EventSource(
        "events",
        table=Frame(table_of(plain_rows())),
        event_time="at",
        knowledge_time="known",
        id="event_id",
        select=EXPRESSIONS,
        where="length(coalesce(word, '')) < 3 AND user <> 'cy' OR flag",
    )
    features: list[Any] = [Last(name, nulls=True).over("2h") for name in EXPRESSIONS]
    features += [Count(name) for name in EXPRESSIONS]
    features += [
        Count(where=text).named(f"where_{name}")
        for name, text in EXPRESSIONS.items()
        if name in ("is_late", "matched", "tagged", "same")
    ]
    agree(Case(FeatureView("v", entity=Entity("user"), source=source, features=features), observations()))


def test_select_replaces_columns_for_aggregations_only() -> None:
    rows = table([{"at": 1, "k": 1, "x": 5, "y": 1}, {"at": 2, "k": 1, "x": -5, "y": 2}])
    features = [Sum("x"), Sum("y"), Sum("z", where="x > 3").named("some")]
    expect(
        ask(view(rows, features, select={"x": "x + y", "y": "x", "z": "x * 10"}, where="x > -10"), 9),
        v__x_sum=[3],
        v__y_sum=[0],
        v__some=[50],
    )


DERIVED = {
    "ratio": "s / c",
    "logs": "ln(c + 1) + log2(c + 1) - log10(c + 2)",
    "waves": "sin(s) * cos(s) - tan(m)",
    "powers": "pow(c, 3) + exp(m / 100)",
    "away": "haversine(m, s, c, 0)",
    "turned": "cosine(v, w) + dot(v, w) - norm(w)",
    "named": "CASE WHEN c > 3 THEN l || '!' ELSE upper(l) END",
    "chained": "coalesce(ratio, -1) * 2 + c",
    "mapped": "round(m * 100) / 100",
}


def test_derived_columns() -> None:
    rows = table(
        [{"at": n, "k": 1, "x": n * 0.7 - 3, "g": "abc"[n % 3], "e": [n * 1.0, 2.0]} for n in range(12)],
        e=pa.list_(pa.float64(), 2),
    )
    base = [
        Sum("x").named("s"),
        Count().named("c"),
        Mean("x").named("m"),
        Last("g").named("l"),
        Last("e").named("v"),
        Last("e", nulls=True).named("w"),
    ]
    derived = [Derived(name, text) for name, text in DERIVED.items()]
    agree(ask(view(rows, [*base, *derived]), *range(14)))
