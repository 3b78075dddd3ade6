"""What is said of unions whose members do not fit together, and of snapshots that do not fit their tables."""

from __future__ import annotations

from typing import Any

import pytest

import zipline as zl
from tests.refusals import refusal
from zipline.plan.build import build
from zipline.plan.nodes import Visibility
from zipline.plan.schema import PlanTypes, check_plan
from zipline.types import DATE, FLOAT64, INT64, STRING, TIMESTAMP, DataType, decimal

CLICKS: dict[str, DataType] = {
    "user": STRING,
    "ts": TIMESTAMP,
    "x": INT64,
    "price": decimal(10, 2),
    "page": STRING,
}
SAVES: dict[str, DataType] = {"user": STRING, "ts": TIMESTAMP, "x": INT64, "price": FLOAT64, "pages": STRING}
ASKED: dict[str, DataType] = {"user": STRING, "t": TIMESTAMP}


def check(features: list[Any], saves: dict[str, DataType] | None = None, **options: Any) -> PlanTypes:
    """Return the types of a view over clicks and saves; `options` are of saves."""
    one = zl.EventSource("clicks", table=zl.Parquet("clicks"), event_time="ts")
    other = zl.EventSource("saves", table=zl.Parquet("saves"), event_time="ts", **options)
    view = zl.FeatureView(
        "v", entity=zl.Entity("user"), source=zl.Union("both", [one, other]), features=features
    )
    plan = build(view, time="t", keys=None, visibility=Visibility(0))
    return check_plan(plan, {one: CLICKS, other: SAVES | (saves or {})}, ASKED)


def test_types_of_a_union_are_those_of_all_members() -> None:
    types = check([zl.Sum("x"), zl.Last("page", by="x")], select={"page": "pages"})
    assert [str(kind) for kind in types.outputs.values()] == ["int64", "map<int64, string>"]


def test_columns_that_nobody_reads_may_differ() -> None:
    check([zl.Count()])


@pytest.mark.parametrize(
    ("features", "saves", "message"),
    [
        (
            [zl.Last("page")],
            {},
            (
                "source 'saves': there is no column 'page', which 'clicks' has, a member of the same union\n"
                "Hint: cast it, or add it, with select=; did you mean 'pages'?"
            ),
        ),
        (
            [zl.Last("pages")],
            {},
            "source 'clicks': there is no column 'pages', which 'saves' has, a member of the same union\nHint: cast",
        ),
        (
            [zl.Sum("price")],
            {},
            (
                "source 'saves': 'price' is float64, and of 'clicks', a member of the same union, it is "
                "decimal(10,2)\nHint: cast it, or add it, with select=, so that it has one type in all members"
            ),
        ),
        ([zl.Count(where="page = 'a'").named("n")], {}, "source 'saves': there is no column 'page'"),
        ([zl.Count(by="page")], {}, "source 'saves': there is no column 'page'"),
        (
            [zl.Count()],
            {"user": INT64},
            (
                "source 'saves': key 'user' is int64, and of 'clicks', a member of the same union, it is string\n"
                "Hint: cast it in the table, so that it has one type in all members"
            ),
        ),
        ([zl.Max("z")], {}, "view 'v', feature 'z_max', Max('z'): there is no column 'z'"),
    ],
)
def test_refusals_name_the_member_and_the_column(
    features: list[Any], saves: dict[str, DataType], message: str
) -> None:
    assert message in refusal(lambda: check(features, saves), zl.SchemaError)


def test_each_member_is_checked_by_itself() -> None:
    def where() -> PlanTypes:
        return check([zl.Count()], where="y > 0")

    assert "source 'saves', where: unknown column 'y'" in refusal(where, zl.DefinitionError)
    assert "source 'saves', knowledge_time: there is no column 'known'" in refusal(
        lambda: check([zl.Count()], knowledge_time="known")
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"date": "dss"}, "source 'users', date: there is no column 'dss'\nHint: did you mean 'ds'?"),
        (
            {"date": "n"},
            "source 'users', date: 'n' is int64, which cannot be read as a time\nHint: say what the",
        ),
        ({"id": "usr"}, "source 'users', id: there is no column 'usr'\nHint: did you mean 'user'?"),
        ({"columns": ["plam"]}, "source 'users', columns: there is no column 'plam'"),
    ],
)
def test_a_snapshots_columns_are_the_tables(options: dict[str, Any], message: str) -> None:
    table = zl.Snapshot(zl.Parquet("users"), **{"date": "ds", "id": "user", **options})
    source = zl.EventSource("users", table=table)
    view = zl.FeatureView("v", entity=zl.Entity("user"), source=source, features=[zl.Count()])
    plan = build(view, time="t", keys=None, visibility=Visibility(0))
    types = {"ds": DATE, "user": STRING, "plan": STRING, "n": INT64}
    assert message in refusal(lambda: check_plan(plan, {source: types}, ASKED), zl.SchemaError)
