"""The picture of a timeline: a panel per feature and the events below, one axis of time."""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from zipline.display.values import shown_value
from zipline.errors import ConfigError, RequestError
from zipline.time import from_micros
from zipline.timeline.result import Timeline, moment_text
from zipline.timeline.series import Series, series_of

if TYPE_CHECKING:
    from altair import VConcatChart

MOST_MARKS = 2_000
"""How many events are drawn, the newest."""
MOST_DOTS = 200
"""How many changes of a feature are marked."""
COLOURS = ("#4c78a8", "#f58518", "#54a24b", "#b279a2", "#e45756", "#72b7b2", "#9d755d", "#eeca3b")
MUTED = "#8a8a8a"


def draw(timeline: Timeline, width: int, height: int) -> VConcatChart:
    """Return the picture of a timeline; `Timeline.plot` says what it shows."""
    alt = _altair()
    drawn, left_out = series_of(timeline)
    if not drawn:
        raise RequestError(
            "no feature of the timeline can be drawn: " + "; ".join(left_out),
            hint="ask for features whose values are numbers, booleans, texts or times",
        )
    stretch = timeline.stretch
    domain = [_iso(stretch.first), _iso(stretch.last)] if stretch.first < stretch.last else None
    panels = [
        _panel(alt, each, COLOURS[i % len(COLOURS)], domain).properties(width=width, height=height)
        for i, each in enumerate(drawn)
    ]
    marks, notes = _marks(alt, timeline, domain)
    rows = [*panels, marks.properties(width=width, height=36)]
    title = alt.TitleParams(
        text=f"{stretch.view}, {stretch.entity_text}".replace("</", "< /"),  # no key ends a page's script either
        subtitle=[*_subtitle(timeline), *(f"not drawn: {each}" for each in left_out), *notes],
        anchor="start", subtitleColor=MUTED, subtitleFontSize=11, offset=12,
    )  # fmt: skip
    chart = alt.vconcat(*rows, spacing=10, title=title).resolve_scale(x="shared", color="independent")
    styled: VConcatChart = (
        _zoomed(alt, chart)
        .configure_view(stroke="#88888855")
        .configure_axis(gridColor="#88888833", domainColor="#88888888", tickColor="#88888888")
    )
    return styled


def _zoomed(alt: Any, chart: Any) -> Any:
    """Let every panel zoom and move all of them."""
    zoom = alt.selection_interval(name="zoom", bind="scales", encodings=["x"])
    with warnings.catch_warnings():
        # Altair gives each panel the parameter, joins them into one, which is what is meant, and warns of it.
        warnings.filterwarnings("ignore", "Automatically deduplicated", UserWarning)
        return chart.add_params(zoom)


def _altair() -> Any:
    try:
        import altair as alt
    except ImportError:
        raise ConfigError(
            "Altair is not installed, which draws timelines",
            hint='install the extra that has it: pip install "zipline-features[plot]"',
        ) from None
    return alt


def _subtitle(timeline: Timeline) -> list[str]:
    stretch = timeline.stretch
    rows = f"every {stretch.every}" if stretch.every else "exact at every change"
    lines = [f"{moment_text(stretch.first)} to {moment_text(stretch.last)} UTC, {rows}"]
    if timeline.continuous and not stretch.every:
        lines.append(f"points, because they change at every instant: {', '.join(timeline.continuous)}")
    return lines


def _x(alt: Any, domain: list[str] | None, *, labels: bool) -> Any:
    scale = alt.Scale(type="utc", domain=domain) if domain else alt.Scale(type="utc")
    axis = alt.Axis(title=None, labels=labels, ticks=labels, labelOverlap=True, tickCount=8)
    return alt.X("time:T", scale=scale, axis=axis)


def _panel(alt: Any, series: Series, colour: str, domain: list[str] | None) -> Any:
    """Return the panel of one feature: its line, and a point wherever it has a row of its own."""
    data = _data(alt, series.points)
    tooltip = [alt.Tooltip("at:N", title="from"), alt.Tooltip("text:N", title=series.name)]
    base = alt.Chart(data).encode(x=_x(alt, domain, labels=False), y=_y(alt, series))
    # Many dots would hide the line; unseen, they still have their tooltips.
    dotted = series.shape == "points" or (series.shape == "step-after" and len(series.points) <= MOST_DOTS)
    points = base.transform_filter("datum.drawn").mark_circle(color=colour, size=22, clip=True)
    dots = points.encode(tooltip=tooltip, opacity=alt.value(0.8 if dotted else 0))
    if series.shape == "points":
        return dots
    line = base.mark_line(
        color=colour, interpolate=series.shape, strokeWidth=1.6, clip=True,
        invalid="break-paths-filter-domains" if series.kind == "quantitative" else None,
    )  # fmt: skip
    return alt.layer(line, dots)


def _y(alt: Any, series: Series) -> Any:
    axis = _axis(alt, _wrapped(series.name), tickCount=4, labelLimit=58)
    if series.kind == "nominal":
        return alt.Y("value:N", axis=axis)
    if series.kind == "temporal":
        return alt.Y("value:T", axis=axis, scale=alt.Scale(type="utc", zero=False))
    if series.levels:
        axis.values, axis.labelExpr = [0, 1], "datum.value ? 'true' : 'false'"
        return alt.Y("value:Q", axis=axis, scale=alt.Scale(domain=[-0.15, 1.15]))
    return alt.Y("value:Q", axis=axis, scale=alt.Scale(zero=series.near_zero, nice=True))


def _data(alt: Any, rows: Sequence[Mapping[str, Any]]) -> Any:
    """Return rows as the data of a chart: as text, which Altair neither copies nor checks value by value.

    `<` is written so that no value can end the script in which a page holds the chart.
    """
    text = json.dumps(list(rows), allow_nan=False, ensure_ascii=False).replace("<", "\\u003c")
    return alt.InlineData(values=text, format=alt.JsonDataFormat(type="json"))


def _axis(alt: Any, title: list[str], **options: Any) -> Any:
    return alt.Axis(
        title=title, titleAngle=0, titleAlign="right", titleAnchor="middle", titlePadding=8,
        titleFontWeight="normal", titleBaseline="middle", minExtent=64, **options,
    )  # fmt: skip


def _wrapped(name: str) -> list[str]:
    """Break a feature's name at underscores into lines of a bearable width."""
    lines = [""]
    for part in name.replace("_", "_\0").split("\0"):
        if lines[-1] and len(lines[-1]) + len(part) > 18:
            lines.append("")
        lines[-1] += part
    return lines


def _marks(alt: Any, timeline: Timeline, domain: list[str] | None) -> tuple[Any, list[str]]:
    """Return the events as ticks, those that were replaced later in grey; and what of them is not drawn."""
    events = timeline.events
    missing = max(0, events.height - MOST_MARKS) + timeline.events_left_out
    shown = events.tail(MOST_MARKS)
    rows = []
    for row in shown.iter_rows(named=True):
        texts = {_field(i): shown_value(value) for i, value in enumerate(row.values())}
        old = row.get("replaced_from") is not None
        rows.append({**texts, "time": _text(row["event_time"]), "old": old, "row": ""})
    tooltip = [alt.Tooltip(f"{_field(i)}:N", title=name) for i, name in enumerate(shown.columns)]
    colour = alt.condition("datum.old", alt.value("#bbbbbb"), alt.value("#555555"))
    chart = (
        alt.Chart(_data(alt, rows))
        .mark_tick(thickness=1.5, size=22, clip=True)
        .encode(
            x=_x(alt, domain, labels=True),
            y=alt.Y("row:N", axis=_axis(alt, ["events"], ticks=False, labels=False, grid=False)),
            color=colour,
            tooltip=tooltip,
        )
    )
    notes = (
        [f"of the events, the {len(rows):,} newest of {len(rows) + missing:,} are drawn"] if missing else []
    )
    return chart, notes


def _field(i: int) -> str:
    """Name a column by its place: of its own name, a chart would take `.`, `[` and `:` for something else."""
    return f"c{i}"


def _iso(micros: int) -> str:
    return _text(from_micros(micros))


def _text(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
