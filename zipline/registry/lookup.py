"""What a name in a request stands for: the code's definition, or a registered version."""

from __future__ import annotations

from collections.abc import Callable

from zipline.dsl.feature_service import FeatureService
from zipline.dsl.feature_view import FeatureView, Selection
from zipline.errors import ConfigError, RequestError
from zipline.registry.pinned import pinned_service, pinned_view
from zipline.registry.records import KINDS
from zipline.registry.references import Reference, parse_reference
from zipline.registry.registry import Registry

Found = FeatureService | FeatureView | Selection


def look_up(
    text: str, code: Callable[[str], FeatureService | FeatureView], registry: Callable[[], Registry]
) -> Found:
    """Return what a text names.

    Args:
        text: `name`, `name@version`, `view:feature` or `view@version:feature`.
        code: gives the code's definition of a name.
        registry: gives the registry, which is opened only if it must be.

    Raises:
        ConfigError: there is no such service, view or version.
        RequestError: it is no reference, or a feature of a service.
        DefinitionError: the view has no such feature.
    """
    reference = parse_reference(text)
    found: Found
    if reference.version is not None:
        found = _registered(reference, reference.version, registry())
    else:
        found = _defined(reference, code, registry)
    if reference.feature is None:
        return found
    if isinstance(found, FeatureService):
        raise RequestError(
            f"{text!r}: {found.name!r} is a service", hint="a feature is one of a view: view:feature"
        )
    if isinstance(found, FeatureView):
        return found[reference.feature]
    found.view.feature(reference.feature)
    return found.model_copy(update={"names": (reference.feature,)})


def _defined(
    reference: Reference,
    code: Callable[[str], FeatureService | FeatureView],
    registry: Callable[[], Registry],
) -> FeatureService | FeatureView:
    try:
        return code(reference.name)
    except ConfigError as error:
        numbers = [number for kind in KINDS for number in registry().numbers(kind, reference.name)]
        if not numbers:
            raise
        raise ConfigError(
            error.message, where=error.where, hint=f"it is registered, though: {reference.name}@{numbers[-1]}"
        ) from None


def _registered(reference: Reference, version: int, registry: Registry) -> FeatureService | Selection:
    kind = registry.kind_of(reference.name)
    record = registry.record(kind, reference.name, version)
    return pinned_service(registry, record) if kind == "service" else pinned_view(registry, record)
