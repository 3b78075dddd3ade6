"""Uses of views and services: warnings where they are deprecated, and files that say what is used, when asked for."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final
from uuid import uuid4

from zipline.dsl.derived import Derived
from zipline.dsl.feature_service import FeatureService
from zipline.dsl.feature_view import BoundView, FeatureView, Selection
from zipline.errors import DeprecatedWarning
from zipline.plan.pinned import PinnedSelection, PinnedService
from zipline.registry.current import current_version
from zipline.registry.folder import Folder
from zipline.registry.json import pretty_json
from zipline.registry.reading import read_json, understood
from zipline.registry.records import Kind
from zipline.registry.registry import Registry

FORMAT: Final = 1
FOLDER: Final = "usage"

Listed = FeatureService | FeatureView | BoundView | Selection | Derived


@dataclass(frozen=True)
class Use:
    """One view or service in a request.

    Attributes:
        kind, name: of what is used.
        version: None where it is the code's and not registered so.
        by: `service delay_model`, or what was asked for: `training set`, `snapshot`, `timeline`.
        at: UTC, ISO 8601; empty before it is written down.
    """

    kind: Kind
    name: str
    version: int | None
    by: str
    at: str = ""


@dataclass(frozen=True)
class Used:
    """A use and the definition that is used."""

    use: Use
    definition: FeatureView | FeatureService


def uses_of(features: Iterable[Listed], request: str) -> Iterator[Used]:
    """Return what a request uses: its services, their views, and its own views.

    Args:
        features: what it lists.
        request: what is asked for, such as `training set`.
    """
    for item in features:
        if isinstance(item, FeatureService):
            version = item.version if isinstance(item, PinnedService) else None
            yield Used(Use("service", item.name, version, request), item)
            for each in item.features:
                if isinstance(each, Selection):
                    yield _used(each, f"service {item.name}")
        elif isinstance(item, FeatureView):
            yield Used(Use("view", item.name, None, request), item)
        elif isinstance(item, (BoundView, Selection)):
            yield _used(item, request)


def _used(item: BoundView | Selection, by: str) -> Used:
    version = item.version if isinstance(item, PinnedSelection) else None
    return Used(Use("view", item.view.name, version, by), item.view)


def note(registry: Callable[[], Registry], used: Sequence[Used], *, record: bool, stacklevel: int) -> None:
    """Warn of what is deprecated, and write down what is used where that is asked for.

    Args:
        registry: is opened only if it must be.
        used: what a request uses.
        record: whether it is to be written down.
        stacklevel: of the warnings, as for `warnings.warn`, from the caller.
    """
    for use, definition in dict.fromkeys((each.use, each.definition) for each in used):
        if use.version is None:
            instead = definition.deprecated
        else:
            instead = registry().deprecated(use.kind, use.name, use.version)
        if instead:
            warnings.warn(_warning(use, instead), DeprecatedWarning, stacklevel=stacklevel + 1)
    if record:
        opened = registry()
        write(
            opened.folder,
            [
                each.use
                if each.use.version
                else replace(each.use, version=current_version(opened, each.definition))
                for each in used
            ],
        )


def _warning(use: Use, instead: str) -> str:
    title = use.name if use.version is None else f"{use.name}@{use.version}"
    by = use.by if use.by.startswith("service ") else f"a {use.by}"
    return f"{use.kind} {title} is deprecated: {instead} (used by {by})"


def write(folder: Folder, uses: Sequence[Use]) -> None:
    """Write down one request's uses, in a file of its own: writers never meet."""
    now = datetime.now(UTC)
    content = {
        "format": FORMAT,
        "at": f"{now:%Y-%m-%dT%H:%M:%S.%fZ}",
        "uses": [
            {"kind": use.kind, "name": use.name, "version": use.version, "by": use.by}
            for use in dict.fromkeys(uses)
        ],
    }
    folder.create(f"{FOLDER}/{now:%Y%m%dT%H%M%S.%fZ}-{uuid4().hex[:12]}.json", pretty_json(content))


def recorded(folder: Folder, name: str | None = None) -> list[Use]:
    """Return what was written down, of one name or of all, oldest first.

    Raises:
        RegistryError: a file is not what zipline wrote.
    """
    paths = [f"{FOLDER}/{each}" for each in folder.names(FOLDER) if each.endswith(".json")]
    found = []
    for path, content in sorted(folder.read_all(paths).items()):
        data = read_json(content, folder.title(path), FORMAT)
        with understood(folder.title(path)):
            found += [_use(each, data["at"]) for each in data["uses"]]
    return [use for use in found if name is None or use.name == name]


def _use(data: Any, at: str) -> Use:
    return Use(data["kind"], data["name"], data["version"], data["by"], at)
