"""A random request as a stream: its view with logs in place of tables, its rows as records, and what has landed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

import zipline as zl
from tests.conformance.dataset import STAMP
from tests.conformance.engines import Answer, Case, frame_of, reference
from tests.conformance.plain import rows_of, schema_of
from tests.online.parity.logs import PARTITIONS, Logs
from zipline.dsl import Aggregation, EventSource, Feature, FeatureView, Union
from zipline.registry.json import digest
from zipline.registry.meaning import view_meaning
from zipline.registry.reads import output_types
from zipline.registry.records import Record
from zipline.registry.stored import pinned_schemas, tied_schemas

BASE = 10**15
"""Microseconds: what the rows' times are counted from, as clocks and logs do not go back before 1970."""
LAST = 2 * BASE
"""After all that happens."""
LIMIT = 99
"""Different values of features that must have a bound: more than there are."""


@dataclass(frozen=True)
class Delivery:
    """Rows of a source that a record brings.

    Attributes:
        due: when, microseconds.
        partition: of its log.
        rows: their numbers.
    """

    due: int
    source: str
    partition: int
    rows: tuple[int, ...]


@dataclass
class RandomStream:
    """A view whose events come one by one.

    Args:
        case: the view with its tables, and who is asked for.
        logs: where the rows come from in their place.
        random: says which ids stay with their keys.

    Attributes:
        view: as it was drawn, with what online views must say.
        streamed: the same, read from the logs.
        landed: source -> the rows that have come, each with when it did.
    """

    case: Case
    logs: Logs
    random: Random
    landed: dict[str, list[tuple[int, int]]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        self.view = _with_sources(_bounded(self.case.features), self._declared)
        self.tables = {source.name: frame_of(source) for source in self.view.source.members}
        self.streamed = _with_sources(self.view.model_copy(update={"online": True}), self._as_stream)

    def _declared(self, source: EventSource) -> EventSource:
        """Return a source with what must be said of ids online, and rows that keep to it."""
        if not source.id:
            return source.model_copy(update={"table": zl.Frame(_later(frame_of(source)))})
        stays, corrections = self.random.random() < 0.5, source.corrections_us or 10**9
        table = _later(_staying(frame_of(source)) if stays else frame_of(source))
        return source.model_copy(
            update={"table": zl.Frame(table), "stays": stays, "corrections_us": corrections}
        )

    def _as_stream(self, source: EventSource) -> EventSource:
        table = zl.Parquet(f"{source.name}.parquet")
        return source.model_copy(update={"table": table, "stream": self.logs.stream(source.name)})

    def record(self) -> Record:
        """Return the view's first version, as the registry would make it."""
        types = {name: schema_of(table) for name, table in self.tables.items()}
        schemas = pinned_schemas(self.streamed, types)
        meaning = view_meaning(self.streamed, schemas, output_types(self.streamed, schemas))
        made = "1970-01-01T00:00:00Z"
        return Record(
            "view", self.view.name, 1, digest(meaning), meaning, self.streamed, schemas, registered_at=made,
            ties=tied_schemas(self.streamed, types),
        )  # fmt: skip

    def deliveries(self, random: Random) -> list[Delivery]:
        """Return records in the order in which they come: most rows when they become known, some twice."""
        made = []
        for source in self.view.source.members:
            rows = rows_of(self.tables[source.name])
            numbers = [each for each in range(len(rows)) for _ in range(random.choice([1] * 9 + [2]))]
            random.shuffle(numbers)
            dues = [(_due(rows[number], random), number) for number in numbers]
            for some in _cut(sorted(dues), random):
                due = min([some[-1][0], *(_latest(source, rows[number]) for _, number in some)])
                of = tuple(number for _, number in some)
                made.append(Delivery(due, source.name, random.randrange(PARTITIONS), of))
        return sorted(made, key=lambda each: each.due)

    def deliver(self, delivery: Delivery) -> None:
        """Append a record to its log."""
        table = self.tables[delivery.source].take(pa.array(delivery.rows))
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, table.schema) as stream:
            stream.write_table(table)
        arrived = self.logs.append(delivery.source, delivery.partition, sink.getvalue().to_pybytes())
        self.landed[delivery.source] += [(number, arrived) for number in delivery.rows]

    def expected(self, asked: pa.Table, time: int) -> Answer:
        """Return the training set of what has landed, of keys that are all observed at one time."""
        observed = asked.append_column("t", pa.array([time] * len(asked), STAMP))
        found = reference(Case(_with_sources(self.view, self._as_landed), observed))
        types = {name: kind for name, kind in found.types.items() if name != "t"}
        return Answer(types, [{name: row[name] for name in types} for row in found.rows])

    def _as_landed(self, source: EventSource) -> EventSource:
        landed = self.landed[source.name]
        table = self.tables[source.name].take(pa.array([number for number, _ in landed], pa.int64()))
        if source.has_knowledge:  # another column would tell versions apart that are alike in theirs
            return source.model_copy(update={"table": zl.Frame(table)})
        arrivals = pa.array([arrived for _, arrived in landed], STAMP)
        known = {"knowledge_time": zl.Timestamp("arrived")}
        return source.model_copy(
            update={"table": zl.Frame(table.append_column("arrived", arrivals)), **known}
        )


def _later(table: pa.Table) -> pa.Table:
    """Return rows with times that are counted from `BASE`."""
    for name in ("at", "known"):
        times = pc.add(table[name].cast(pa.int64()), BASE).cast(STAMP)
        table = table.set_column(table.column_names.index(name), name, times)
    return table


def _staying(table: pa.Table) -> pa.Table:
    """Return rows of which those of one id are of one entity; a version without a time would be of none."""
    table = table.filter(table["at"].is_valid())
    first: dict[Any, Any] = {}
    keys = [
        first.setdefault(*row) for row in zip(*table.select(["id", "k"]).to_pydict().values(), strict=True)
    ]
    return table.set_column(table.column_names.index("k"), "k", pa.array(keys, table["k"].type))


def _with_sources(view: FeatureView, changed: Any) -> FeatureView:
    source = view.source
    if isinstance(source, Union):
        own: Any = source.model_copy(update={"members": tuple(map(changed, source.members))})
    else:
        own = changed(source)
    return view.model_copy(update={"source": own})


def _bounded(view: FeatureView) -> FeatureView:
    """Return a view with bounds where online views must have them; they change no value."""
    features = [_limited(each) if isinstance(each, Feature) else each for each in view.features]
    return view.model_copy(update={"features": tuple(features)})


def _limited(feature: Feature) -> Feature:
    if feature.grows_with is None:
        return feature
    aggregation: Aggregation = feature.aggregation.model_copy(update={"limit": LIMIT})
    return feature.model_copy(update={"aggregation": aggregation})


def _due(row: Mapping[str, Any], random: Random) -> int:
    """Return when a row comes: mostly as it becomes known."""
    times = [each for each in (row["known"], row["at"]) if each is not None]
    due = times[0] if times else BASE + random.randrange(-60, 61)
    return int(due) + random.choice([0, 0, 0, 0, 1, 3, 20, -5])


def _latest(source: EventSource, row: Mapping[str, Any]) -> int:
    """Return until when a row must have come: ids are kept for `corrections` after a version became known."""
    known = row[source.knowledge_time.column] if source.knowledge_time else None
    if source.delay_us and row["at"] is not None:
        known = row["at"] + source.delay_us
    if known is None or source.corrections_us is None:
        return LAST
    return int(known) + source.corrections_us // 2  # as a busy clock may be a little late


def _cut(rows: list[tuple[int, int]], random: Random) -> list[list[tuple[int, int]]]:
    """Return rows in pieces of a few."""
    pieces = []
    while rows:
        size = random.choice([1, 1, 2, 5])
        pieces.append(rows[:size])
        rows = rows[size:]
    return pieces
