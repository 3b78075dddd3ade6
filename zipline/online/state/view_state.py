"""What the state of one view version must hold: decided once, from the registered definition and its types."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from zipline.dsl.aggregation import Aggregation, Feature
from zipline.dsl.derived import Derived
from zipline.dsl.feature_view import FeatureView
from zipline.dsl.source import EventSource
from zipline.dsl.window import Window
from zipline.online.state.layout import Layout, make_layout
from zipline.online.state.partial_words import PartialWords
from zipline.online.state.partials import PartialCodec
from zipline.plan.build import build
from zipline.plan.nodes import Sweep, Visibility
from zipline.plan.passes import feature_columns
from zipline.plan.schema import SweepTypes, check_sweep
from zipline.plan.sources import Schema
from zipline.registry.records import Record, Schemas
from zipline.types import DataType


@dataclass(frozen=True)
class ViewState:
    """A view version, resolved for the online state.

    Attributes:
        title: `carrier_delays@2`.
        view: the pinned definition.
        sweep, types: its plan; the columns of the sweep are called `{view}__{feature}`.
        ties: source -> column -> type: by what else versions of its ids are ordered, see `Record.ties`.
    """

    title: str
    view: FeatureView
    sweep: Sweep
    types: SweepTypes
    ties: Schemas = field(default_factory=dict)

    @cached_property
    def features(self) -> tuple[Feature, ...]:
        """Its aggregated features, in order; derived ones are computed from them by the client."""
        return tuple(each for each in self.view.features if not isinstance(each, Derived))

    @cached_property
    def kinds(self) -> Mapping[str, DataType]:
        """The type of each aggregated feature."""
        return {each.feature.name: self.types.features[each.name] for each in self.sweep.columns}

    @cached_property
    def columns(self) -> Schema:
        """The columns that features read, with their types; `event_time` of several columns is not among them."""
        events = self.types.sources[0].events
        return {name: events[name] for name in feature_columns(self.sweep.columns)}

    @cached_property
    def masks(self) -> tuple[str, ...]:
        """The texts of the features' `where`, each once."""
        return tuple(dict.fromkeys(f.aggregation.where for f in self.features if f.aggregation.where))

    @cached_property
    def windows(self) -> tuple[Window, ...]:
        """The windows, each meaning once."""
        return tuple({feature.window.meaning: feature.window for feature in self.features}.values())

    @cached_property
    def aggregations(self) -> tuple[Aggregation, ...]:
        """The aggregations without regard to windows, names and defaults, each once: what a tile has a partial of."""
        return tuple(dict.fromkeys(bare(each.aggregation) for each in self.features))

    @cached_property
    def layout(self) -> Layout:
        """How its records lie in bytes."""
        return make_layout(self.columns, self.masks, has_ids=self.has_ids)

    @cached_property
    def codecs(self) -> tuple[PartialCodec, ...]:
        """How the partials of each of its aggregations lie in bytes."""
        return tuple(PartialCodec(each, self.columns) for each in self.aggregations)

    @cached_property
    def partial_words(self) -> PartialWords:
        """Makes those of its partials that are words, of many records at once."""
        return PartialWords(self.layout, self.aggregations)

    @property
    def sources(self) -> tuple[EventSource, ...]:
        """The sources of its events."""
        return self.sweep.sources

    @property
    def has_ids(self) -> bool:
        """Whether some source's later rows may replace events."""
        return any(source.id for source in self.sources)


def bare(aggregation: Aggregation) -> Aggregation:
    """Return an aggregation without its name and default: those that are equal then have the same partials."""
    return aggregation.model_copy(update={"stem": "x", "default": None})


def view_state(record: Record) -> ViewState:
    """Return the state of a registered view version.

    Raises:
        DefinitionError: it does not fit its pinned types.
    """
    view = record.definition
    assert isinstance(view, FeatureView)
    plan = build(view, time="time", keys=None, visibility=Visibility(0))
    (sweep,) = plan.sweeps
    types = check_sweep(sweep, [record.schemas[source.name] for source in sweep.sources])
    return ViewState(record.title, view, sweep, types, record.ties)
