"""The picture of a timeline: what its chart says, and that it can be drawn."""

from __future__ import annotations

import json
import sys
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
import vl_convert as vlc

import zipline as zl
from tests.refusals import refusal
from tests.timeline.test_request import HOUR, STAMP, at
from zipline.timeline import Timeline
from zipline.timeline.series import series_of

EVENTS = pa.table(
    {
        "user": ["a"] * 4,
        "id": [1, 1, 2, 3],
        "ts": pa.array([0, 0, 2 * HOUR, 9 * HOUR], STAMP),
        "known": pa.array([0, HOUR, 2 * HOUR, 12 * HOUR], STAMP),
        "x": [1.0, 2.0, float("nan"), 4.0],
        "money": pa.array([Decimal("1.50"), Decimal(2), Decimal(3), Decimal(4)], pa.decimal128(9, 2)),
        "word.of[mouth]": ["</script><script>alert(1)</script>", "plain", "other", None],
        "ok": [True, True, False, True],
    }
)
SOURCE = zl.EventSource("e", table=zl.Frame(EVENTS), event_time="ts", knowledge_time="known", id="id")


def timeline(*features: Any, **options: Any) -> Timeline:
    view = zl.FeatureView("v", entity=zl.Entity("user"), source=SOURCE, features=features)
    return view.timeline("a", at(-1), at(30), **options)


EVERY_KIND = [
    zl.Sum("x").over("4h"),
    zl.Sum("money"),
    zl.Last("word.of[mouth]").named("word"),
    zl.Last("ok"),
    zl.Max("ts"),
    zl.TimeSinceLast(),
    zl.LastK("x", 2),
    zl.Histogram("ok"),
    zl.Last(["x", "ok"]).named("both"),
]


def panels(chart: Any) -> list[dict[str, Any]]:
    return list(chart.to_dict()["vconcat"])


def data(panel: dict[str, Any], chart: Any) -> list[dict[str, Any]]:
    return list(json.loads(chart.to_dict()["datasets"][panel["data"]["name"]]))


def points(panel: dict[str, Any], chart: Any) -> list[tuple[str, Any]]:
    return [(row["at"], row["value"]) for row in data(panel, chart)]


def test_every_feature_has_a_panel_and_the_events_are_below() -> None:
    chart = timeline(*EVERY_KIND).plot()
    spec = chart.to_dict()
    assert len(spec["vconcat"]) == 6 + 1
    assert spec["title"]["text"] == "v, user='a'"
    assert spec["title"]["subtitle"] == [
        "1969-12-31 23:00 to 1970-01-02 06:00 UTC, exact at every change",
        "points, because they change at every instant: time_since_last",
        "not drawn: x_last2, a list",
        "not drawn: ok_histogram, a map",
        "not drawn: both, a struct",
    ]
    assert spec["resolve"]["scale"]["x"] == "shared"
    (zoom,) = spec["params"]
    assert (zoom["bind"], zoom["select"]) == ("scales", {"type": "interval", "encodings": ["x"]})
    svg = vlc.vegalite_to_svg(chart.to_json())
    assert svg.startswith("<svg")
    for name in ("x_sum_4h", "money_sum", "word", "ok_last", "ts_max", "events", "false", "true", "plain"):
        assert f">{name}" in svg
    assert "<script" not in svg
    assert vlc.vegalite_to_png(chart.to_json())[:4] == b"\x89PNG"


def test_lines_are_steps_between_changes_and_end_where_there_is_no_value() -> None:
    chart = timeline(zl.Sum("money").over("4h")).plot()
    panel = panels(chart)[0]
    assert panel["layer"][0]["mark"]["interpolate"] == "step-after"
    assert points(panel, chart) == [
        ("1969-12-31 23:00", None),
        ("1970-01-01 00:00:00.000001", 1.5),
        ("1970-01-01 01:00:00.000001", 2.0),
        ("1970-01-01 02:00:00.000001", 5.0),
        ("1970-01-01 04:00:00.000001", 3.0),
        ("1970-01-01 06:00:00.000001", 3.0),
        ("1970-01-01 06:00:00.000001", None),
        ("1970-01-01 12:00:00.000001", 4.0),
        ("1970-01-01 13:00:00.000001", 4.0),
        ("1970-01-01 13:00:00.000001", None),
        ("1970-01-02 06:00", None),
    ]


def test_what_is_no_finite_number_is_told_and_not_drawn() -> None:
    (series,), _ = series_of(timeline(zl.Last("x")))
    assert [(point["value"], point["text"]) for point in series.points] == [
        (None, "null"), (1.0, "1.0"), (2.0, "2.0"), (2.0, "2.0"), (None, "nan"), (4.0, "4.0"), (4.0, "4.0"),
    ]  # fmt: skip


def test_what_fades_is_a_line_on_a_grid_and_points_else() -> None:
    sampled = panels(timeline(zl.TimeSinceLast(), every="1h").plot())[0]
    assert sampled["layer"][0]["mark"]["interpolate"] == "linear"
    assert panels(timeline(zl.TimeSinceLast()).plot())[0]["mark"]["type"] == "circle"


def test_events_have_tooltips_and_replaced_ones_are_pale() -> None:
    chart = timeline(zl.Last("word.of[mouth]").named("word"), zl.Sum("x")).plot()
    marks = panels(chart)[-1]
    tooltips = {each["title"]: each["field"] for each in marks["encoding"]["tooltip"]}
    assert list(tooltips) == ["event_time", "known_from", "replaced_from", "word.of[mouth]", "x"]
    rows = data(marks, chart)
    assert [row["old"] for row in rows] == [True, False, False, False]
    assert [row[tooltips["word.of[mouth]"]] for row in rows][1:] == ["plain", "other", "null"]
    assert marks["encoding"]["color"]["condition"]["test"] == "datum.old"


def test_no_value_ends_the_script_of_a_page() -> None:
    found = timeline(zl.Last("word.of[mouth]").named("word"))
    assert "alert(1)" in data(panels(found.plot())[0], found.plot())[1]["text"]
    assert "<script>alert" not in found.plot().to_html()
    view = zl.FeatureView("v", entity=zl.Entity("user"), source=SOURCE, features=[zl.Count()])
    assert "</script><b>" not in view.timeline("</script><b>", at(0), at(1)).plot().to_html()


def test_many_changes_are_a_line_without_dots(monkeypatch: pytest.MonkeyPatch) -> None:
    def opacity() -> object:
        return panels(timeline(zl.Count()).plot())[0]["layer"][1]["encoding"]["opacity"]["value"]

    assert opacity() == 0.8
    monkeypatch.setattr("zipline.timeline.plot.MOST_DOTS", 2)
    assert opacity() == 0


def test_only_so_many_events_are_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zipline.timeline.plot.MOST_MARKS", 3)
    subtitle = timeline(zl.Sum("x")).plot().to_dict()["title"]["subtitle"]
    assert subtitle[-1] == "of the events, the 3 newest of 4 are drawn"


def test_too_many_texts_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zipline.timeline.series.MOST_LEVELS", 1)
    found = timeline(zl.Last("word.of[mouth]").named("word"), zl.Count())
    assert "not drawn: word, 3 different texts" in found.plot().to_dict()["title"]["subtitle"]


def test_a_moment_and_an_entity_without_events_can_be_drawn() -> None:
    view = zl.FeatureView("v", entity=zl.Entity("user"), source=SOURCE, features=[zl.Sum("x"), zl.Count()])
    for entity, end in (("a", at(1)), ("nobody", at(9))):
        chart = view.timeline(entity, at(1), end).plot(width=200, height=40)
        assert panels(chart)[0]["width"] == 200
        assert vlc.vegalite_to_svg(chart.to_json()).startswith("<svg")


def test_nothing_to_draw_is_refused() -> None:
    assert refusal(lambda: timeline(zl.LastK("x", 2)).plot()) == (
        "no feature of the timeline can be drawn: x_last2, a list\n"
        "Hint: ask for features whose values are numbers, booleans, texts or times"
    )


def test_without_altair_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "altair", None)
    assert refusal(lambda: timeline(zl.Count()).plot(), zl.ConfigError) == (
        'Altair is not installed, which draws timelines\n'
        'Hint: install the extra that has it: pip install "zipline-features[plot]"'
    )  # fmt: skip
