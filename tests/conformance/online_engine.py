"""The third engine: a case's rows go to documents as a stream would bring them, and observations are online reads.

Rows come in deltas that are cut and shuffled by a seed, each in time for the first read that knows it; documents are
compacted now and then; reads come in the order of their times.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tests.conformance.engines import Answer, Case, answer_of, frame_of, sources_of
from tests.conformance.plain import rows_of, schema_of
from zipline.dsl import Derived, EventSource, FeatureView, Snapshot
from zipline.engines.kernels.values import canonical, one_chunk
from zipline.errors import DataError
from zipline.expressions import parse
from zipline.expressions.evaluate import program
from zipline.online.state import document, index
from zipline.online.state.facts import Facts
from zipline.online.state.fold import Folded, Folder, Needed
from zipline.online.state.keys import encode_keys
from zipline.online.state.policy import Policy
from zipline.online.state.view_state import ViewState
from zipline.online.streams.facts import FactMaker
from zipline.plan.build import build
from zipline.plan.nodes import Plan, Visibility
from zipline.plan.schema import check_plan, check_sweep
from zipline.reference.request import read_request
from zipline.reference.times import read_time
from zipline.types import DataType, to_arrow

FOLD_SOON: Final = Policy(raw_bytes=0, tile_events=4, tile_bytes=1, fewest=2)
"""Documents of a few events, too, are folded into tiles."""
OFFLINE_ONLY: Final[Mapping[str, Callable[[Case], bool]]] = {
    "hindsight is of the past alone": lambda case: case.hindsight,
    "as_of asks for what was known before the observations": lambda case: case.as_of is not None,
    "a snapshot's versions are what differs between copies, which a stream has none of": lambda case: any(
        isinstance(source.table, Snapshot) for source in sources_of(case.features)
    ),
    "a training set knows nothing of what happens after the clock": lambda case: any(
        moment > time.time() * 1e6 for moment in _times(case)
    ),
}
"""Why some cases cannot be read online, each with how one is told."""


def why_offline(case: Case) -> str | None:
    """Return why a case cannot be read online; None where it can."""
    return next((reason for reason, holds in OFFLINE_ONLY.items() if holds(case)), None)


def replayed(case: Case, seed: int = 0) -> Answer:
    """Answer by reads of documents, or raise the error that a training set would fail with."""
    plan = build(case.features, time=case.time, keys=case.keys, visibility=Visibility(0))
    tables = {source: schema_of(frame_of(source)) for source in sources_of(case.features)}
    types = check_plan(plan, tables, schema_of(case.observations))
    columns = {name: one_chunk(case.observations[name]) for name in case.observations.column_names}
    columns |= {name: columns[name].cast(to_arrow(types.assembled[name])) for name, _ in plan.request}
    for part in _parts(case, plan):
        columns |= part.read(case, Random(seed))
    outputs = _derived(plan, types.assembled, columns, case.observations.num_rows)
    given = case.observations
    arrays = [*given.columns, *(outputs[name] for name in plan.root.outputs)]
    return answer_of(pa.table(arrays, names=[*given.column_names, *plan.root.outputs]))


def _times(case: Case) -> list[int]:
    """Return the observations' times, microseconds."""
    named = read_request(case.features, case.time, case.keys).time
    kind = schema_of(case.observations)[named.column]
    found = [read_time(row[named.column], named, kind) for row in rows_of(case.observations)]
    return [moment for moment in found if moment is not None]


def _derived(
    plan: Plan, kinds: Mapping[str, DataType], columns: dict[str, pa.Array], size: int
) -> dict[str, pa.Array]:
    for each in plan.root.columns:
        schema = tuple((short, kinds[name]) for short, name in each.columns)
        expression = parse(each.expression, derived=True)
        inputs = {short: columns[name].cast(to_arrow(kinds[name])) for short, name in each.columns}
        columns[each.name] = canonical(program(expression, schema).run(inputs, size))
    return columns


def _parts(case: Case, plan: Plan) -> list[_Part]:
    """Return the views of a request under their prefixes, with the features that are needed of each."""
    request = read_request(case.features, case.time, case.keys)
    read = {column.name for sweep in plan.sweeps for column in sweep.columns}
    parts = {}
    for item in request.items:
        if not isinstance(item, Derived):
            mapping = {**request.keys, **dict(item.keys)}
            keys = tuple(mapping.get(key, key) for key in item.view.entity.keys)
            state = _state(item.view)
            names = [each.name for each in state.features if f"{item.prefix}__{each.name}" in read]
            parts[item.prefix] = _Part(item.prefix, state, keys, names)
    return [part for part in parts.values() if part.names]


def _state(view: FeatureView) -> ViewState:
    (sweep,) = build(view, time="t", keys=None, visibility=Visibility(0)).sweeps
    types = check_sweep(sweep, [schema_of(frame_of(source)) for source in sweep.sources])
    return ViewState("v@1", view, sweep, types)


@dataclass
class _Part:
    """One view of a request: its state, and what is read of it."""

    prefix: str
    state: ViewState
    keys: tuple[str, ...]
    names: Sequence[str]
    documents: dict[bytes, bytes] = field(default_factory=dict)
    segments: dict[tuple[bytes, bytes], bytes] = field(default_factory=dict)
    versions: dict[bytes, set[bytes]] = field(default_factory=dict)

    def read(self, case: Case, random: Random) -> dict[str, pa.Array]:
        """Return the output columns: the rows applied and the observations read, in the order of time."""
        folder = Folder(self.state, self.names)
        entities = self._entities(case.observations)
        times = np.array(_times(case), np.int64)
        moments = np.unique(times)
        steps = [self._steps(facts, moments, random) for facts in self._facts()]
        pieces, order = [], []
        for step, moment in enumerate(moments.tolist()):
            for facts, at in steps:
                self._apply(facts.take(at == step), random)
            rows = np.flatnonzero(times == moment)
            pieces.append(self._fold(folder, [entities[row] for row in rows], moment).columns())
            order.append(rows)
            self._compact(moment, random)
        back = pa.array(np.argsort(np.concatenate(order))) if order else pa.array([], pa.int64())
        return {
            f"{self.prefix}__{name}": (
                pa.concat_arrays([each[at] for each in pieces]).take(back)
                if pieces
                else pa.array([], to_arrow(self.state.kinds[name]))
            )
            for at, name in enumerate(self.names)
        }

    def _entities(self, observations: pa.Table) -> list[bytes | None]:
        kinds = [schema_of(observations)[key] for key in self.keys]
        columns = [
            one_chunk(observations[key]).cast(to_arrow(kind))
            for key, kind in zip(self.keys, kinds, strict=True)
        ]
        return encode_keys(columns, kinds)

    def _facts(self) -> list[Facts]:
        """Return the facts of each source; one without a knowledge time arrives as it happens."""
        found = []
        for number, source in enumerate(self.state.sources):
            table = frame_of(source)
            made = FactMaker(self.state, number).facts(table, _arrivals(source, table), None)
            if made.left:
                raise DataError(f"rows that cannot be computed: {made.left[:3]}")
            found.append(made.facts)
        return found

    def _steps(
        self, facts: Facts, moments: NDArray[np.int64], random: Random
    ) -> tuple[Facts, NDArray[np.int64]]:
        """Return facts with the step at which each is applied: in time for the first read that knows it."""
        due = np.searchsorted(moments, facts.known, side="right")
        early = [random.choice([0, 0, 1, 3]) for _ in range(len(facts))]
        return facts, np.maximum(due - np.array(early, np.int64), 0)

    def _apply(self, facts: Facts, random: Random) -> None:
        """Append facts in deltas of any size, in any order."""
        rows = random.sample(range(len(facts)), len(facts))
        while rows:
            size = random.randint(1, len(rows))
            some, rows = facts.take(np.array(rows[:size], np.int64)), rows[size:]
            for entity, data in self._deltas(some):
                self.documents[entity] = self.documents.get(entity, b"") + data

    def _deltas(self, facts: Facts) -> list[tuple[bytes, bytes]]:
        source = self.state.sources[facts.source]
        if not (source.id and source.moves):
            return document.deltas(self.state, facts)
        for identity, version in index.additions(facts):
            self.versions.setdefault(identity, set()).add(version)
        return index.placed(self.state, facts, {each: sorted(all_) for each, all_ in self.versions.items()})

    def _compact(self, moment: int, random: Random) -> None:
        """Compact some documents, at a floor that the reads to come are not before."""
        for entity in [each for each in self.documents if random.random() < 0.3]:
            stored = self.documents[entity]
            names = document.segments_of(self.state, stored)
            given = {name: self.segments[entity, name] for name in names}
            floor, lead = moment - random.choice([0, 0, 1, 10**7]), random.choice([0, 1, 10**9])
            done = document.compacted(self.state, stored, given, floor=floor, lead=lead, policy=FOLD_SOON)
            self.documents[entity] = done.head
            self.segments |= {(entity, name): data for name, data in done.segments.items()}
            for name in done.dropped:
                del self.segments[entity, name]

    def _fold(self, folder: Folder, entities: Sequence[bytes | None], moment: int) -> Folded:
        """Return the values of some entities, with as many rounds for segments as a reader may take."""
        documents = [None if each is None else self.documents.get(each) for each in entities]
        folded = folder.fold(documents, moment)
        if isinstance(folded, Needed):
            given = {(row, name): self.segments[entities[row] or b"", name] for row, name in folded.segments}
            folded = folder.fold(documents, moment, given)
        assert not isinstance(folded, Needed)
        if folded.errors:
            (_, name), cause = next(iter(folded.errors.items()))
            raise DataError(cause, where=f"feature {self.prefix}__{name!r}")
        return folded


def _arrivals(source: EventSource, table: pa.Table) -> NDArray[np.int64]:
    kind = schema_of(table)[source.event_time.column]
    times: list[Any] = [
        read_time(row[source.event_time.column], source.event_time, kind) for row in rows_of(table)
    ]
    return np.array([0 if each is None else each for each in times], np.int64)
