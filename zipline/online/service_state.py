"""A service as it is read online: views, request fields and outputs, decided once from its records."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from zipline.dsl.derived import Derived
from zipline.dsl.feature_service import FeatureService
from zipline.dsl.feature_view import FeatureView, Selection
from zipline.expressions import parse
from zipline.expressions.evaluate import Program, program
from zipline.online.calls import Marker
from zipline.online.state.fold import Folder
from zipline.online.state.view_state import ViewState, view_state
from zipline.plan.build import build
from zipline.plan.nodes import DerivedColumn, Plan, Visibility
from zipline.plan.schema import add_derived
from zipline.registry.records import Record
from zipline.types import DataType, parse_type, to_arrow

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Part:
    """A view as a service reads it: under a prefix, with keys from certain fields of the request.

    Attributes:
        prefix: of its columns.
        state: of the view's version.
        fields: the request's field of each key part.
        features: the aggregated features that are wanted, by their names in the view.
        folder: computes them.
    """

    prefix: str
    state: ViewState
    fields: tuple[str, ...]
    features: tuple[str, ...]
    folder: Folder

    @property
    def kinds(self) -> tuple[DataType, ...]:
        """The types of the key parts, as the source has them."""
        return self.state.types.keys

    @cached_property
    def freshness(self) -> int | None:
        """How far the view's stream may be behind, microseconds; None where it may always."""
        return self.state.view.freshness_us

    def watermark(self, marker: Marker) -> int | None:
        """Return up to when all that arrived has been applied; None while some source's stream has not begun."""
        if len(self._streams) > 1 and not all(
            any(log.startswith(each) for log in marker.logs) for each in self._streams
        ):
            return None
        return marker.watermark

    def is_stale(self, marker: Marker, moment: int) -> bool:
        """Return whether the stream is further behind a moment than the view allows."""
        if self.freshness is None:
            return False
        watermark = self.watermark(marker)
        return watermark is None or moment - watermark > self.freshness

    @cached_property
    def _streams(self) -> tuple[str, ...]:
        return tuple(f"{source.name}:" for source in self.state.sources if source.stream is not None)

    @cached_property
    def outputs(self) -> tuple[str, ...]:
        """The output column of each feature."""
        return tuple(f"{self.prefix}__{name}" for name in self.features)

    @property
    def columns(self) -> Iterable[tuple[str, str]]:
        """(name in the view, output column) of each feature."""
        return zip(self.features, self.outputs, strict=True)


@dataclass(frozen=True)
class Computed:
    """A derived column.

    Attributes:
        name: of the output column.
        program: computes it.
        inputs: (name in the expression, column) of what it reads.
        parts: the prefixes of the views that it depends on, also through other derived columns.
    """

    name: str
    program: Program
    inputs: tuple[tuple[str, str], ...]
    parts: frozenset[str]


@dataclass(frozen=True)
class ServiceState:
    """A version of a service, or of a view that is read by itself.

    Attributes:
        title: `delay_model@3`.
        parts: its views.
        request: field -> type of what the caller gives beside keys.
        derived: in the order in which they are computed.
        kinds: column -> type, of all that is computed.
        outputs: the columns that are handed out, in order.
        time: the observations' time column, where the service names one.
    """

    title: str
    parts: tuple[Part, ...]
    request: Mapping[str, DataType]
    derived: tuple[Computed, ...]
    kinds: Mapping[str, DataType]
    outputs: tuple[str, ...]
    time: str | None

    @cached_property
    def fields(self) -> Mapping[str, DataType]:
        """Field -> type, of all that a request has: keys as their source has them, and the other fields."""
        keys = {
            field: kind for part in self.parts for field, kind in zip(part.fields, part.kinds, strict=True)
        }
        return keys | dict(self.request)

    @cached_property
    def is_plain(self) -> bool:
        """Whether the outputs are the features of the parts one after another, and nothing else."""
        return self.outputs == tuple(name for part in self.parts for name in part.outputs)

    @cached_property
    def keys(self) -> tuple[tuple[tuple[str, ...], tuple[DataType, ...]], ...]:
        """The different keys that parts have: (fields, their types)."""
        return tuple(dict.fromkeys((part.fields, part.kinds) for part in self.parts))

    @cached_property
    def key_of(self) -> tuple[int, ...]:
        """Which of `keys` each part has."""
        return tuple(self.keys.index((part.fields, part.kinds)) for part in self.parts)

    @cached_property
    def views(self) -> Mapping[str, tuple[str, ...]]:
        """Output -> the views that it depends on, by their prefixes."""
        columns = {column: (part.prefix,) for part in self.parts for _, column in part.columns}
        return columns | {each.name: tuple(sorted(each.parts)) for each in self.derived}

    @cached_property
    def schema(self) -> pa.Schema:
        """The outputs, in the types that a training set has."""
        import pyarrow as pa

        return pa.schema([pa.field(name, to_arrow(self.kinds[name])) for name in self.outputs])


def service_state(record: Record, view: Callable[[str, int], Record]) -> ServiceState:
    """Return how a registered service is read.

    Args:
        record: of the service.
        view: gives the records of the views that it pins.
    """
    service = record.definition
    assert isinstance(service, FeatureService)
    states = {name: view_state(view(name, version)) for name, version in record.views.items()}
    time = service.time.column if service.time else None
    return _resolved(record.title, service, states, time)


def single_view_state(record: Record, prefix: str) -> ServiceState:
    """Return how a registered view is read by itself, its columns under a prefix."""
    view = record.definition
    assert isinstance(view, FeatureView)
    whole = Selection(view=view, prefix=prefix, keys=(), names=view.names)
    alone = FeatureService(view.name, [whole])
    return _resolved(record.title, alone, {view.name: view_state(record)}, None)


def _resolved(
    title: str, service: FeatureService, states: Mapping[str, ViewState], time: str | None
) -> ServiceState:
    plan = build(service, time=time or "time", keys=None, visibility=Visibility(0))
    parts = _parts(service, states, plan)
    request = {field: parse_type(name) for field, name in service.request}
    kinds = dict(request)
    for part in parts:
        kinds |= {column: part.state.kinds[name] for name, column in part.columns}
    add_derived(plan.root.columns, kinds)
    derived = _computed(plan.root.columns, kinds, {c: part.prefix for part in parts for _, c in part.columns})
    return ServiceState(title, parts, request, derived, kinds, plan.root.outputs, time)


def _parts(service: FeatureService, states: Mapping[str, ViewState], plan: Plan) -> tuple[Part, ...]:
    """Return the views of a service, selections of one view under one prefix put together."""
    read = {column.name for sweep in plan.sweeps for column in sweep.columns}
    mapping = dict(service.keys)
    parts: dict[str, Part] = {}
    folders: dict[tuple[str, tuple[str, ...]], Folder] = {}  # a view that is bound twice is folded by one
    for item in service.features:
        if isinstance(item, Derived) or item.prefix in parts:
            continue
        state, keys = states[item.view.name], mapping | dict(item.keys)
        names = tuple(each.name for each in state.features if f"{item.prefix}__{each.name}" in read)
        fields = tuple(keys.get(key, key) for key in item.view.entity.keys)
        if (state.title, names) not in folders:
            folders[state.title, names] = Folder(state, names)
        parts[item.prefix] = Part(item.prefix, state, fields, names, folders[state.title, names])
    return tuple(parts.values())


def _computed(
    derived: Sequence[DerivedColumn], kinds: Mapping[str, DataType], prefixes: Mapping[str, str]
) -> tuple[Computed, ...]:
    """Return derived columns, ready to run.

    Args:
        prefixes: aggregated column -> the part that it is of.
    """
    parts = {column: frozenset({prefix}) for column, prefix in prefixes.items()}
    ready = []
    for each in derived:
        schema = tuple((short, kinds[column]) for short, column in each.columns)
        parts[each.name] = frozenset().union(*(parts.get(column, ()) for _, column in each.columns))
        expression = parse(each.expression, derived=True)
        ready.append(Computed(each.name, program(expression, schema), each.columns, parts[each.name]))
    return tuple(ready)
