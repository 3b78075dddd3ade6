"""A service as it is, over events that are given: facts of one source each, as a table that is trained on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from zipline.dsl.aggregation import Feature
from zipline.dsl.derived import Derived
from zipline.dsl.entity import Entity
from zipline.dsl.feature_service import FeatureService
from zipline.dsl.feature_view import FeatureView, Selection
from zipline.dsl.source import EventSource
from zipline.dsl.table import Frame
from zipline.dsl.timestamp import Timestamp
from zipline.dsl.union import Union
from zipline.online.history import as_table
from zipline.online.state.facts import Facts
from zipline.online.state.view_state import ViewState
from zipline.types import to_arrow

ENTITY: Final = "zipline_entity"
TIME: Final = "zipline_time"
KNOWN: Final = "zipline_known"
ID: Final = "zipline_id"
RANK: Final = "zipline_rank"
GONE: Final = "zipline_gone"
MASK: Final = "zipline_mask_{}"


def begun(group: int, name: bytes) -> bytes:
    return group.to_bytes(4, "big") + name


def no_facts(state: ViewState, source: int) -> Facts:
    """Return no facts of a source."""
    nothing = np.zeros(0, np.int64)
    columns = {name: pa.array([], to_arrow(kind)) for name, kind in state.columns.items()}
    masks = {text: nothing.astype(np.bool_) for text in state.masks}
    facts = Facts([], nothing, nothing, columns, masks, positions=nothing)
    if state.sources[source].id:
        return replace(facts, source=source, ids=[], ranks=[], kept=nothing.astype(np.bool_))
    return replace(facts, source=source)


def rows_of(facts: Facts, group: int) -> pa.Table:
    """Return facts as rows of the table that is trained on."""
    held = as_table(replace(facts, entities=[each and begun(group, each) for each in facts.entities]))
    columns = {ENTITY: held["entity"], TIME: held["time"], KNOWN: held["known"]}
    columns |= {name: held[f"column_{name}"] for name in facts.columns}
    columns |= {MASK.format(number): held[f"mask_{number}"] for number in range(len(facts.masks))}
    if facts.ids is not None:
        columns[ID] = pa.array([begun(group, each) for each in facts.ids], pa.binary())
        columns |= {RANK: held["rank"], GONE: pc.invert(held["kept"])}
    return pa.table(columns)


def replayed_view(state: ViewState, events: Sequence[pa.Table]) -> FeatureView:
    """Return a view whose features are the same, over events that are given."""
    members = [_source(*each) for each in zip(state.sources, events, strict=True)]
    source = members[0] if len(members) == 1 else Union("replayed", members)
    return state.view.model_copy(
        update={
            "entity": Entity(ENTITY), "source": source, "keys": (), "online": False, "freshness_us": None,
            "features": tuple(_feature(state, each) for each in state.view.features),
        }
    )  # fmt: skip


def _source(source: EventSource, events: pa.Table) -> EventSource:
    versions: dict[str, Any] = {}
    if source.id:
        versions = {"id": ID, "deleted": GONE, "sequence": RANK}
        if source.corrections_us is not None:
            versions["corrections"] = timedelta(microseconds=source.corrections_us)
    return EventSource(
        source.name, table=Frame(events), event_time=Timestamp(TIME, unit="us"),
        knowledge_time=Timestamp(KNOWN, unit="us"), **versions,
    )  # fmt: skip


def _feature(state: ViewState, feature: Feature | Derived) -> Feature | Derived:
    """Return a feature whose `where` is a column."""
    if isinstance(feature, Derived) or feature.aggregation.where is None:
        return feature
    mask = MASK.format(state.masks.index(feature.aggregation.where))
    return feature.model_copy(update={"aggregation": feature.aggregation.model_copy(update={"where": mask})})


def replayed_service(
    definition: FeatureService, views: Mapping[str, tuple[FeatureView, str]]
) -> FeatureService:
    """Return a service that reads views in place of its own, each with its entities in a column."""
    features: list[Selection | Derived] = []
    for item in definition.features:
        if isinstance(item, Derived):
            features.append(item)
        else:
            view, column = views[item.prefix]
            features.append(
                Selection(view=view, prefix=item.prefix, keys=((ENTITY, column),), names=item.names)
            )
    return FeatureService("replayed", features, request=dict(definition.request))
