"""A feature repository: `zipline.toml` and the definitions of the Python modules beside it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

from zipline.configuration import CONFIG, find_root, read_settings
from zipline.dsl.entity import Entity
from zipline.dsl.feature_service import FeatureService
from zipline.dsl.feature_view import FeatureView, Selection
from zipline.dsl.source import EventSource
from zipline.dsl.union import Source, Union
from zipline.errors import ConfigError, DefinitionError, nearest
from zipline.modules import importing, module_files
from zipline.settings import Settings


@dataclass
class Repository:
    """The definitions of a folder, and its settings.

    Attributes:
        root: what relative paths of tables are relative to.
        settings: what its zipline.toml says; the defaults where there is none.
        services, views, sources, entities: what its modules have in variables and what that is made of, by name.
    """

    root: Path
    settings: Settings = field(default_factory=Settings)
    services: dict[str, FeatureService] = field(default_factory=dict)
    views: dict[str, FeatureView] = field(default_factory=dict)
    sources: dict[str, Source] = field(default_factory=dict)
    entities: dict[str, Entity] = field(default_factory=dict)

    def find(self, name: str) -> FeatureService | FeatureView:
        """Return a service or a view by name."""
        found = self.services.get(name) or self.views.get(name)
        if found is None:
            raise ConfigError(
                f"there is no service or view {name!r} in {self.root}",
                hint=nearest(name, [*self.services, *self.views]),
            )
        return found

    def add(self, module: ModuleType) -> None:
        """Take the definitions of a module.

        Raises:
            DefinitionError: two different ones of a kind have one name.
        """
        for value in vars(module).values():
            for definition in _with_parts(value):
                self._add(definition, str(module.__file__))

    def _add(self, definition: Any, place: str) -> None:
        named, kind = self._named(definition)
        if named.setdefault(definition.name, definition) != definition:
            raise DefinitionError(
                f"two different {kind} are called {definition.name!r}", where=place,
                hint="rename one, or import it from the module that has it",
            )  # fmt: skip

    def _named(self, definition: Any) -> tuple[dict[str, Any], str]:
        if isinstance(definition, FeatureService):
            return self.services, "services"
        if isinstance(definition, FeatureView):
            return self.views, "views"
        if isinstance(definition, Entity):
            return self.entities, "entities"
        return self.sources, "sources"


def open_repository(path: str | Path | None, profile: str | None = None) -> Repository:
    """Load a repository as its files are now; without a path the one of the current folder, or none: an empty one.

    Args:
        path: its folder.
        profile: of its zipline.toml, "" for none; the environment's ZIPLINE_PROFILE unless given.

    Raises:
        ConfigError: the path has no zipline.toml, or it says something unknown, or has no such profile.
        DefinitionError: a module does not load, or two definitions have one name.
    """
    if path is None:
        root = find_root(Path.cwd())
        if root is None:
            if profile:
                raise ConfigError(
                    f"profile {profile!r}: {Path.cwd()} is in no feature repository",
                    hint=f"profiles stand in a {CONFIG}",
                )
            return Repository(Path.cwd())
    else:
        root = Path(path).expanduser().resolve()
        if not (root / CONFIG).is_file():
            raise ConfigError(_missing(root), hint=f"create an empty {CONFIG} beside your feature modules")
    repository = Repository(root, read_settings(root / CONFIG, profile))
    with importing(root) as modules:
        for file in module_files(root):
            repository.add(modules.load(file))
    return repository


def _missing(root: Path) -> str:
    """Say why a path is no repository."""
    if root.is_file():
        return f"{root} is a file, not the folder of a repository"
    return f"{root} has no {CONFIG}" if root.is_dir() else f"{root} has no {CONFIG}: there is no such folder"


def _with_parts(value: Any) -> Iterator[Any]:
    """Return the named definitions that one is made of, and it; nothing for any other value."""
    if isinstance(value, FeatureService):
        for item in value.features:
            if isinstance(item, Selection):
                yield from _with_parts(item.view)
    if isinstance(value, FeatureView):
        yield from _with_parts(value.source)
        yield from _with_parts(value.entity)
    if isinstance(value, Union):
        for member in value.members:
            yield from _with_parts(member)
    if isinstance(value, (FeatureService, FeatureView, EventSource, Union, Entity)):
        yield value
