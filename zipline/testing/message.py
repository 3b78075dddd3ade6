"""The message of a failure: what was expected, what came, and what the events had to do with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from zipline.dsl.aggregation import Feature
from zipline.dsl.derived import Derived
from zipline.dsl.feature_view import Selection
from zipline.dsl.source import EventSource
from zipline.expressions import parse
from zipline.plan.nodes import Column
from zipline.plan.passes import feature_columns
from zipline.testing.run import Answer
from zipline.testing.shown import cut, moment, shown, table
from zipline.testing.verdicts import SEEN, Observer, counted, verdicts
from zipline.types import from_arrow

MOST = 40


def told(
    answer: Answer, expected: Sequence[Mapping[str, Any]], wrong: Sequence[tuple[int, Sequence[str]]]
) -> str:
    """Return the whole message.

    Args:
        answer: what was computed.
        expected: for each time, feature -> value.
        wrong: (which time, the features that differ there).
    """
    kind = "service" if answer.asked.service else "view"
    who = ", ".join(f"{name}={shown(value)}" for name, value in answer.observation.items())
    lines = [f"{kind} {answer.asked.features.name!r}: not as expected, for {who}"]
    for i, names in wrong:
        got = answer.rows[i]
        lines += ["", f"at {moment(answer.question.times[i])}"]
        rows = [[name, cut(shown(expected[i][name])), cut(shown(got[name]))] for name in names]
        lines += table(["feature", "expected", "got"], rows)
        lines += _longer(names, expected[i], got)
        if right := [name for name in expected[i] if name not in names]:
            lines.append(f"  as expected: {', '.join(right)}")
        lines += _derived(answer, i, names)
        lines += _events(answer, i, names)
    return "\n".join(lines)


def _longer(names: Sequence[str], expected: Mapping[str, Any], got: Mapping[str, Any]) -> Iterator[str]:
    """Yield whole values below the table where their middle was left out."""
    for name in names:
        pair = {"expected": shown(expected[name]), "got": shown(got[name])}
        if any(cut(text) != text for text in pair.values()):
            yield from (f"  {name}, {title}: {text}" for title, text in pair.items())


def _derived(answer: Answer, i: int, names: Sequence[str]) -> Iterator[str]:
    """Yield what derived features were computed from."""
    for name in _with_inputs(answer, names):
        if (derived := answer.asked.derived.get(name)) is not None:
            read = {**answer.observation, **answer.rows[i]}
            inputs = {
                short: read.get(full, read.get(short)) for short, full in _inputs(answer, name, derived)
            }
            values = ", ".join(f"{short} = {shown(value)}" for short, value in inputs.items())
            yield f"  {name} = {derived.expression}, with {values}"


def _inputs(answer: Answer, name: str, derived: Derived) -> list[tuple[str, str]]:
    """Return the columns that a derived feature reads: as it calls them, and as the test does."""
    prefix, separator, _ = name.rpartition("__")
    return [
        (column, column if column in answer.asked.outputs or not separator else f"{prefix}__{column}")
        for column in derived.columns
    ]


def _with_inputs(answer: Answer, names: Sequence[str]) -> list[str]:
    """Return features, and after them all that they derive from."""
    every = list(names)
    for name in every:
        if (derived := answer.asked.derived.get(name)) is not None:
            every += [full for _, full in _inputs(answer, name, derived) if full not in every]
    return every


def _events(answer: Answer, i: int, names: Sequence[str]) -> Iterator[str]:
    """Yield a table of the events for each group of features that sees the same ones."""
    groups: dict[tuple[str, tuple[str, ...]], list[_Swept]] = {}
    for each in _swept(answer, names):
        events, observer = answer.tables[each.source.name], _observer(answer, each.item, i)
        why = verdicts(each.item.view, each.source, each.feature, events, observer)
        groups.setdefault((each.source.name, tuple(why)), []).append(each)
    for (source, verdict), swept in groups.items():
        yield ""
        for each in swept:
            window = _window(each.feature, answer.question.times[i])
            yield f"{each.name}: {each.feature.aggregation.title()}{_where(each.feature)} of {window}"
        if len(answer.tables) > 1:
            yield f"  events of source {source!r}"
        yield from _listed(answer.tables[source], _columns(swept), verdict)


class _Swept(NamedTuple):
    """A feature of a test over the events of one source."""

    name: str
    feature: Feature
    item: Selection
    source: EventSource


def _swept(answer: Answer, names: Sequence[str]) -> Iterator[_Swept]:
    """Yield the aggregations behind features, for each source that they read."""
    for name in _with_inputs(answer, names):
        for item in answer.asked.selections:
            feature = _feature(answer, item, name)
            if feature is not None:
                yield from (_Swept(name, feature, item, source) for source in item.view.source.members)


def _feature(answer: Answer, item: Selection, name: str) -> Feature | None:
    """Return the aggregation behind a name, if it is one of this part of the request."""
    column = answer.asked.outputs.get(name)
    prefix, _, short = (column or "").partition("__")
    if prefix != item.prefix or short not in item.names:
        return None
    feature = item.view.feature(short)
    return None if isinstance(feature, Derived) else feature


def _observer(answer: Answer, item: Selection, i: int) -> Observer:
    import pyarrow as pa

    keys = {column: answer.observation[name] for column, name in answer.asked.keys(item).items()}
    return Observer(
        answer.question.times[i],
        {column: counted(value) for column, value in keys.items()},
        {column: from_arrow(pa.scalar(value).type) for column, value in keys.items()},
        answer.question.visibility,
    )


def _where(feature: Feature) -> str:
    where = feature.aggregation.where
    return "" if where is None else f" where {where}"


def _window(feature: Feature, t: int) -> str:
    lower, upper = feature.window.bounds(t)
    return f"[{moment(lower)}, {moment(upper)})" if lower is not None else f"all before {moment(upper)}"


def _columns(swept: Sequence[_Swept]) -> list[str]:
    """Return the columns to show: times, id, key, then what the features read."""
    source = swept[0].source
    times = [each.column for each in (source.event_time, source.knowledge_time) if each is not None]
    marks = [*source.id, *(mark for mark in (source.sequence, source.deleted) if mark)]
    keys = [column for each in swept for column in each.item.view.key_columns]
    selected = dict(source.select)
    read = feature_columns(tuple(Column(each.feature.name, each.feature) for each in swept))
    texts = [selected[name] for name in read if name in selected] + ([source.where] if source.where else [])
    below = [column for text in texts for column in parse(text).columns]
    return list(dict.fromkeys([*times, *marks, *keys, *read, *below]))


def _listed(events: Any, columns: Sequence[str], why: Sequence[str]) -> Iterator[str]:
    shown_columns = [name for name in columns if name in events.column_names]
    cells = {name: events.column(name).to_pylist() for name in shown_columns}
    order = sorted(range(len(why)), key=lambda row: why[row] == "of another entity")[:MOST]
    if not why:
        yield "  there are no events"
        return
    rows = [
        [
            str(row),
            *(cut(shown(cells[name][row])) for name in shown_columns),
            "seen" if why[row] == SEEN else why[row],
        ]
        for row in order
    ]
    yield from table(["event", *shown_columns, ""], rows)
    if len(why) > MOST:
        yield f"  and {len(why) - MOST} more"
