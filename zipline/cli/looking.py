"""Looking at features without using them: what a command shows is no use, neither written down nor warned of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from zipline.arguments import as_table, visible
from zipline.dsl.feature_service import FeatureService
from zipline.dsl.feature_view import FeatureView, Selection, as_selection
from zipline.entity_snapshot import EntitySnapshot
from zipline.store import FeatureStore
from zipline.time import TimeLike, to_micros

if TYPE_CHECKING:
    from zipline.registry import Record
    from zipline.registry.records import Kind
    from zipline.registry.registry import Registry

Found = FeatureService | FeatureView | Selection
TIME = "status__time"  # no column of an observation need have this name


def registry_of(store: FeatureStore) -> Registry:
    """Return the registry of a store."""
    return store._registry


def records_of(store: FeatureStore, kind: Kind, name: str) -> Iterator[Record]:
    """Give the registered versions of a name, oldest first; none where nothing is registered."""
    registry = registry_of(store)
    return (registry.record(kind, name, number) for number in registry.numbers(kind, name))


def look(
    store: FeatureStore, chosen: Selection, at: TimeLike, as_of: TimeLike | None, entities: Any = None
) -> EntitySnapshot:
    """Return features of a view at one time, of the given entities or of all."""
    from zipline.plan.build import build

    plan = build(chosen, time=TIME, keys=None, visibility=visible(as_of))
    given = as_table(entities) if entities is not None else None
    return EntitySnapshot(plan, to_micros(at), given, store._engine())


def types_now(store: FeatureStore, found: Found) -> tuple[dict[str, str], Sequence[str]]:
    """Return feature -> type, and why they are not known where a table cannot be read; no rows are read.

    The features of a view go by their names, those of a service by their columns.
    """
    import pyarrow as pa

    from zipline.dsl.table import Frame
    from zipline.errors import ZiplineError
    from zipline.plan.build import build

    plan = build(found, time=TIME, keys=None, visibility=visible(None))
    asked = pa.table({column: pa.array([], pa.null()) for column in (*_columns(found), TIME)})
    try:
        types = store._engine().types(plan, Frame(asked)).outputs
    except (ZiplineError, OSError) as error:
        return {}, [f"the features' types are not known: {error}"]
    prefix = "" if isinstance(found, FeatureService) else f"{as_selection(found).prefix}__"
    return {name.removeprefix(prefix): str(kind) for name, kind in types.items()}, ()


def pinned_types(store: FeatureStore, record: Record) -> Mapping[str, str]:
    """Return feature -> type as they were registered; no table is read."""
    from zipline.expressions import parse
    from zipline.registry.reads import output_types
    from zipline.types import parse_type

    definition = record.definition
    if isinstance(definition, FeatureView):
        return {name: str(kind) for name, kind in output_types(definition, record.schemas).items()}
    types = {name: parse_type(kind) for name, kind in definition.request}
    for item in definition.features:
        if isinstance(item, Selection):
            view = registry_of(store).record("view", item.view.name, record.views[item.view.name])
            of_view = output_types(item.view, view.schemas)
            types |= {f"{item.prefix}__{name}": of_view[name] for name in item.names}
        else:
            types[item.name] = parse(item.expression, derived=True).type_of(types)
    return {name: str(kind) for name, kind in types.items()}


def _columns(found: Found) -> Mapping[str, None]:
    """Return the columns that observations need beside a time: of keys and requests."""
    if not isinstance(found, FeatureService):
        return dict.fromkeys(as_selection(found).view.entity.keys)
    columns = [name for name, _ in found.request]
    for item in found.features:
        if isinstance(item, Selection):
            mapping = dict(found.keys) | dict(item.keys)
            columns += [mapping.get(key, key) for key in item.view.entity.keys]
    return dict.fromkeys(columns)
