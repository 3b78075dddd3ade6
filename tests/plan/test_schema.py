"""What is said of definitions that do not fit their tables, and of requests that do not fit the observations."""

from __future__ import annotations

from typing import Any

import pytest

import zipline as zl
from tests.refusals import refusal
from zipline.plan.build import build
from zipline.plan.nodes import Visibility
from zipline.plan.schema import PlanTypes, check_plan
from zipline.types import (
    BOOL,
    DATE,
    FLOAT64,
    INT64,
    NULL,
    STRING,
    TIMESTAMP,
    DataType,
    decimal,
    list_of,
    map_of,
    parse_type,
    struct_of,
)

EVENTS: dict[str, DataType] = {
    "user": STRING, "ts": TIMESTAMP, "known": TIMESTAMP, "x": INT64, "price": decimal(10, 2), "f": FLOAT64,
    "ok": BOOL, "tags": list_of(STRING), "nothing": NULL, "text": STRING,
}  # fmt: skip
ASKED: dict[str, DataType] = {"user": STRING, "t": TIMESTAMP, "n": INT64}


def check(
    features: Any = None, *, events: dict[str, DataType] | None = None, asked: dict[str, DataType] | None = None,
    time: Any = "t", service: dict[str, Any] | None = None, derived: list[zl.Derived] | None = None,
    entity: str = "user", **source: Any,
) -> PlanTypes:  # fmt: skip
    """Return the types of a small plan."""
    table = EVENTS if events is None else EVENTS | events
    origin = zl.EventSource("events", table=zl.Parquet("x"), **{"event_time": "ts"} | source)
    view = zl.FeatureView(
        "v", entity=zl.Entity(entity), source=origin, features=[zl.Count()] if features is None else features
    )
    wanted = zl.FeatureService("s", [view, *(derived or [])], **service or {})
    plan = build(wanted, time=time, keys=None, visibility=Visibility(0))
    return check_plan(plan, {origin: table}, ASKED if asked is None else ASKED | asked)


def test_types_of_outputs() -> None:
    features = [
        zl.Count(),
        zl.Sum("price"),
        zl.Sum("x", by="user").over("1d"),
        zl.LastK(["text", "event_time"], 2),
        zl.Last("twice"),
        zl.Derived("half", "count / 2"),
    ]
    derived = [zl.Derived("d", "n + v__half")]
    types = check(features, select={"twice": "f * 2"}, service={"request": {"n": "double"}}, derived=derived)
    names = ["count", "price_sum", "x_sum_by_user_1d", "text_event_time_last2", "twice_last", "half"]
    assert types.outputs == {
        "v__count": INT64,
        "v__price_sum": decimal(38, 2),
        "v__x_sum_by_user_1d": map_of(STRING, INT64),
        "v__text_event_time_last2": list_of(struct_of(("text", STRING), ("event_time", TIMESTAMP))),
        "v__twice_last": FLOAT64,
        "v__half": FLOAT64,
        "d": FLOAT64,
    }
    assert list(types.outputs) == [*(f"v__{name}" for name in names), "d"]
    assert types.assembled["n"] == FLOAT64


@pytest.mark.parametrize("kind", ["timestamp", "date", "string"])
def test_times_that_need_no_words(kind: str) -> None:
    check(events={"ts": parse_type(kind)}, asked={"t": parse_type(kind)})


def test_times_that_are_declared() -> None:
    check(event_time=zl.Timestamp("x", unit="ms"), time=zl.Timestamp("n", unit="s"))
    check(event_time=zl.Timestamp("text", zone="Asia/Tokyo"), time=zl.Timestamp("t", zone="Asia/Tokyo"))
    check(event_time="nothing", asked={"t": NULL})


COUNT = "Hint: write a comparison"
SOURCES: list[tuple[dict[str, Any], str]] = [
    (
        {"event_time": "tss"},
        "source 'events', event_time: there is no column 'tss'\nHint: did you mean 'ts'?",
    ),
    (
        {"event_time": "x"},
        (
            "source 'events', event_time: 'x' is int64, which cannot be read as a time\n"
            "Hint: say what the integers count: zl.Timestamp('x', unit=\"ms\")"
        ),
    ),
    (
        {"event_time": zl.Timestamp("ts", unit="ms")},
        "'ts' is timestamp, which cannot be read as a time\nHint: a unit is for integer columns: drop it",
    ),
    (
        {"event_time": "f"},
        (
            "'f' is float64, which cannot be read as a time\n"
            "Hint: a time is a timestamp, a date, an ISO 8601 string, or an integer with a unit"
        ),
    ),
    (
        {"event_time": zl.Timestamp("d", zone="Asia/Tokyo"), "events": {"d": DATE}},
        "'d' is date, which cannot be read as a time\nHint: a time is a timestamp",
    ),
    (
        {"knowledge_time": "knwon"},
        "source 'events', knowledge_time: there is no column 'knwon'\nHint: did you mean 'known'?",
    ),
    ({"id": "usr"}, "source 'events', id: there is no column 'usr'\nHint: did you mean 'user'?"),
    (
        {"id": "user", "deleted": "okk"},
        "source 'events', deleted: there is no column 'okk'\nHint: did you mean 'ok'?",
    ),
    (
        {"id": "user", "deleted": "x"},
        "source 'events', deleted: 'x' is int64, not bool\nHint: name a boolean column",
    ),
    (
        {"id": "user", "sequence": "y"},
        "source 'events', sequence: there is no column 'y'\nHint: allowed: 'user',",
    ),
    ({"id": "user", "sequence": "tags"}, "source 'events': 'tags' is list<string>, which has no order"),
    ({"where": "x + 1"}, f"source 'events', where: is int64, not a condition\n{COUNT}"),
    ({"where": "xx > 1"}, "source 'events', where: unknown column 'xx' (line 1, column 1)"),
    ({"id": "user", "where": "user || 'a'"}, f"source 'events', where: is string, not a condition\n{COUNT}"),
    (
        {"select": {"y": "x + text"}, "features": [zl.Sum("y")]},
        "source 'events', select 'y': ",
    ),
    (
        {"select": {"X": "x"}},
        "source 'events', select 'X': the table has a column 'x'\nHint: write it alike, or rename one",
    ),
    ({"entity": "usr"}, "source 'events', key: there is no column 'usr'\nHint: did you mean 'user'?"),
    (
        {"entity": "f", "asked": {"f": FLOAT64}},
        (
            "source 'events': 'f' is float64, which cannot be a key\n"
            "Hint: keys are bool, int, string, binary, date, timestamp or decimal: cast it in the table"
        ),
    ),
]


@pytest.mark.parametrize(("definition", "message"), SOURCES)
def test_sources_that_do_not_fit(definition: dict[str, Any], message: str) -> None:
    assert message in refusal(lambda: check(**definition), zl.DefinitionError)


FEATURES: list[tuple[Any, str]] = [
    (
        zl.Sum("xx").over("7d"),
        "view 'v', feature 'xx_sum_7d', Sum('xx'): there is no column 'xx'\nHint: did you mean 'x'?",
    ),
    (zl.Sum("text"), "view 'v', feature 'text_sum': Sum('text') cannot take string"),
    (zl.Sum("ts"), "Sum('ts')"),
    (zl.Max("tags"), "Max('tags')"),
    (
        zl.LastK(["text", "txt"], 2),
        "LastK(['text', 'txt']): there is no column 'txt'\nHint: did you mean 'text'?",
    ),
    (zl.VectorSum("tags"), "VectorSum('tags')"),
    (
        zl.Count(where="x").named("n"),
        "view 'v', feature 'n': where='x' is int64, not a condition\nHint: write a comparison",
    ),
    (zl.Count(where="y > 1").named("n"), "view 'v', feature 'n': unknown column 'y' (line 1, column 1)"),
    (
        zl.Count(by="usr"),
        "view 'v', feature 'count_by_usr', by: there is no column 'usr'\nHint: did you mean 'user'?",
    ),
    (
        zl.Count(by="f"),
        "view 'v', feature 'count_by_f': by='f' is float64, which cannot group\nHint: group by a key type",
    ),
    (
        zl.Sum("x", default="none"),
        "view 'v', feature 'x_sum', Sum('x'): default='none' does not fit the result, which is int64",
    ),
]


@pytest.mark.parametrize(("feature", "message"), FEATURES)
def test_features_that_do_not_fit(feature: Any, message: str) -> None:
    assert message in refusal(lambda: check([feature]), zl.DefinitionError)


REQUESTS: list[tuple[dict[str, Any], str]] = [
    ({"time": "tt"}, "observations, time: there is no column 'tt'\nHint: did you mean 't'?"),
    (
        {"time": "n"},
        "observations, time: 'n' is int64, which cannot be read as a time\nHint: say what the integers count",
    ),
    (
        {"service": {"request": {"distance": "double"}}},
        "the observations have no column 'distance', which the service requests\nHint: allowed: 'user', 't', 'n'",
    ),
    (
        {"service": {"request": {"n": "string"}}},
        "column 'n' is int64; the service requests string",
    ),
    (
        {"service": {"keys": {"user": "usr"}}},
        (
            "the observations have no key column 'usr'\n"
            "Hint: name it with keys={entity_key: column}; did you mean 'user'?"
        ),
    ),
    (
        {"asked": {"user": DATE}},
        (
            "key column 'user' is date, and the source's is string\n"
            "Hint: cast one of them: only an int and a string in decimal form are compared across types"
        ),
    ),
    (
        {"asked": {"v__count": INT64}},
        "the observations already have a column 'v__count'\nHint: rename or drop it",
    ),
    (
        {"asked": {"d": INT64}, "derived": [zl.Derived("d", "v__count")]},
        "the observations already have a column 'd'",
    ),
    (
        {"derived": [zl.Derived("d", "upper(v__count)")]},
        "Derived('d'): ",
    ),
]


@pytest.mark.parametrize(("request_", "message"), REQUESTS)
def test_requests_that_do_not_fit(request_: dict[str, Any], message: str) -> None:
    assert message in refusal(lambda: check(**request_))


@pytest.mark.parametrize(("source", "asked"), [("int", "string"), ("string", "int"), ("int", "int")])
def test_keys_that_compare_across_types(source: str, asked: str) -> None:
    check(events={"user": parse_type(source)}, asked={"user": parse_type(asked)})
    check(events={"user": parse_type(source)}, asked={"user": NULL})


def test_a_request_field_may_be_an_int_where_a_double_is_asked_for() -> None:
    check(service={"request": {"n": "double"}})
    check(service={"request": {"n": "double"}}, asked={"n": NULL})
