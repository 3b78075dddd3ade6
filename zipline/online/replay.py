"""Replay: what reads must have had, computed offline of exactly the events that had been applied when they were made.

The events are facts, as the stream and the history make them of rows. They become a small table with a time, a
knowledge time and, of sources with ids, a version each; the service's own features over that table are a training set
like any other. Reads that saw different events are computed together: each group of them has entities of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from zipline.dsl.feature_service import FeatureService
from zipline.engines.kernels.values import one_chunk
from zipline.online.calls import NOWHERE
from zipline.online.logged_reads import LoggedReads, Position
from zipline.online.replayed import ENTITY, TIME, begun, no_facts, replayed_service, replayed_view, rows_of
from zipline.online.service_state import ServiceState
from zipline.online.state.facts import Facts
from zipline.online.state.keys import encode_keys
from zipline.online.state.view_state import ViewState
from zipline.online.verify import NotReplayed

Train = Callable[[pa.Table, FeatureService, str], pa.Table]
"""Returns the training set of observations, their columns first, of a service that is given as an object."""


@dataclass(frozen=True)
class Applied:
    """Facts of one source of a view, and where they came from.

    Attributes:
        facts: with positions, unless they are history; of each log at least once, though there be none.
        log: that they are of; None is the history, which was there before any read.
        end: the offset after the last one that the log holds now.
    """

    facts: Facts
    log: str | None
    end: int = 0


AppliedOf = Callable[[ViewState, int | None, frozenset[bytes], int], Sequence[Applied]]
"""Returns all that has been applied by now to a view's state, as `applied_events.AppliedEvents` does: its arguments are
the state, the cut of its history, the entities that are wanted, and the earliest moment that is asked about.

Raises `NotReplayed` where it cannot be had any more.
"""


class Replayer:
    """Computes reads of one service version again.

    Args:
        service: how it is read.
        definition: what it says; its views are replaced.
        applied: gives the events.
        train: computes.
    """

    def __init__(
        self, service: ServiceState, definition: FeatureService, applied: AppliedOf, train: Train
    ) -> None:
        self._service = service
        self._definition = definition
        self._applied = applied
        self._train = train

    def as_applied(self, reads: LoggedReads) -> Mapping[str, pa.Array]:
        """Return output -> values, of the events that had been applied when each read was made."""
        return self._values(reads, [reads.positions(row) for row in range(len(reads))])

    def as_known(self, reads: LoggedReads) -> Mapping[str, pa.Array]:
        """Return output -> values, of all events that the history and the logs hold by now."""
        seen = [reads.positions(row) for row in range(len(reads))]
        return self._values(
            reads, [{view: Position(at.cut, None) for view, at in each.items()} for each in seen]
        )

    def _values(
        self, reads: LoggedReads, positions: Sequence[Mapping[str, Position]]
    ) -> Mapping[str, pa.Array]:
        observations = reads.requests.append_column(TIME, reads.table["at"])
        earliest = pc.min(reads.table["at"]).value
        views = {}
        for number, part in enumerate(self._service.parts):
            keys = [one_chunk(reads.requests[field]) for field in part.fields]
            groups, entities = _groups(
                encode_keys(keys, part.kinds), [each.get(part.prefix) for each in positions]
            )
            column = f"{ENTITY}_{number}"
            observations = observations.append_column(column, pa.array(entities, pa.binary()))
            views[part.prefix] = (
                replayed_view(part.state, self._events(part.state, groups, earliest)),
                column,
            )
        trained = self._train(observations, replayed_service(self._definition, views), TIME)
        features = trained.column_names[observations.num_columns :]
        return {
            name: one_chunk(trained[column])
            for name, column in zip(self._service.outputs, features, strict=True)
        }

    def _events(self, state: ViewState, groups: Sequence[_Group], earliest: int) -> list[pa.Table]:
        """Return the events of each source of a view, those of each group under entities and ids of its own."""
        chosen: list[list[pa.Table]] = [[rows_of(no_facts(state, n), 0)] for n in range(len(state.sources))]
        for cut in dict.fromkeys(group.position.cut for group in groups):
            some = [group for group in groups if group.position.cut == cut]
            entities = frozenset().union(*(group.entities for group in some))
            applied = self._applied(state, cut, entities, earliest)
            for group in some:
                group.check(applied)
                for number, tables in enumerate(chosen):
                    parts = [group.saw(each) for each in applied if each.facts.source == number]
                    tables += [rows_of(part, group.number) for part in group.own(parts)]
        return [pa.concat_tables(tables) for tables in chosen]


@dataclass(frozen=True)
class _Group:
    """Entities of reads that saw the same events of a view.

    Attributes:
        number: which begins the names of its entities.
        position: how far the logs had been applied.
        entities: whose reads they are.
    """

    number: int
    position: Position
    entities: set[bytes]

    def saw(self, applied: Applied) -> Facts:
        """Return the facts that were there."""
        facts, logs = applied.facts, self.position.logs
        if applied.log is None or logs is None:
            return facts
        assert facts.positions is not None
        return facts.take(facts.positions < dict(logs).get(applied.log, NOWHERE))

    def check(self, applied: Sequence[Applied]) -> None:
        """Refuse logs that do not hold what had been applied.

        Raises:
            NotReplayed: one is gone, or ends before.
        """
        ends = {each.log: each.end for each in applied}
        for log, reached in self.position.logs or ():
            if reached > ends.get(log, NOWHERE):
                there = f"ends at offset {ends[log]:,}" if log in ends else "is not there any more"
                raise NotReplayed(
                    f"{log} {there}, and {reached:,} had been applied",
                    hint="it is another log than the one that was read then, or has lost its end",
                )

    def own(self, parts: Sequence[Facts]) -> list[Facts]:
        """Return the facts of the entities, of ids all versions: one may have moved from or to another entity."""
        mine = [np.array([each in self.entities for each in part.entities], np.bool_) for part in parts]
        ids = {
            name
            for part, mask in zip(parts, mine, strict=True)
            if part.ids is not None
            for name, kept in zip(part.ids, mask.tolist(), strict=True)
            if kept
        }
        for place, part in enumerate(parts):
            if part.ids is not None:
                mine[place] = np.array([each in ids for each in part.ids], np.bool_)
        return [part.take(mask) for part, mask in zip(parts, mine, strict=True)]


def _groups(
    entities: Sequence[bytes | None], positions: Sequence[Position | None]
) -> tuple[list[_Group], list[bytes | None]]:
    """Return the groups, and how each read's entity is called in its group; a null key has no events."""
    groups: dict[Position, _Group] = {}
    named: list[bytes | None] = []
    for entity, position in zip(entities, positions, strict=True):
        if entity is None or position is None:
            named.append(None)
            continue
        group = groups.setdefault(position, _Group(len(groups), position, set()))
        group.entities.add(entity)
        named.append(begun(group.number, entity))
    return list(groups.values()), named
