"""What `zipline verify` puts together: a log of reads, the versions, and the repository's tables and logs of events."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa

from zipline.dsl.feature_service import FeatureService
from zipline.dsl.feature_view import FeatureView, Selection
from zipline.engines.duckdb.database import Database
from zipline.online.applied_events import AppliedEvents
from zipline.online.logged_reads import LoggedReads, read_log
from zipline.online.replay import Replayer
from zipline.online.service_state import ServiceState, service_state, single_view_state
from zipline.online.streams.opening import Streams
from zipline.online.verify import Compute, Verified, verify
from zipline.registry.references import parse_reference
from zipline.registry.registry import Registry
from zipline.registry.served import served
from zipline.settings import Settings

Train = Callable[[pa.Table, FeatureService | str, str], pa.Table]
"""Returns the training set of observations: of a service, or of what a name such as `delay_model@3` stands for."""


def verify_log(
    registry: Registry, service: str, place: str, settings: Settings, root: Path, train: Train,
    replayed: Train, *, newest: int | None = None,
) -> Iterator[Verified]:  # fmt: skip
    """Yield what became of each logged version's reads.

    Args:
        registry: where the versions are.
        service: `name`, all versions in the log, or `name@version`.
        place: the log's folder or URL.
        settings: of the repository: where its streams are.
        root: its folder.
        train: computes training sets.
        replayed: computes those of events that had been applied, which are in memory.
        newest: verify only so many reads of each version, the newest ones.

    Raises:
        RequestError: the log holds no read of the service.
        ConfigError: the registry does not have a version.
    """
    for reads in read_log(place, service, newest=newest):
        with Database(settings.duckdb, root, settings.variables) as database:
            state, definition = _resolved(registry, reads)
            applied = AppliedEvents(database, Streams(settings, root))
            replayer = Replayer(state, definition, applied, replayed)
            yield verify(reads, _compute(reads, state, replayer, train), replayer.as_applied)


def _compute(reads: LoggedReads, state: ServiceState, replayer: Replayer, train: Train) -> Compute:
    """Return what computes reads of all that is known by now: as training does, where that knows what reads know.

    A table without knowledge times does not say when its stream's rows arrived; only the log does.
    """
    sources = [source for part in state.parts for source in part.state.sources]
    if all(source.has_table and (source.stream is None or source.has_knowledge) for source in sources):
        return lambda some: train(some.observations, reads.service, some.time)
    return lambda some: pa.table(dict(replayer.as_known(some)))


def _resolved(registry: Registry, reads: LoggedReads) -> tuple[ServiceState, FeatureService]:
    """Return how a service, or a view by itself, was read, and what it says."""
    reference = parse_reference(reads.service)
    assert reference.version is not None
    record = registry.record(registry.kind_of(reference.name), reference.name, reference.version)
    views = {each.name: each for each in served(registry, record) if each.kind == "view"}
    if isinstance(record.definition, FeatureService):
        return service_state(record, lambda name, _: views[name]), record.definition
    view = views[record.name].definition
    assert isinstance(view, FeatureView)
    prefix = reads.values.column_names[0].partition("__")[0]
    alone = FeatureService(view.name, [Selection(view=view, prefix=prefix, keys=(), names=view.names)])
    return single_view_state(views[record.name], prefix), alone
