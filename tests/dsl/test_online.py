"""Views that are read online: what no bounded state can hold is refused by name when they are made."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

import zipline as zl
from tests.refusals import refusal

CLICKS = zl.EventSource("clicks", table=zl.Parquet("c.parquet"), stream=zl.Kafka("clicks"), event_time="ts")
STORED = zl.EventSource("stored", table=zl.Parquet("c.parquet"), event_time="ts")


def view(*features: Any, source: Any = CLICKS, **options: Any) -> zl.FeatureView:
    """Return a view of users' clicks that is read online."""
    given = {"online": True, **options}
    return zl.FeatureView(
        "v", entity=zl.Entity("user"), source=source, features=features or [zl.Count()], **given
    )


def test_whether_and_how_fresh_a_view_is_read() -> None:
    assert (view(online=False).online, view(online=False).freshness_us) == (False, None)
    assert (view().online, view().freshness_us) == (True, None)
    assert (
        view(freshness="5m").freshness_us == view(freshness=timedelta(minutes=5)).freshness_us == 300_000_000
    )


def test_a_view_without_a_stream_may_be_materialized_and_read() -> None:
    assert view(source=STORED).online


@pytest.mark.parametrize(
    "feature",
    [
        zl.CountDistinct("page").over("365d"),
        zl.CountDistinct("page", limit=100),
        zl.Count(by="page", limit=100),
        zl.Histogram("page", limit=100),
        zl.MostFrequent("page", 3, limit=100),
        zl.LastK("page", 3, distinct=True),
        zl.ApproxCountDistinct("page"),
        zl.Quantile("x", 0.9),
        zl.Sum("x", by="page").over("365d"),
    ],
)
def test_bounded_features_are_read_online(feature: Any) -> None:
    assert view(feature).online


@pytest.mark.parametrize(
    ("feature", "message"),
    [
        (
            zl.CountDistinct("page"),
            ("view 'v', feature 'page_count_distinct': a lifetime CountDistinct('page') keeps every value of 'page' "
            "that there ever was, which online state cannot\nHint: give it a window such as .over('365d'), or limit=n, "
            "beyond which it is an error, or use ApproxCountDistinct; or leave it out of the online view"),
        ),
        (zl.Histogram("page"), "view 'v', feature 'page_histogram': a lifetime Histogram('page') keeps every value"),
        (zl.MostFrequent("page"), "view 'v', feature 'page_most_frequent1': a lifetime MostFrequent('page') keeps"),
        (
            zl.Sum("x", by="page"),
            ("view 'v', feature 'x_sum_by_page': a lifetime by='page' keeps every value of 'page' that there ever was, "
            "which online state cannot\nHint: give it a window such as .over('365d'), or limit=n, beyond which it is "
            "an error; or leave it out of the online view"),
        ),
        (zl.CountDistinct("page", by="place"), "feature 'page_count_distinct_by_place': a lifetime by='place' keeps"),
        (
            zl.Histogram("page").over(zl.Window.lifetime(offset="1d")),
            "view 'v', feature 'page_histogram_offset_1d': a lifetime Histogram('page') keeps",
        ),
    ],
)  # fmt: skip
def test_features_that_grow_for_ever_are_refused_by_name(feature: Any, message: str) -> None:
    assert message in refusal(lambda: view(zl.Count(), feature), zl.DefinitionError)
    assert view(feature, online=False).names


COPIES = zl.Snapshot(zl.Parquet("c/"), date="d", id="id")


@pytest.mark.parametrize(
    ("source", "options", "message"),
    [
        (
            zl.EventSource("clicks", table=zl.Parquet("c"), event_time="ts", id="id"), {},
            ("view 'v', source 'clicks': has an id and no corrections, so that its online state would keep every id "
            "for ever\nHint: say how late a correction may come: corrections='30d'"),
        ),
        (
            zl.Union("all", [CLICKS, zl.EventSource("copies", table=COPIES)]), {},
            ("view 'v', source 'copies': a Snapshot cannot be read online: what changed is known only when a whole "
            "copy has come\nHint: give the changes themselves as a source, with id= and deleted=, or leave online out"),
        ),
        (
            CLICKS, {"freshness": "5m", "online": False},
            "view 'v': has a freshness and is not read online\nHint: write online=True, or leave freshness out",
        ),
        (
            STORED, {"freshness": "5m"},
            ("view 'v': has a freshness, and its source has no stream that could be late\nHint: give the source a "
            "stream=, or leave freshness out: what is only materialized is as old as its cut"),
        ),
        (CLICKS, {"freshness": "5 min"}, "view 'v': freshness '5 min' is not a duration such as '30d'"),
    ],
)  # fmt: skip
def test_what_else_cannot_be_read_online(source: Any, options: dict[str, Any], message: str) -> None:
    assert refusal(lambda: view(source=source, **options), zl.DefinitionError).startswith(message)


def test_ids_with_bounded_corrections_are_read_online() -> None:
    source = zl.EventSource("clicks", table=zl.Parquet("c"), event_time="ts", id="id", corrections="30d")
    assert view(source=source).online
