"""Definitions whose identities are pinned: all aggregations, all functions and operators, every kind of source.

`python -m tests.registry.golden` writes what is new into golden.json; what is there is never changed by it: an identity
that moves makes a new version of somebody's features.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import zipline as zl
from tests.registry.definitions import PAIR, identity, source, view
from zipline.dsl.tables import Delta, Iceberg, Sql

FILE: Final = Path(__file__).with_name("golden.json")

AGGREGATIONS: Final = [
    zl.ApproxCountDistinct("s"), zl.BottomK("i", 3), zl.Count(), zl.Count("x"), zl.CountDistinct("d"),
    zl.CountDistinct("p", limit=100), zl.DecayedCount(half_life="6h"), zl.DecayedSum("x", half_life="90m"),
    zl.First("s"), zl.First("x", nulls=True), zl.First(["s", "event_time"]), zl.FirstK("x", 2),
    zl.FirstK("bin", 2, nulls=True, distinct=True), zl.Histogram("s"), zl.Histogram("i", 5, limit=50),
    zl.Kurtosis("x"), zl.Last("v"), zl.Last("x", default=float("nan")), zl.LastK(["x", "s"], 4),
    zl.LastK("d", 2, default=[date(2024, 5, 1)]), zl.Max("ts2", default=datetime(2024, 5, 1, tzinfo=UTC)),
    zl.Max("bin", default=b"\x00\xff"), zl.Mean("p"), zl.Min("s", default="é"), zl.MostFrequent("s"),
    zl.MostFrequent("i", 4, limit=50), zl.Quantile("x"), zl.Quantile("x", [0, 0.9], accuracy="0.001"), zl.Skew("x"),
    zl.Stddev("x"), zl.Stddev("x", sample=True), zl.Sum("i", default=0), zl.Sum("p", default=Decimal("1.50")),
    zl.Sum("x", by="s", default={"a": float("inf")}), zl.TimeSinceFirst(), zl.TimeSinceLast(), zl.TopK("x", 2),
    zl.Variance("i"), zl.Variance("i", sample=True), zl.VectorMean("v"), zl.VectorSum("v2", default=[0.5, -1.0]),
]  # fmt: skip

EXPRESSIONS: Final = [
    "x+y*2-i%3", "x/y", "-x", "-5", "x = 1", "x <> 1", "x != 1", "x<1 or x<=2 or x>3 and x>=4", "not b", "x is null",
    "x is not null", "i in (1,2,3)", "s not in ('a','it''s')", "x between 1 and 2", "s like 'a%'",
    "s like 'a!%' escape '!'", "s || '-' || item", "case when b then 1 when b2 then 2 else 3 end",
    "case i when 1 then 'a' end", "l[1]", "cast(i as double)", "cast(p as decimal(12,4))", "cast(s as date)",
    "1.50", "1e3", "true", "NULL", "date '2024-05-01'", "timestamp '2024-05-01 12:00+02'", '"s"', "coalesce(x,y,0)",
    "nullif(x, 0)", "if(b, x, y)", "least(x,y)", "greatest(x,y)", "abs(x)", "sign(x)", "floor(x)", "ceil(x)",
    "round(x)", "sqrt(x)", "length(s)", "lower(s)", "upper(s)", "trim(s)", "ltrim(s)", "rtrim(s)", "substring(s, 2)",
    "substring(s, 2, 3)", "left(s, 1)", "right(s, 1)", "replace(s, 'a', 'b')", "strpos(s, 'a')", "starts_with(s, 'a')",
    "ends_with(s, 'a')", "contains(s, 'a')", "split_part(s, '-', 1)", "year(ts)", "month(ts)", "day(ts)", "hour(ts)",
    "minute(ts)", "second(ts)", "day_of_week(ts)", "epoch_us(ts)", "date_trunc('hour', ts)",
    "date_diff('day', ts, ts2)", "len(l)", "list_contains(l, 1)",
]  # fmt: skip

DERIVED: Final = [
    "ln(a)", "log2(a)", "log10(a)", "exp(a)", "sin(a)", "cos(a)", "tan(a)", "pow(a, 2)", "dot(w, w)", "cosine(w, w)",
    "norm(w)", "haversine(a, a, a, a)",
]  # fmt: skip

WINDOWS: Final = [
    zl.Window("24h"), zl.Window("1w", offset="1d"), zl.Window("7d", hop="1d"), zl.Window("7d", align="1d"),
    zl.Window.lifetime(), zl.Window.lifetime(offset="1h", align="1d"),
]  # fmt: skip

SOURCES: Final[dict[str, Any]] = {
    "plain": source(),
    "delayed": source(delay="6h", where="x>15"),
    "corrected": source(
        id=["id", "user"], knowledge_time="known", deleted="b", sequence="seq", corrections="30d"
    ),
    "selecting": source(select={"x": "y*2", "unread": "x"}, schema={"y": "double"}),
    "epoch": source(event_time=zl.Timestamp("epoch", unit="ms")),
    "zoned": source(event_time=zl.Timestamp("ts", zone="America/New_York")),
    "csv": source(table=zl.Csv("a.csv", delimiter=";", null=("NA", "-"))),
    "delta": source(table=Delta("a", version=7)),
    "iceberg": source(table=Iceberg("a.b", at="2024-05-01")),
    "sql": source(table=Sql("sqlite:///a", "SELECT * FROM events")),
    "json": source(table=zl.Json("a.json")),
    "snapshot": zl.EventSource(
        "copies", table=zl.Snapshot(zl.Parquet("a"), date="d", id="id", columns=["x", "y"])
    ),
    "union": zl.Union("both", [source(), source("more", event_time="ts2")]),
}


def service() -> zl.FeatureService:
    """Return a service with all that one may have."""
    one = view(
        zl.Count(),
        zl.Sum("x").over("1d", "7d"),
        zl.Derived("d", "x_sum_1d / nullif(x_sum_7d, 0)"),
        name="one",
    )
    two = view(zl.Last("s"), name="two", entity=PAIR, keys={"item": "s2"})
    return zl.FeatureService(
        "model",
        [
            one["x_sum_1d", "d"],
            two,
            two.bind("other", keys={"item": "rival"}),
            zl.Derived("r", "amount / one__x_sum_1d"),
        ],
        request={"amount": "double"},
        time="asked",
        keys={"user": "buyer"},
    )


def definitions() -> Iterator[tuple[str, Any]]:
    """Return the definitions, each with a name that says what it has."""
    for aggregation in AGGREGATIONS:
        shown = aggregation.model_dump(exclude_none=True, exclude={"stem"})
        yield f"{type(aggregation).__name__} {shown}", view(aggregation.named("f"))
    for text in EXPRESSIONS:
        yield f"select {text}", view(zl.Last("e").named("f"), source=source(select={"e": text}))
    for text in DERIVED:
        inputs = (zl.Last("x").named("a"), zl.Last("v").named("w"))
        yield f"derived {text}", view(*inputs, zl.Derived("e", text))
    for window in WINDOWS:
        yield f"window {window.model_dump(exclude_defaults=True)}", view(zl.Count().over(window))
    for name, each in SOURCES.items():
        yield f"source {name}", view(source=each)
    yield "filtered", view(zl.Count(where="x>15 and not b", by="s").named("f").over("7d"))
    yield "pair", view(entity=PAIR, keys={"item": "s"})
    yield "pair corrected", view(entity=PAIR, source=source(id="id", knowledge_time="known"))
    yield "service", service()


if __name__ == "__main__":
    pinned: dict[str, str] = json.loads(FILE.read_text()) if FILE.exists() else {}
    found = {name: identity(definition) for name, definition in definitions()}
    FILE.write_text(json.dumps(found | pinned, indent=2, ensure_ascii=False, sort_keys=True) + "\n")
