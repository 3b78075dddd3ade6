"""Profiles: right numbers of every kind of column, the same for the same rows, in one pass and little memory."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import zipline as zl
from tests.display.test_display import parsed
from tests.refusals import refusal
from zipline.profile import FeatureProfile, Profile
from zipline.profile.counts import Distinct, Frequent, most_frequent
from zipline.profile.numbers import Numbers
from zipline.profile.sample import Sample
from zipline.profile.streaming import profile_of

EVIL = "<script>alert(1)</script>"


def of(column: Any, size: int | None = None) -> FeatureProfile:
    """Return the profile of one column, given in batches."""
    return whole(pa.table({"f": column}), size)["f"]


def whole(table: pa.Table, size: int | None = None) -> Profile:
    return profile_of(table.schema, table.column_names, iter(table.to_batches(max_chunksize=size)))


@pytest.mark.parametrize("size", [None, 1, 3])
def test_numbers(size: int | None) -> None:
    values = [1.0, 2.0, 2.0, 10.0, None, math.nan, math.inf, -5.0]
    found = of(pa.array(values), size)
    finite = [-5.0, 1.0, 2.0, 2.0, 10.0]
    assert (found.type, found.rows, found.nulls, found.not_finite) == ("float64", 8, 1, 2)
    assert (found.distinct, found.distinct_is_exact) == (6, True)
    assert found.mean == pytest.approx(2.0)
    assert found.std == pytest.approx(np.std(finite, ddof=1))
    assert (found.min, found.median, found.max) == (-5.0, 2.0, 10.0)
    assert found.quantiles == tuple(np.quantile(finite, [0.05, 0.25, 0.5, 0.75, 0.95]))
    assert sum(found.histogram) == 5
    assert (found.histogram[0], found.histogram[-1]) == (1, 1)
    assert (found.true_share, found.most_frequent, found.warnings) == (None, (), ())


def test_integers_and_decimals_have_exact_ends() -> None:
    big = of(pa.array([2**53 + 1, -(2**63), 2**63 - 1, 7, 7]))
    assert (big.smallest, big.largest) == (str(-(2**63)), str(2**63 - 1))
    assert big.most_frequent[0] == ("7", 2)
    money = of(pa.array([Decimal("1.10"), Decimal("2.20")], pa.decimal128(9, 2)))
    assert (money.type, money.smallest, money.largest) == ("decimal(9,2)", "1.10", "2.20")
    assert money.mean == pytest.approx(1.65)


def test_booleans() -> None:
    found = of(pa.array([True, False, True, True, None]))
    assert (found.true_share, found.distinct, found.mean, found.histogram) == (0.75, 2, None, ())
    assert found.most_frequent == (("true", 3), ("false", 1))


def test_texts() -> None:
    found = of(pa.array(["b", "a", "b", "é1", None, "c"]))
    assert found.most_frequent == (("b", 2), ("a", 1), ("c", 1), ("é1", 1))
    assert (found.measured, found.min, found.max, found.smallest, found.largest) == (
        "length",
        1,
        2,
        "a",
        "é1",
    )


def test_times() -> None:
    found = of(
        pa.array(
            [datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 1, 3, tzinfo=UTC)], pa.timestamp("us", "UTC")
        )
    )
    assert (found.measured, found.smallest, found.largest) == (
        "time",
        "2024-01-01 00:00:00",
        "2024-01-03 00:00:00",
    )
    assert (found.mean, found.std) == (None, None)
    assert found.median == 1_704_153_600_000_000
    days = of(pa.array([date(1970, 1, 2), date(1, 1, 1)]))
    assert (days.smallest, days.largest, days.max) == ("0001-01-01", "1970-01-02", 86_400_000_000)


def test_lists_maps_structs_and_bytes() -> None:
    lists = of(pa.array([[1, 2], [], None, [3]], pa.list_(pa.int64())))
    assert (lists.type, lists.measured, lists.nulls, lists.distinct) == ("list<int64>", "length", 1, None)
    assert (lists.min, lists.max, lists.mean) == (0, 2, 1)
    maps = of(pa.array([[("a", 1)], [], None], pa.map_(pa.string(), pa.int64())))
    assert (maps.type, maps.nulls, maps.min, maps.max) == ("map<string, int64>", 1, 0, 1)
    structs = of(pa.array([{"a": 1}, None], pa.struct([("a", pa.int64())])))
    assert (structs.type, structs.nulls, structs.mean, structs.histogram) == ("struct<a: int64>", 1, None, ())
    vectors = of(pa.array([[1.0, 2.0], None], pa.list_(pa.float32(), 2)))
    assert (vectors.type, vectors.nulls, vectors.measured) == ("vector<float32, 2>", 1, "nothing")
    assert (of(pa.array([b"abc", b""])).max, of(pa.array([b"abc", b""])).distinct) == (3, 2)


def test_warnings() -> None:
    table = pa.table(
        {"none": pa.nulls(3, pa.int64()), "one": [7] * 3, "some": [7, None, 7], "two": [1, 2, 2]}
    )
    found = whole(table)
    assert found.warnings == {
        "none": ("all null",), "one": ("constant",), "some": ("constant where not null",),
    }  # fmt: skip
    assert of(pa.array([1])).warnings == ()


def test_no_rows_at_all() -> None:
    table = pa.table({"x": pa.array([], pa.float64()), "s": pa.array([], pa.string())})
    for batches in ([], table.to_batches(), [pa.RecordBatch.from_pylist([], schema=table.schema)]):
        found = profile_of(table.schema, ["x", "s"], batches)
        assert (found.rows, found["x"].rows, found["x"].mean, found["s"].most_frequent) == (0, 0, None, ())
        assert "0 rows" in repr(found)
        assert found.to_polars().height == 2


def test_a_name_that_is_not_there() -> None:
    found = whole(pa.table({"amount": [1]}))
    assert refusal(lambda: found["amuont"]) == (
        "the profile has no feature 'amuont'\nHint: did you mean 'amount'? Allowed: 'amount'"
    )


def many(rows: int = 300_000, size: int = 50_000) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
    """Yield rows of which no more than one batch is there at a time."""
    schema = pa.schema([("x", pa.float64()), ("id", pa.int64()), ("kind", pa.string())])

    def batches() -> Iterator[pa.RecordBatch]:
        random = np.random.default_rng(5)
        for start in range(0, rows, size):
            n = min(size, rows - start)
            kinds = np.array(["a", "b", "c"])[random.choice(3, n, p=[0.7, 0.2, 0.1])]
            ids = np.arange(start, start + n)
            yield pa.RecordBatch.from_arrays(
                [pa.array(random.normal(3, 2, n)), pa.array(ids), pa.array(kinds)], schema=schema
            )

    return schema, batches()


def test_many_rows_are_sampled_and_say_so() -> None:
    schema, batches = many()
    found = profile_of(schema, schema.names, batches)
    x, ids, kind = found.features
    assert (found.rows, found.sampled) == (300_000, 32_768)
    assert x.is_sampled
    assert x.mean == pytest.approx(3, abs=0.02)
    assert x.median == pytest.approx(3, abs=0.06)
    assert x.quantiles[0] == pytest.approx(3 - 2 * 1.645, abs=0.12)
    assert (ids.smallest, ids.largest, ids.distinct_is_exact) == ("0", "299999", False)
    assert ids.distinct == pytest.approx(300_000, rel=0.04)
    assert sum(count for _, count in kind.most_frequent) == 300_000
    assert (kind.distinct, kind.frequent_is_exact, ids.frequent_is_exact) == (3, True, False)
    assert "quantiles and pictures are of a sample of 32,768 rows" in repr(found)
    assert "~: an estimate" in found._repr_html_()


def test_the_same_rows_give_the_same_profile_however_they_come() -> None:
    schema, batches = many(90_000)
    table = pa.Table.from_batches(batches, schema)
    first, second = whole(table, 40_000), whole(table, 7_001)
    for one, other in zip(first.features, second.features, strict=True):
        assert one.quantiles == other.quantiles
        assert (one.histogram, one.distinct, one.most_frequent) == (
            other.histogram,
            other.distinct,
            other.most_frequent,
        )
        assert one.mean == pytest.approx(other.mean)
    assert first._repr_html_() == whole(table, 40_000)._repr_html_()


@given(st.lists(st.integers(0, 40), max_size=80), st.integers(1, 30), st.integers(1, 20))
@settings(max_examples=50)
def test_a_sample_depends_on_the_rows_alone(values: list[int], size: int, step: int) -> None:
    samples = []
    for chunk in (step, 1000):
        sample = Sample(size)
        for start in range(0, len(values), chunk):
            sample.add(pa.table({"x": pa.array(values[start : start + chunk], pa.int64())}))
        table = sample.table()
        samples.append([] if table is None else table["x"].to_pylist())
    assert samples[0] == samples[1]
    assert len(samples[0]) == min(size, len(values))
    if len(values) <= size:
        assert samples[0] == values


def test_a_sample_is_uniform() -> None:
    sample = Sample(2_000)
    for start in range(0, 64_000, 1_000):
        sample.add(pa.table({"i": np.arange(start, start + 1_000)}))
    table = sample.table()
    assert table is not None
    numbers = table["i"].to_numpy()
    assert np.all(np.diff(numbers) > 0)
    assert np.mean(numbers) == pytest.approx(32_000, rel=0.05)
    for period in (2, 7, 64):  # rows that repeat in some order are not met in step
        assert np.bincount(numbers % period).std() < 4 * math.sqrt(2_000 / period)


def test_different_values_are_counted_or_estimated() -> None:
    for count in (1, 999, 1_000, 50_000):
        distinct = Distinct(kept=1_000)
        for values in (range(count), range(count)):
            distinct.add(pa.array(values, pa.int64()))
        assert distinct.is_exact == (count < 1_000)
        assert distinct.count == (count if count < 1_000 else pytest.approx(count, rel=0.1))


def test_values_are_counted_until_they_are_too_many() -> None:
    frequent = Frequent(most=2)
    frequent.add(pa.array(["a", "b", "a"]))
    assert most_frequent(None, frequent.counts, 9) == [("a", 2), ("b", 1)]
    frequent.add(pa.array(["c"]))
    frequent.add(pa.array(["c"]))
    assert frequent.counts is None
    assert most_frequent(pa.array(["c", "b", "c"]), None, 1) == [("c", 2)]
    at_once = Frequent(most=2)
    at_once.add(pa.array(["a", "b", "c"]))
    assert at_once.counts is None


def test_extreme_numbers_do_no_harm() -> None:
    numbers = Numbers()
    numbers.add(np.array([1.7e308, 1.7e308]))
    numbers.add(np.array([-1.7e308]))
    assert (numbers.low, numbers.high) == (-1.7e308, 1.7e308)
    assert repr(whole(pa.table({"x": [1.7e308, -1.7e308, 5e-324]})))
    assert of(pa.array([1.7e308, -1.7e308, 0.0])).histogram[0] == 1


def test_the_table() -> None:
    frame = whole(pa.table({"x": [1.0, 3.0], "s": ["a", "a"]})).to_polars()
    assert frame["feature"].to_list() == ["x", "s"]
    assert frame.select("mean", "median", "q95", "max").row(0) == (2.0, 2.0, pytest.approx(2.9), 3.0)
    assert frame["most_frequent"].to_list() == [[], [{"value": "a", "count": 2}]]
    assert frame["warnings"].to_list() == [[], ["constant"]]
    assert whole(pa.table({})).to_polars().columns == frame.columns


def test_text_fits_a_screen_and_html_is_safe_and_readable_to_all() -> None:
    table = pa.table(
        {"x": [1.0, 2.0, None], "s": [EVIL, EVIL, "b"], "t": [True, None, False], EVIL: [1, 1, 1]}
    )
    found = whole(table)
    lines = repr(found).splitlines()
    assert lines[0] == "Profile of 4 features, 3 rows"
    assert lines[3].split(maxsplit=3) == ["x", "33.3", "%", "2         1 to 2, median 1.5, mean 1.5"]
    assert max(map(len, lines)) <= 100
    html = found._repr_html_()
    tags = parsed(html)
    assert "script" not in {tag for tag, _ in tags.seen}
    pictures = [attributes for tag, attributes in tags.seen if tag == "svg"]
    assert [each["role"] for each in pictures] == ["img"] * 4
    assert pictures[0]["aria-label"] == "histogram of values from 1 to 2"
    assert pictures[2]["aria-label"] == "50 % are true"
    assert html.count("<title>") == 4
    assert "currentColor" in html
    assert "constant" in tags.text


def test_a_training_set_is_profiled_in_batches() -> None:
    events = pl.DataFrame({"user": ["a", "b"], "ts": [1, 2], "x": [1.5, 2.5]})
    source = zl.EventSource("e", table=zl.Frame(events), event_time=zl.Timestamp("ts", unit="s"))
    view = zl.FeatureView(
        "v", entity=zl.Entity("user"), source=source,
        features=[zl.Sum("x"), zl.Histogram("user"), zl.LastK("x", 2)],
    )  # fmt: skip
    asked = pl.DataFrame({"user": ["a", "b", "z"], "t": [9, 9, 9]})
    store = zl.FeatureStore()
    found = store.training_set(asked, view, time=zl.Timestamp("t", unit="s")).profile()
    assert [each.name for each in found.features] == ["v__x_sum", "v__user_histogram", "v__x_last2"]
    assert (found["v__x_sum"].nulls, found["v__x_sum"].mean) == (1, 2.0)
    assert found["v__x_last2"].mean == pytest.approx(2 / 3)
    snapshot = store.snapshot(view, at="1970-01-01T00:00:09").profile()
    assert snapshot["v__x_sum"].rows == 2
