"""Identity: what keeps it and what changes it, field by field, so that a field which nobody has judged is noticed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

import zipline as zl
import zipline.aggregations
from tests.refusals import refusal
from tests.registry.definitions import ALL, PAIR, TYPES, USER, identity, source, view, with_feature
from zipline.dsl.aggregation import Aggregation
from zipline.dsl.feature_view import Selection
from zipline.dsl.table import Table
from zipline.dsl.tables import Delta, Iceberg, SparkTable, Sql
from zipline.registry.codec import classes
from zipline.types import FLOAT32, INT64, STRING, DataType

CHANGES, KEEPS = False, True

ABSTRACT: Final = {
    "Aggregation", "Counted", "Decayed", "Extremes", "Moments", "Ordered", "OrderedK", "Spread", "Table",
    "Stream", "VectorAggregation", "_Files",
}  # fmt: skip
"""Classes that nobody builds: their fields are judged in their subclasses."""
PASSING: Final = {"BoundView", "Windowed", "PinnedSelection", "PinnedService"}
"""Classes of requests: no definition that is registered holds one."""

BASE: Final[dict[str, Aggregation]] = {
    each.__class__.__name__: each
    for each in (
        zl.ApproxCountDistinct("x"), zl.BottomK("x", 2), zl.Count("x"), zl.CountDistinct("x", limit=9),
        zl.DecayedCount(half_life="1d"), zl.DecayedSum("x", half_life="1d"), zl.First("x"), zl.FirstK("x", 2),
        zl.Histogram("i", 3, limit=9), zl.Kurtosis("x"), zl.Last("x"), zl.LastK("x", 2), zl.Max("x"), zl.Mean("x"),
        zl.Min("x"), zl.MostFrequent("i", 3, limit=9), zl.Quantile("x", 0.9), zl.Skew("x"), zl.Stddev("x"),
        zl.Sum("x"), zl.TimeSinceFirst(), zl.TimeSinceLast(), zl.TopK("x", 2), zl.Variance("x"),
        zl.VectorMean("v"), zl.VectorSum("v"),
    )
}  # fmt: skip
DEFAULTS: Final[dict[str, Any]] = {
    "ApproxCountDistinct": 1, "Count": 1, "CountDistinct": 1, "BottomK": [1.5], "TopK": [1.5], "FirstK": [1.5],
    "LastK": [1.5], "Histogram": {1: 2}, "MostFrequent": [1], "VectorMean": [1.0, 2.0], "VectorSum": [1.0, 2.0],
}  # fmt: skip
OTHER_COLUMN: Final = {"v": "w", "i": "j", "x": "y", None: "y"}


def aggregation_fields() -> Iterator[tuple[str, str, Any, bool]]:
    """Return (class, field, another value, whether that keeps the identity) of every field of every aggregation."""
    own: dict[str, Any] = {
        "nulls": True, "distinct": True, "k": 5, "limit": 10, "sample": True, "q": 0.5, "accuracy": "0.02",
        "half_life_us": 1, "where": "b", "by": "s",
    }  # fmt: skip
    for name, aggregation in BASE.items():
        for field in type(aggregation).model_fields:
            if field == "column":
                yield name, field, OTHER_COLUMN[aggregation.column], CHANGES  # type: ignore[index]
            elif field == "default":
                yield name, field, DEFAULTS.get(name, 1.5), CHANGES
            elif field in ("stem", "half_life"):
                yield name, field, "another", KEEPS
            elif field in own:
                yield name, field, own[field], CHANGES
            else:
                pytest.fail(f"{name}.{field} is in no test of identity")


@pytest.mark.parametrize(("name", "field", "value", "keeps"), list(aggregation_fields()))
def test_every_field_of_every_aggregation(name: str, field: str, value: Any, keeps: bool) -> None:
    before = BASE[name]
    after = before.model_copy(update={field: value})
    assert getattr(before, field) != value
    assert (identity(with_feature(before)) == identity(with_feature(after))) is keeps


def test_aggregations_of_different_kinds_differ() -> None:
    assert sorted(BASE) == sorted(zipline.aggregations.__all__)
    found = [identity(with_feature(aggregation)) for aggregation in BASE.values()]
    assert len(set(found)) == len(found)


def over(**options: Any) -> zl.FeatureView:
    """Return a view of a source with options; it reads all columns, so that two options differ by themselves."""
    return view(zl.Sum("x").over("1d"), zl.Last(ALL).named("all"), source=source(**options))


CORRECTED: Final[dict[str, Any]] = {"id": "id", "knowledge_time": "known"}
TYPED: Final = zl.Kafka("a", format="avro", schema={"type": "record", "name": "event", "fields": []})
STREAMED: Final[dict[str, Any]] = {"stream": zl.Push(), "schema": {"x": "double", "user": "string"}}
COPIES: Final = zl.Parquet("copies/")


def copies(table: Any = COPIES, **options: Any) -> zl.FeatureView:
    """Return a view of a snapshot's changes."""
    snapshot = zl.Snapshot(table, **{"date": "d", "id": "id", "delay": "1d", "columns": ["x"]} | options)
    return view(zl.Last(ALL).named("all"), source=zl.EventSource("copies", table=snapshot))


def service(*features: Any, name: str = "s", **options: Any) -> zl.FeatureService:
    """Return a service of a view."""
    return zl.FeatureService(name, list(features) or [view()], **options)


def selected(**fields: Any) -> zl.FeatureService:
    """Return a service whose only selection has other fields."""
    whole = service().features[0]
    return service().model_copy(update={"features": (whole.model_copy(update=fields),)})


TWO: Final = view(zl.Sum("x").over("1d"), zl.Count())
METADATA: Final[list[tuple[str, Any]]] = [("description", "words"), ("owner", "ops"), ("tags", {"team": "a"})]

CASES: Final[dict[str, list[tuple[str, Any, Any, bool]]]] = {
    "Csv": [
        ("path", over(table=zl.Csv("a.csv")), over(table=zl.Csv("s3://b/*.csv")), KEEPS),
        ("delimiter", over(table=zl.Csv("a.csv")), over(table=zl.Csv("a.csv", delimiter=";")), CHANGES),
        ("null", over(table=zl.Csv("a.csv")), over(table=zl.Csv("a.csv", null="NA")), CHANGES),
    ],
    "Delta": [
        ("path", over(table=Delta("a")), over(table=Delta("s3://b/a")), KEEPS),
        ("path", over(), over(table=Delta("a")), KEEPS),
        ("version", over(table=Delta("a")), over(table=Delta("a", version=7)), CHANGES),
        ("at_us", over(table=Delta("a")), over(table=Delta("a", at="2024-05-01")), CHANGES),
    ],
    "Iceberg": [
        ("table", over(table=Iceberg("a.b")), over(table=Iceberg("c.d")), KEEPS),
        ("catalog", over(table=Iceberg("a.b")), over(table=Iceberg("a.b", catalog="prod")), KEEPS),
        ("properties", over(table=Iceberg("a.b")), over(table=Iceberg("a.b", properties={"uri": "x"})), KEEPS),
        ("snapshot", over(table=Iceberg("a.b")), over(table=Iceberg("a.b", snapshot=7)), CHANGES),
        ("at_us", over(table=Iceberg("a.b")), over(table=Iceberg("a.b", at="2024-05-01")), CHANGES),
    ],
    "SparkTable": [
        ("name", over(table=SparkTable("a.b")), over(table=SparkTable("prod.a.b")), KEEPS),
        ("name", over(), over(table=SparkTable("a.b")), KEEPS),
    ],
    "Sql": [
        ("connection", over(table=Sql("sqlite:///a", "SELECT 1")), over(table=Sql("sqlite:///b", "SELECT 1")), KEEPS),
        ("query", over(table=Sql("sqlite:///a", "SELECT 1")), over(table=Sql("sqlite:///a", "SELECT 2")), CHANGES),
    ],
    "Json": [
        ("path", over(table=zl.Json("a.json")), over(table=zl.Json("b.json")), KEEPS),
        ("format", over(table=zl.Json("a.json")), over(table=zl.Json("a.json", format="lines")), KEEPS),
    ],
    "Kafka": [
        ("topic", over(stream=zl.Kafka("a")), over(stream=zl.Kafka("b")), KEEPS),
        ("format", over(stream=zl.Kafka("a")), over(stream=zl.Kafka("a", format="avro")), KEEPS),
        ("avro", over(stream=zl.Kafka("a", format="avro")), over(stream=TYPED), KEEPS),
        ("options", over(stream=zl.Kafka("a")), over(stream=zl.Kafka("a", options={"fetch_min_bytes": 1})), KEEPS),
    ],
    "NoTable": [],
    "Push": [],
    "Parquet": [
        ("path", over(table=zl.Parquet("a/")), over(table=zl.Parquet("${lake}/a/")), KEEPS),
        ("union_by_name", over(), over(table=zl.Parquet("a/", union_by_name=True)), KEEPS),
    ],
    "Snapshot": [
        ("table", copies(), copies(zl.Parquet("moved/")), KEEPS),
        ("table", copies(zl.Csv("a.csv")), copies(zl.Csv("a.csv", null="NA")), CHANGES),
        ("date", copies(), copies(date="ts"), CHANGES),
        ("id", copies(), copies(id="id2"), CHANGES),
        ("id", copies(id=["id", "id2"]), copies(id=["id2", "id"]), KEEPS),
        ("delay_us", copies(), copies(delay="2d"), CHANGES),
        ("delay_us", copies(delay="24h"), copies(delay="1d"), KEEPS),
        ("columns", copies(), copies(columns=["x", "y"]), CHANGES),
        ("columns", copies(columns=["y", "x"]), copies(columns=["x", "y"]), KEEPS),
        ("columns", copies(), copies(columns=None), CHANGES),
        ("columns", copies(columns=None), copies(columns=[name for name in TYPES if name not in ("d", "id")]), KEEPS),
    ],
    "Entity": [
        ("name", view(), view(entity=zl.Entity("person", keys="user")), KEEPS),
        ("keys", view(), view(entity=zl.Entity("user", keys="person"), keys={"person": "user"}), CHANGES),
        ("keys", view(entity=PAIR), view(entity=zl.Entity("pair", keys=["item", "user"])), KEEPS),
        # Rows of one id that are otherwise equal are ordered by their keys.
        (
            "keys", view(entity=PAIR, source=source(**CORRECTED)),
            view(entity=zl.Entity("pair", keys=["item", "user"]), source=source(**CORRECTED)), CHANGES,
        ),
        *((field, view(), view(entity=zl.Entity("user", **{field: value})), KEEPS) for field, value in METADATA),
    ],
    "EventSource": [
        ("name", over(), over(name="renamed"), KEEPS),
        ("table", over(), over(table=zl.Csv("events.csv")), KEEPS),
        ("table", over(table=None, **STREAMED), over(**STREAMED), KEEPS),
        ("stream", over(), over(stream=zl.Push()), KEEPS),
        ("stays", over(**CORRECTED), over(**CORRECTED, moves=False), CHANGES),
        ("event_time", over(), over(event_time="ts2"), CHANGES),
        ("knowledge_time", over(), over(knowledge_time="known"), CHANGES),
        ("delay_us", over(), over(delay="1h"), CHANGES),
        ("delay_us", over(delay="60m"), over(delay="1h"), KEEPS),
        ("id", over(), over(id="id"), CHANGES),
        ("id", over(id=["id", "id2"]), over(id=["id2", "id"]), KEEPS),
        ("deleted", over(**CORRECTED), over(**CORRECTED, deleted="b"), CHANGES),
        ("sequence", over(**CORRECTED), over(**CORRECTED, sequence="seq"), CHANGES),
        ("corrections_us", over(**CORRECTED), over(**CORRECTED, corrections="1d"), CHANGES),
        ("select", over(), over(select={"x": "y"}), CHANGES),
        ("select", over(select={"x": "y*2"}), over(select={"x": "(y) * 2"}), KEEPS),
        ("select", over(select={"x": "y*2"}), over(select={"x": "2*y"}), CHANGES),
        ("select", over(), over(select={"unread": "y"}), KEEPS),
        ("where", over(), over(where="x > 15"), CHANGES),
        ("where", over(where="x>15"), over(where="x > 15 -- late"), KEEPS),
        ("declared", over(), over(schema={"x": "double"}), CHANGES),
        ("declared", over(schema={"x": "double"}), over(schema={"x": "float64", "unread": "int"}), KEEPS),
        ("on_error", over(), over(on_error="skip"), KEEPS),
        *((field, over(), over(**{field: value}), KEEPS) for field, value in METADATA),
    ],
    "Union": [
        ("name", view(source=zl.Union("a", [source()])), view(source=zl.Union("b", [source()])), KEEPS),
        (
            "members", view(source=zl.Union("a", [source(), source("more", event_time="ts2")])),
            view(source=zl.Union("a", [source("more", event_time="ts2"), source()])), KEEPS,
        ),
        (
            "members", view(source=zl.Union("a", [source(), source("more", event_time="ts2")])),
            view(source=zl.Union("a", [source(), source("more", event_time="known")])), CHANGES,
        ),
        (
            "members", view(source=zl.Union("a", [source()])),
            view(source=zl.Union("a", [source(), source("again")])), CHANGES,
        ),
        ("members", view(), view(source=zl.Union("a", [source()])), KEEPS),
        *(
            (field, view(source=zl.Union("a", [source()])),
             view(source=zl.Union("a", [source()], **{field: value})), KEEPS)
            for field, value in METADATA
        ),
    ],
    "Timestamp": [
        ("column", over(event_time=zl.Timestamp("ts")), over(event_time=zl.Timestamp("ts2")), CHANGES),
        (
            "unit", over(event_time=zl.Timestamp("epoch", unit="ms")),
            over(event_time=zl.Timestamp("epoch", unit="s")), CHANGES,
        ),
        ("zone", over(), over(event_time=zl.Timestamp("ts", zone="Europe/Berlin")), CHANGES),
        ("column", over(event_time=zl.Timestamp("ts")), over(event_time="ts"), KEEPS),
    ],
    "Window": [
        ("length_us", with_feature(zl.Count(), zl.Window("1d")), with_feature(zl.Count(), zl.Window("2d")), CHANGES),
        (
            "length_us", with_feature(zl.Count(), zl.Window("1d")),
            with_feature(zl.Count(), zl.Window.lifetime()), CHANGES,
        ),
        (
            "offset_us", with_feature(zl.Count(), zl.Window("1d")),
            with_feature(zl.Count(), zl.Window("1d", offset="1h")), CHANGES,
        ),
        (
            "hop_us", with_feature(zl.Count(), zl.Window("1d")),
            with_feature(zl.Count(), zl.Window("1d", hop="1h")), CHANGES,
        ),
        (
            "hop_us", with_feature(zl.Count(), zl.Window("1d", hop="60m")),
            with_feature(zl.Count(), zl.Window("1d", hop="1h")), KEEPS,
        ),
        (
            "align_us", with_feature(zl.Count(), zl.Window("1d")),
            with_feature(zl.Count(), zl.Window("1d", align="1d")), CHANGES,
        ),
        ("label", with_feature(zl.Count(), zl.Window("24h")), with_feature(zl.Count(), zl.Window("1d")), KEEPS),
    ],
    "Feature": [
        ("name", with_feature(zl.Count(), name="a"), with_feature(zl.Count(), name="b"), CHANGES),
        ("aggregation", with_feature(zl.Count()), with_feature(zl.Sum("x")), CHANGES),
        ("window", with_feature(zl.Count()), with_feature(zl.Count(), zl.Window("2d")), CHANGES),
    ],
    "Derived": [
        (
            "name", view(zl.Count(), zl.Derived("a", "count + 1")),
            view(zl.Count(), zl.Derived("b", "count + 1")), CHANGES,
        ),
        (
            "expression", view(zl.Count(), zl.Derived("a", "count + 1")),
            view(zl.Count(), zl.Derived("a", "count + 2")), CHANGES,
        ),
        (
            "expression", view(zl.Count(), zl.Derived("a", "count + 1")),
            view(zl.Count(), zl.Derived("a", "(count)+1")), KEEPS,
        ),
    ],
    "FeatureView": [
        ("name", view(), view(name="renamed"), KEEPS),
        ("entity", view(), view(entity=PAIR), CHANGES),
        ("source", view(), over(where="b"), CHANGES),
        ("features", TWO, view(zl.Count(), zl.Sum("x").over("1d")), KEEPS),
        ("features", TWO, view(), CHANGES),
        ("keys", view(), view(keys={"user": "s"}), CHANGES),
        ("keys", view(), view(keys={"user": "user"}), KEEPS),
        ("online", view(), view(online=True), KEEPS),
        (
            "freshness_us", view(online=True, source=source(stream=zl.Push())),
            view(online=True, source=source(stream=zl.Push()), freshness="5m"), KEEPS,
        ),
        ("deprecated", view(), view(deprecated="use v2"), KEEPS),
        *((field, view(), view(**{field: value}), KEEPS) for field, value in METADATA),
    ],
    "Selection": [
        ("view", selected(), selected(view=view(zl.Sum("x").over("1d"), source=source(where="b"))), CHANGES),
        ("prefix", selected(), selected(prefix="w"), CHANGES),
        ("keys", selected(), selected(keys=(("user", "buyer"),)), CHANGES),
        ("names", service(TWO), service(TWO["count"]), CHANGES),
        ("names", service(TWO["count", "x_sum_1d"]), service(TWO["x_sum_1d", "count"]), KEEPS),
    ],
    "FeatureService": [
        ("name", service(), service(name="renamed"), KEEPS),
        ("features", service(), service(view(), zl.Derived("a", "v__x_sum_1d + 1")), CHANGES),
        ("features", service(view(), view(name="w")), service(view(name="w"), view()), KEEPS),
        ("features", service(TWO["count"], TWO["x_sum_1d"]), service(TWO), KEEPS),
        ("request", service(), service(request={"amount": "double"}), CHANGES),
        ("request", service(request={"a": "double", "c": "int"}), service(request={"c": "long", "a": "float"}), KEEPS),
        ("time", service(), service(time="asked"), CHANGES),
        ("keys", service(), service(keys={"user": "buyer"}), CHANGES),
        ("deprecated", service(), service(deprecated="use t"), KEEPS),
        *((field, service(), service(**{field: value}), KEEPS) for field, value in METADATA),
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    ("before", "after", "keeps"),
    [
        pytest.param(before, after, keeps, id=f"{name}.{field}-{'keeps' if keeps else 'changes'}")
        for name, cases in CASES.items()
        for field, before, after, keeps in cases
    ],
)
def test_every_field_of_every_definition(before: Any, after: Any, keeps: bool) -> None:
    assert before != after or keeps
    assert (identity(before) == identity(after)) is keeps


def test_every_class_and_field_is_judged() -> None:
    judged = {name: {field for field, *_ in cases} for name, cases in CASES.items()} | {"Frame": {"data"}}
    fields = {
        name: set(kind.model_fields)
        for name, kind in classes().items()
        if name not in (*ABSTRACT, *PASSING, *BASE)
    }
    assert judged == fields


def test_a_frame_cannot_be_registered_and_says_why() -> None:
    message = refusal(lambda: identity(over(table=zl.Frame(None))), zl.DefinitionError)
    assert message == (
        "view 'v', source 'events': a Frame lives in the memory of one process, so that nothing else could read it "
        "later\nHint: write the rows to a file and read that: zl.Parquet(path)"
    )


class Homemade(Table):
    """A table that is not zipline's."""

    path: str


class Sum(Aggregation):
    """An aggregation that is not zipline's, by the name of one that is."""

    kind: ClassVar[str] = "sum"

    def output_type(self, inputs: Sequence[DataType]) -> DataType:
        return inputs[0]


def test_classes_of_others_cannot_be_registered() -> None:
    message = refusal(lambda: identity(over(table=Homemade(path="a"))), zl.DefinitionError)
    assert message == (
        "view 'v', source 'events': Homemade is not one of zipline's own tables, which alone can be registered"
    )
    message = refusal(lambda: identity(view(Sum(column="x"))), zl.DefinitionError)
    assert (
        message
        == "view 'v', Sum('x'): Sum is not one of zipline's own aggregations, which alone can be registered"
    )


@pytest.mark.parametrize(
    ("column", "kind", "keeps"),
    [
        ("x", INT64, CHANGES),
        ("user", INT64, CHANGES),
        ("y", INT64, KEEPS),
        ("s", FLOAT32, KEEPS),
        ("new", STRING, KEEPS),
    ],
)
def test_the_types_of_the_columns_that_are_read_are_part_of_it(column: str, kind: Any, keeps: bool) -> None:
    assert (identity(view()) == identity(view(), TYPES | {column: kind})) is keeps


def test_columns_of_times_ids_and_expressions_are_read() -> None:
    options: dict[str, Any] = {"deleted": "b", "sequence": "seq", "where": "b2", "select": {"x": "y + i"}}
    whole = view(source=source(**CORRECTED, **options))
    for column in ("ts", "known", "id", "seq", "y", "i", "user"):
        other = INT64 if TYPES[column] != INT64 else STRING
        if column in ("ts", "known", "y", "i"):
            other = STRING if column in ("ts", "known") else TYPES["p"]
        assert identity(whole) != identity(whole, TYPES | {column: other}), column
    assert identity(whole) == identity(whole, {name: kind for name, kind in TYPES.items() if name != "x"})


def test_equal_defaults_are_equal_however_they_are_written() -> None:
    whole, point, negative = (with_feature(zl.Mean("x", default=each)) for each in (0, 0.0, -0.0))
    assert identity(whole) == identity(point) == identity(negative)
    assert identity(with_feature(zl.Sum("p", default=1))) != identity(with_feature(zl.Sum("x", default=1)))
    nan, none = with_feature(zl.Mean("x", default=float("nan"))), with_feature(zl.Mean("x"))
    assert identity(nan) != identity(none)


def test_one_prefix_stands_for_one_view() -> None:
    two = service().model_copy(
        update={
            "features": (
                service().features[0],
                Selection(view=view(), prefix="v", keys=(("user", "u"),), names=()),
            )
        }
    )
    message = refusal(lambda: identity(two), zl.DefinitionError)
    assert message == (
        "service 's': two different views are called 'v'\nHint: use view.bind('another_name', keys=...) for one"
    )


@given(
    st.permutations(
        [zl.Count(), zl.Sum("x").over("1d", "7d"), zl.Last("s"), zl.Max("i", default=3), zl.Mean("p")]
    )
)
def test_no_order_of_features_matters(features: list[Any]) -> None:
    assert identity(view(*features)) == identity(view(*sorted(features, key=repr)))


@given(
    spaces=st.lists(st.sampled_from([" ", "  ", "\n", " -- note\n", " /* note */ "]), min_size=6, max_size=6)
)
def test_no_spacing_of_an_expression_matters(spaces: list[str]) -> None:
    parts = ["x", ">", "15", "and", "not", "b"]
    text = "".join(part + space for part, space in zip(parts, spaces, strict=True))
    assert identity(over(where=text)) == identity(over(where="x > 15 AND NOT b"))


def test_an_entity_of_no_features_but_a_constant() -> None:
    constant = view(zl.Derived("one", "1"))
    assert identity(constant) != identity(view(zl.Derived("one", "2")))


def test_users_are_not_named_in_vain() -> None:
    assert identity(view(entity=USER)) == identity(view())
