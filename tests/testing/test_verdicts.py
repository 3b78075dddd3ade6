"""The events that are called seen are those that count."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

import zipline as zl
from zipline.plan.nodes import Visibility
from zipline.reference import training_set
from zipline.testing.verdicts import SEEN, Observer, verdicts
from zipline.types import BOOL, INT64, TIMESTAMP

HOUR = 3_600_000_000
SCHEMA = {"id": INT64, "user": INT64, "ts": TIMESTAMP, "known": TIMESTAMP, "gone": BOOL, "x": INT64}
HOURS = st.one_of(st.none(), st.integers(0, 8))
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "id": st.one_of(st.none(), st.integers(1, 3)),
            "user": st.sampled_from([None, 1, 1, 2]),
            "ts": HOURS.map(lambda hour: None if hour is None else hour * HOUR),
            "known": HOURS.map(lambda hour: None if hour is None else hour * HOUR),
            "gone": st.sampled_from([None, False, False, True]),
            "x": st.one_of(st.none(), st.integers(-1, 2)),
        }
    ),
    max_size=8,
)
SOURCES: list[dict[str, Any]] = [
    {},
    {"knowledge_time": "known"},
    {"knowledge_time": "known", "id": "id", "deleted": "gone"},
    {"knowledge_time": "known", "id": "id", "corrections": "2h", "where": "x > 0"},
    {"delay": "2h", "id": "id"},
]


@given(
    rows=ROWS,
    options=st.sampled_from(SOURCES),
    window=st.sampled_from(
        [zl.Window("3h"), zl.Window("2h", offset="1h"), zl.Window.lifetime(), zl.Window("3h", align="2h")]
    ),
    t=st.integers(0, 10),
    as_of=st.one_of(st.just(20), st.integers(0, 8)),
    hindsight=st.booleans(),
)
def test_as_many_events_are_seen_as_the_reference_counts(
    rows: list[dict[str, Any]],
    options: dict[str, Any],
    window: zl.Window,
    t: int,
    as_of: int,
    hindsight: bool,
) -> None:
    source = zl.EventSource("s", table=zl.Parquet("x"), event_time="ts", **options)
    count = zl.Count("x", where="x <> 1").named("n").over(window)
    view = zl.FeatureView("v", entity=zl.Entity("user"), source=source, features=[count])
    (feature,) = view.features
    assert not isinstance(feature, zl.Derived)
    table = pa.table(
        {
            name: pa.array(
                [row[name] for row in rows],
                {INT64: pa.int64(), TIMESTAMP: pa.timestamp("us", tz="UTC"), BOOL: pa.bool_()}[kind],
            )
            for name, kind in SCHEMA.items()
        }
    )
    observer = Observer(t * HOUR, {"user": 1}, {"user": INT64}, Visibility(as_of * HOUR, hindsight))
    why = verdicts(view, source, feature, table, observer)
    (expected,) = training_set(
        [{"user": 1, "t": t * HOUR}], view, tables={"s": rows}, schemas={"s": SCHEMA}, time="t",
        observation_schema={"user": INT64, "t": TIMESTAMP}, as_of=as_of * HOUR, hindsight=hindsight, now=0,
    )  # fmt: skip
    assert why.count(SEEN) == expected[f"v__{feature.name}"]
    assert len(why) == len(rows)
