"""What `explain` says, line by line."""

from __future__ import annotations

import re
from typing import Any

import zipline as zl
from tests.engines.duckdb.small import ASKED, EVENTS

WIDE = (
    EVENTS.append_column("id", EVENTS["x"])
    .append_column("known", EVENTS["ts"])
    .append_column("unread", EVENTS["x"])
)
SOURCE: dict[str, Any] = {"table": zl.Frame(WIDE), "event_time": "ts"}
PLAIN = zl.FeatureView(
    "plain",
    entity=zl.Entity("user"),
    source=zl.EventSource("events", **SOURCE, select={"twice": "x * 2"}, where="x > 0"),
    features=[
        zl.Count().over("1h", zl.Window("7d", hop="1d")),
        zl.Sum("twice").over("1h", zl.Window("1d", align="1d")),
        zl.Max("x"),
        zl.Derived("mean", "twice_sum_1h / count_1h"),
    ],
)
VERSIONED = zl.FeatureView(
    "versioned",
    entity=zl.Entity("user"),
    source=zl.EventSource("corrected", **SOURCE, id="id", knowledge_time="known", where="id > 1"),
    features=[zl.Last("x").over("1d")],
)

NOTES = zl.FeatureStore().training_set(ASKED, PLAIN, time="t", as_of="2024-06-01").notes


def explained(features: Any, **options: Any) -> str:
    request = zl.FeatureStore().training_set(ASKED, features, time="t", as_of="2024-06-01T12:00Z", **options)
    return request.explain()


def test_the_whole_of_a_plan() -> None:
    text = re.sub(
        "SQL: .*", "SQL: ...", explained([PLAIN["mean", "x_max"], PLAIN["count_7d", "twice_sum_1d"]])
    )
    assert text.splitlines() == [
        "Plan",
        "  Derive plain__mean",
        "    Assemble 4 features beside the observations",
        "      Sweep 5 features on user = user",
        "        Select twice: x * 2; where x > 0",
        "          Versions by row",
        "            Scan events (ts, user, x)",
        "",
        "Observations: Frame(pyarrow.Table)",
        "  time t; as of 2024-06-01T12:00:00+00:00",
        *(f"  note: {note}" for note in NOTES),
        "",
        "Sweep 1: events by user",
        "  reads Frame(pyarrow.Table), columns ts, user, x",
        (
            "  pushed down: the entities that observations ask for; event times that their windows can see "
            "(bounds shown open here)"
        ),
        "  SQL: ...",
        "  kernel:",
        "    sort events and observations by (key, time)",
        "    window 1h: one range of events per observation",
        "      plain__count_1h: int64",
        "      plain__twice_sum_1h: int64",
        "    window lifetime: one range of events per observation",
        "      plain__x_max: int64",
        "    window 7d, hop 86400000000 us: one range of events per observation",
        "      plain__count_7d: int64",
        "    window 1d, align 86400000000 us: one range of events per observation",
        "      plain__twice_sum_1d: int64",
    ]


def test_versions_and_their_filter() -> None:
    text = explained(VERSIONED)
    assert "  Derive nothing" in text
    assert "        Select all" in text
    assert "          Versions by id, of ids where id > 1" in text
    assert "  pushed down: the entities that observations ask for\n" in text
    assert "two orders, of entering and of leaving per observation" in text
    assert "unread" not in text.partition("Sweep 1")[2].partition("\n  SQL")[0]


def test_what_limits_the_result_is_noted() -> None:
    request = zl.FeatureStore().training_set(ASKED, PLAIN, time="t", hindsight=True)
    assert len(request.notes) > len(NOTES)
    for note in request.notes:
        assert f"  note: {note}\n" in request.explain()


def test_each_sweep_is_explained() -> None:
    bound = PLAIN.bind("other", keys={"user": "user"})
    text = explained([PLAIN["x_max"], bound["x_max"], VERSIONED])
    assert re.findall(r"Sweep \d: .*", text) == ["Sweep 1: events by user", "Sweep 2: corrected by user"]
    assert "other__x_max: int64" in text


def test_the_sql_shown_is_sql() -> None:
    import duckdb

    for sql in re.findall(r"SQL[^:]*: (.*)", explained([PLAIN, VERSIONED])):
        assert len(duckdb.extract_statements(sql)) == 1
