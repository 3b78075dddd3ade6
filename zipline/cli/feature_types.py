"""The types of features, as their tables are now, or as they were registered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from zipline.cli.values import type_name
from zipline.dsl.derived import Derived
from zipline.dsl.feature_service import FeatureService
from zipline.dsl.feature_view import FeatureView, Selection, as_selection
from zipline.types import parse_type

if TYPE_CHECKING:
    from zipline.registry import Record
    from zipline.store import FeatureStore

TIME = "status__time"  # a name that no column of an observation need have


def types_now(
    store: FeatureStore, found: FeatureService | FeatureView | Selection
) -> tuple[dict[str, str], Sequence[str]]:
    """Return feature -> type, and why they are not known where a table cannot be read.

    The features of a view go by their names, those of a service by their columns. Schemas are read, no rows.
    """
    import pyarrow as pa

    from zipline.errors import ZiplineError

    asked = {column: pa.array([], pa.null()) for column in (*_columns(found), TIME)}
    try:
        schema = store.training_set(pa.table(asked), found, time=TIME).schema
    except (ZiplineError, OSError) as error:
        return {}, [f"the features' types are not known: {error}"]
    types = {field.name: type_name(field.type) for field in schema if field.name not in asked}
    if isinstance(found, FeatureService):
        return types, ()
    prefix = f"{as_selection(found).prefix}__"
    return {name.removeprefix(prefix): kind for name, kind in types.items()}, ()


def pinned_types(store: FeatureStore, record: Record) -> dict[str, str]:
    """Return feature -> type as they were registered; no table is read."""
    from zipline.expressions import parse
    from zipline.registry.reads import output_types

    definition = record.definition
    if isinstance(definition, FeatureView):
        return {name: str(kind) for name, kind in output_types(definition, record.schemas).items()}
    types = {name: parse_type(kind) for name, kind in definition.request}
    for item in definition.features:
        if isinstance(item, Derived):
            types[item.name] = parse(item.expression, derived=True).type_of(types)
            continue
        view = store.versions(item.view.name)[record.views[item.view.name] - 1]
        of_view = output_types(item.view, view.schemas)
        types |= {f"{item.prefix}__{name}": of_view[name] for name in item.names}
    return {name: str(kind) for name, kind in types.items()}


def _columns(found: FeatureService | FeatureView | Selection) -> Mapping[str, None]:
    """Return the columns that observations need beside a time: of keys and requests."""
    if not isinstance(found, FeatureService):
        return dict.fromkeys(as_selection(found).view.entity.keys)
    columns = [name for name, _ in found.request]
    for item in found.features:
        if isinstance(item, Selection):
            mapping = dict(found.keys) | dict(item.keys)
            columns += [mapping.get(key, key) for key in item.view.entity.keys]
    return dict.fromkeys(columns)
