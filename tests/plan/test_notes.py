"""What a result says of its own limits."""

from __future__ import annotations

import pyarrow as pa

import zipline as zl

TIMES = pa.array([1], pa.timestamp("us"))
ROWS = pa.table({"user": ["a"], "ts": TIMES, "known": TIMES})
ASKED = pa.table({"user": ["a"], "t": TIMES})


def request(knowledge_time: str | None, hindsight: bool) -> zl.TrainingSet:
    source = zl.EventSource("events", table=zl.Frame(ROWS), event_time="ts", knowledge_time=knowledge_time)
    view = zl.FeatureView("v", entity=zl.Entity("user"), source=source, features=[zl.Count()])
    return zl.FeatureStore().training_set(ASKED, view, time="t", hindsight=hindsight)


def test_a_source_without_knowledge_times_is_as_old_as_its_files() -> None:
    (note,) = request(None, hindsight=False).notes
    assert note.startswith("source 'events' has no knowledge time")
    assert note in request(None, hindsight=False).explain()


def test_knowledge_times_need_no_note_and_hindsight_does() -> None:
    assert request("known", hindsight=False).notes == ()
    (note,) = request("known", hindsight=True).notes
    assert "leak" in note
