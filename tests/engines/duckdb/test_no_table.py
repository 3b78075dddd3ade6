"""A source of a stream alone: its types are what it declares, and its past cannot be asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import pyarrow as pa
import pytest

import zipline as zl
from tests.refusals import refusal

SCHEMA: Final = {
    "user": "string", "x": "double", "ts": "timestamp", "day": "date", "p": "decimal(10,2)", "tags": "int[]",
}  # fmt: skip
PUSHED: Final = zl.EventSource(
    "pushed", stream=zl.Push(), schema=SCHEMA, event_time="ts", select={"y": "x * 2.0"}
)
VIEW: Final = zl.FeatureView(
    "v", entity=zl.Entity("user"), source=PUSHED, online=True, freshness="5m",
    features=[zl.Sum("y").over("1d"), zl.Sum("p", by="day", limit=9), zl.Last("tags")],
)  # fmt: skip
STORE: Final = zl.FeatureStore()
ASKED: Final = pa.table({"user": ["a"], "t": ["2024-01-01"]})


def test_its_types_are_known() -> None:
    schema = STORE.training_set(ASKED, VIEW, time="t").schema
    assert [str(kind) for kind in schema.types[2:]] == [
        "double", "map<date32[day], decimal128(38, 2)>", "list<item: int64>",
    ]  # fmt: skip
    assert "Scan pushed (ts, user, x, p, day, tags)" in STORE.explain(VIEW)


def test_rows_that_cannot_be_read_may_be_skipped() -> None:
    skipping = VIEW.model_copy(update={"source": PUSHED.model_copy(update={"on_error": "skip"})})
    assert STORE.training_set(ASKED, skipping, time="t").schema.names[2] == "v__y_sum_1d"


@pytest.mark.parametrize(
    "ask",
    [
        lambda: STORE.training_set(ASKED, VIEW, time="t").to_arrow(),
        lambda: STORE.training_set(ASKED, VIEW, time="t").left_out(),
        lambda: STORE.snapshot(VIEW, at="2024-01-01").to_arrow(),
        lambda: STORE.snapshot(VIEW, at="2024-01-01", entities=[{"user": "a"}]).to_arrow(),
        lambda: STORE.timeline(VIEW, "a", "2024-01-01", "2024-01-02"),
    ],
)
def test_its_past_is_refused(ask: Callable[[], Any]) -> None:
    assert refusal(ask, zl.RequestError) == (
        "source 'pushed': has a stream and no table, so that its past lies nowhere\n"
        "Hint: name the table where the stream's events are kept: table=zl.Parquet(...)"
    )


def test_a_union_with_a_table_is_refused_as_a_whole() -> None:
    rows = pa.table({"user": ["a"], "x": [1.0], "ts": ["2024-01-01"]})
    kept = zl.EventSource("kept", table=zl.Frame(rows), event_time="ts")
    both = zl.FeatureView(
        "both", entity=zl.Entity("user"), source=zl.Union("all", [kept, PUSHED]), features=[zl.Sum("x")]
    )
    message = refusal(STORE.training_set(ASKED, both, time="t").to_arrow, zl.RequestError)
    assert message.startswith("source 'pushed': has a stream and no table")


def test_features_of_it_are_tested_with_rows_of_their_own() -> None:
    zl.testing.assert_features(
        VIEW, [{"user": "a", "x": 1.5, "ts": "2024-01-01T12:00"}], at="2024-01-02", expect={"y_sum_1d": 3.0}
    )
