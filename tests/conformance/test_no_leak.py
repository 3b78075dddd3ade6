"""What an observation cannot see cannot change its values, by one bit.

Each observation is asked alone with the events it can see, then again in a world where everything else is different:
the future, what is not known yet, other entities, other observations.
"""

from __future__ import annotations

from random import Random
from typing import Any

import pyarrow as pa
import pytest

from tests.conformance.cells import SOURCES, Kind, view_of
from tests.conformance.check import answers
from tests.conformance.dataset import HOUR, MINUTE, STAMP, WORDS
from tests.conformance.engines import ENGINES, TRAINING_SETS, Case
from tests.conformance.plain import exact

T = 2 * HOUR
OBSERVATION: dict[str, Any] = {"t": T, "user": "ann", "label": None}
OBSERVATIONS = pa.schema([("t", STAMP), ("user", pa.string()), ("label", pa.float64())])
NAMES = ["Count", "Sum", "Kurtosis", "Max", "LastK", "TopK", "Quantile", "Histogram", "DecayedSum"]
SEEN = ["exact", "offset+hop", "align", "lifetime"]


def invisible(rows: list[dict[str, Any]], random: Random, *, knowledge: bool) -> list[dict[str, Any]]:
    """Return the rows with all that the observation cannot see changed, and more of it added."""
    t = T
    kept = []
    for row in rows:
        if row["at"] is not None and row["at"] >= t and not knowledge:
            row = {**row, "x": 1e9, "y": -1e9, "n": 3, "word": "future", "at": t + random.randrange(10**9)}
        if knowledge and row["known"] is not None and row["known"] >= t:
            row = {
                **row,
                "y": 1e9,
                "n": None,
                "word": "unknown",
                "known": t + random.randrange(10**9),
                "user": "ann",
            }
        kept.append(row)
    template = rows[0] | {"gone": None}
    for number in range(40):
        added = {**template, "event_id": 10_000 + number, "word": random.choice(WORDS), "y": random.random()}
        match number % 3:
            case 0:
                added |= {"user": "ann", "at": t + number * HOUR, "known": t - HOUR}
            case 1:
                added |= (
                    {"user": "ann", "at": t - HOUR, "known": t + number}
                    if knowledge
                    else {"user": None, "at": 0}
                )
            case _:
                added |= {"user": f"other-{number}", "at": t - HOUR, "known": t - HOUR}
        kept.append(added)
    random.shuffle(kept)
    return kept


@pytest.mark.parametrize("source", ["plain", "knowledge", "corrections", "deleted", "where+select"])
@pytest.mark.parametrize("engine", ENGINES)
def test_nothing_invisible_leaks(engine: str, source: str) -> None:
    kind = SOURCES[source]
    view, _ = view_of(kind, NAMES, SEEN)
    alone = answers(Case(view, pa.Table.from_pylist([OBSERVATION], schema=OBSERVATIONS)), [engine])[engine]
    for seed in range(2):
        random = Random(seed)
        changed = invisible(list(kind.rows), random, knowledge="knowledge_time" in kind.source)
        other, _ = view_of(Kind(changed, kind.source), NAMES, SEEN)
        crowd: list[dict[str, Any]] = [
            {
                "t": random.randrange(-9, 9) * HOUR,
                "user": random.choice(["ann", "bob", "other-2", None]),
                "label": 1.0,
            }
            for _ in range(9)
        ]
        place = random.randrange(len(crowd))
        crowd.insert(place, OBSERVATION)
        answer = answers(Case(other, pa.Table.from_pylist(crowd, schema=OBSERVATIONS)), [engine])[engine]
        assert exact(answer.rows[place]) == exact(alone.rows[0])


@pytest.mark.parametrize("engine", TRAINING_SETS)
@pytest.mark.parametrize("others", [False, True], ids=["snapshot", "union"])
def test_copies_that_are_not_known_yet_do_not_leak(engine: str, *, others: bool) -> None:
    """What is in them, what they lack, and whether there are any."""
    kind = SOURCES["snapshot"]
    more = (Kind(SOURCES["knowledge"].rows, {"knowledge_time": "known"}),) if others else ()
    delay = 20 * MINUTE
    seen = [row for row in kind.rows if row["at"] is None or row["at"] + delay < T]
    template = next(row for row in kind.rows if row["user"] == "ann")
    random = Random(1)
    later = [
        {
            **template,
            "event_id": number,
            "at": T - delay + copy * HOUR,
            "y": random.random(),
            "word": "future",
        }
        for copy in range(3)
        for number in range(-2, 6 - copy)
    ]
    answers_ = []
    for rows in (seen, [*later, *seen], list(kind.rows)):
        view, _ = view_of(Kind(rows, {}, snapshot=kind.snapshot, others=more), NAMES, SEEN)
        case = Case(view, pa.Table.from_pylist([OBSERVATION], schema=OBSERVATIONS))
        answers_.append(exact(answers(case, [engine])[engine].rows[0]))
    assert answers_[1] == answers_[0]
    assert answers_[2] == answers_[0]
