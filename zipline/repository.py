"""A feature repository: `zipline.toml` and the Python modules beside it, found and loaded."""

from __future__ import annotations

import importlib.util
import sys
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

from zipline.dsl.feature_service import FeatureService
from zipline.dsl.feature_view import FeatureView
from zipline.errors import ConfigError, DefinitionError, ZiplineError, nearest
from zipline.settings import DuckDBSettings, parse_size

CONFIG = "zipline.toml"


@dataclass
class Repository:
    """The definitions of a folder, and its settings.

    Attributes:
        root: what relative paths of tables are relative to.
        duckdb: settings of the engine.
        services, views: by name.
    """

    root: Path
    duckdb: DuckDBSettings = field(default_factory=DuckDBSettings)
    services: dict[str, FeatureService] = field(default_factory=dict)
    views: dict[str, FeatureView] = field(default_factory=dict)

    def find(self, name: str) -> FeatureService | FeatureView:
        """Return a service or a view by name."""
        found = self.services.get(name) or self.views.get(name)
        if found is None:
            raise ConfigError(
                f"there is no service or view {name!r} in {self.root}",
                hint=nearest(name, [*self.services, *self.views]),
            )
        return found


def find_root(start: Path) -> Path | None:
    """Return the nearest folder, from `start` upwards, that has a zipline.toml."""
    return next((folder for folder in (start, *start.parents) if (folder / CONFIG).is_file()), None)


def open_repository(path: str | Path | None) -> Repository:
    """Load a repository; without a path the one that the current folder is in, or none: an empty one.

    Raises:
        ConfigError: the path has no zipline.toml, or it says something unknown.
        DefinitionError: a module does not load, or two definitions have one name.
    """
    if path is None:
        root = find_root(Path.cwd())
        if root is None:
            return Repository(Path.cwd())
    else:
        root = Path(path).expanduser().resolve()
        if not (root / CONFIG).is_file():
            raise ConfigError(
                f"{root} has no {CONFIG}", hint=f"create an empty {CONFIG} beside your feature modules"
            )
    repository = Repository(root, _settings(root / CONFIG))
    for module in _modules(root):
        for value in vars(module).values():
            if isinstance(value, (FeatureService, FeatureView)):
                _add(repository, value)
    return repository


def _add(repository: Repository, value: FeatureService | FeatureView) -> None:
    named: dict[str, Any] = repository.services if isinstance(value, FeatureService) else repository.views
    if named.setdefault(value.name, value) != value:
        raise DefinitionError(
            f"two different definitions are called {value.name!r}", where=str(repository.root)
        )


def _settings(path: Path) -> DuckDBSettings:
    try:
        config = tomllib.loads(path.read_text())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(str(error), where=str(path)) from None
    _known(config, ("duckdb",), str(path))
    section = config.get("duckdb", {})
    if not isinstance(section, dict):
        raise ConfigError(f"duckdb = {section!r} is not a section", where=str(path), hint="write [duckdb]")
    place = f"{path}, [duckdb]"
    _known(section, ("memory_limit", "threads", "temp_directory"), place)
    given = dict(section)
    if "memory_limit" in given:
        try:
            given["memory_limit"] = parse_size(str(given["memory_limit"]))
        except ConfigError as error:
            raise error.at(place) from None
    if "threads" in given and (type(given["threads"]) is not int or given["threads"] < 1):
        raise ConfigError(f"threads = {given['threads']!r} is not a positive number", where=place)
    if not isinstance(given.get("temp_directory", ""), str):
        raise ConfigError(f"temp_directory = {given['temp_directory']!r} is not a path", where=place)
    return DuckDBSettings(**given)


def _known(section: Mapping[str, Any], allowed: tuple[str, ...], where: str) -> None:
    for key in section:
        if key not in allowed:
            raise ConfigError(f"unknown key {key!r}", where=where, hint=nearest(key, allowed))


def _modules(root: Path) -> Iterator[ModuleType]:
    """Import every Python module directly in the folder; those that begin with `_` or `test_` are left alone.

    While they load, the folder is first on the import path, so that they may import each other.
    """
    files = sorted(path for path in root.glob("*.py") if not path.name.startswith(("_", "test_", "conftest")))
    sys.path.insert(0, str(root))
    try:
        for path in files:
            yield _load(path)
    finally:
        sys.path.remove(str(root))


def _load(path: Path) -> ModuleType:
    loaded = sys.modules.get(path.stem)
    if loaded is not None and getattr(loaded, "__file__", None) == str(path):
        return loaded
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    try:
        spec.loader.exec_module(module)
    except BaseException as error:
        del sys.modules[path.stem]  # so that what is half loaded is not taken for the module next time
        if isinstance(error, ZiplineError):
            raise error.at(str(path)) from None
        if isinstance(error, Exception):
            raise DefinitionError(f"{type(error).__name__}: {error}", where=str(path)) from error
        raise
    return module
