"""The Python modules of a feature repository: found, imported, and named when they do not load.

A repository sees its files as they are now, as a new process would: where one has changed, all its modules are loaded
anew, for they may import each other; where none has, the same objects come back. While it is opened its own modules are
in `sys.modules`, so that they may import each other, and no other repository's; afterwards all is as it was before.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from threading import RLock
from types import CodeType, ModuleType
from typing import Any

from zipline.errors import DefinitionError, ZiplineError


def module_files(root: Path) -> list[Path]:
    """Return the modules directly in a folder; those that begin with `_` or `test_` are left alone."""
    return sorted(path for path in root.glob("*.py") if not path.name.startswith(("_", "test_", "conftest")))


@contextmanager
def importing(root: Path) -> Iterator[Modules]:
    """Have the modules of a repository importable, and no other's; one thread at a time."""
    with _LOCK:
        outer = _OPEN[-1] if _OPEN else None
        if outer is not None and outer.root == root:  # a module of it opens its own repository
            yield outer
            return
        modules = next((each for each in _OPEN if each.root == root), None) or _LOADED.get(root)
        if modules is None or (modules not in _OPEN and not modules.are_current()):
            modules = _LOADED[root] = Modules(root)
        if outer is not None:
            outer.take_away()
        modules.put_in_place()
        _OPEN.append(modules)
        try:
            yield modules
        finally:
            _OPEN.pop()
            modules.take_away()
            if outer is not None:
                outer.put_in_place()


class Modules:
    """What has been imported from a repository's folder, and the finder by which it is.

    Attributes:
        root: the folder.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._loaded: dict[str, ModuleType] = {}
        self._texts: dict[str, bytes] = {}
        self._elsewhere: set[str] = set()
        self._aside: dict[str, ModuleType] = {}

    def are_current(self) -> bool:
        """Return whether every file is as it was when it was read, also those that did not load."""
        return all(_text(path) == text for path, text in self._texts.items())

    def load(self, path: Path) -> ModuleType:
        """Return a module directly in the folder, imported unless it has been.

        Raises:
            DefinitionError: it does not load.
        """
        name = path.stem
        loaded = sys.modules.get(name)
        if loaded is not None and _file(loaded) == str(path):
            return loaded
        if loaded is not None:  # such as the standard library's
            self._aside[name] = loaded
            self._elsewhere.discard(name)
        spec = self._spec(name, path)
        module = sys.modules[name] = module_from_spec(spec)
        try:
            spec.loader.exec_module(module)  # type: ignore[union-attr]
        except BaseException as error:
            del sys.modules[name]  # so that what is half loaded is not taken for the module next time
            if isinstance(error, ZiplineError):
                raise error.at(str(path)) from None
            if isinstance(error, (Exception, SystemExit)):
                raise DefinitionError(f"{type(error).__name__}: {error}", where=str(path)) from error
            raise
        return module

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return how to import a module of the folder; None for one from elsewhere. Python's import asks it."""
        place = self.root.joinpath(*name.split("."))
        if _top(name) in self._elsewhere or (path is not None and str(place.parent) not in path):
            return None
        files = (place / "__init__.py", place.with_name(f"{place.name}.py"))
        return next((self._spec(name, file) for file in files if file.is_file()), None)

    def put_in_place(self) -> None:
        """Make the folder's modules importable, and put aside what others have imported under their names."""
        self._aside = {name: each for name, each in [*sys.modules.items()] if self._is_in_the_way(name, each)}
        for name in self._aside:
            del sys.modules[name]
        self._elsewhere = {_top(name) for name in sys.modules}
        sys.modules.update(self._loaded)
        sys.path.insert(0, str(self.root))
        sys.meta_path.insert(sys.meta_path.index(PathFinder), self)

    def take_away(self) -> None:
        """Undo `put_in_place`, and keep what has been imported."""
        sys.meta_path.remove(self)
        sys.path.remove(str(self.root))
        self._loaded = {name: module for name, module in [*sys.modules.items()] if self._owns(name, module)}
        for name in self._loaded:
            del sys.modules[name]
        sys.modules.update(self._aside)

    def _is_in_the_way(self, name: str, module: Any) -> bool:
        """Return whether a module has the name of one that is loaded, or is a perhaps stale file of this folder.

        Packages of the folder that were imported before are in use elsewhere: they stay, and are not loaded twice.
        """
        stale = name != "__main__" and _file(module) == str(self.root / f"{name}.py")
        return stale or name in self._loaded

    def _owns(self, name: str, module: Any) -> bool:
        place = self.root.joinpath(*name.split("."))
        file = _file(module)
        if _top(name) in self._elsewhere:
            return False
        if file is None:
            return str(place) in getattr(module, "__dict__", {}).get("__path__", ())
        return file in (f"{place}.py", str(place / "__init__.py"))

    def _spec(self, name: str, file: Path) -> ModuleSpec:
        spec = spec_from_file_location(name, file, loader=_Loader(name, str(file), self._texts))
        assert spec is not None
        return spec


class _Loader(SourceFileLoader):
    """Loads a module from its text, which it keeps; a cache of bytecode takes two edits in a second for one."""

    def __init__(self, name: str, path: str, texts: dict[str, bytes]) -> None:
        super().__init__(name, path)
        self._texts = texts

    def get_code(self, fullname: str) -> CodeType:
        """Return the code of the file as it is now."""
        text = self._texts[self.path] = self.get_data(self.path)
        return self.source_to_code(text, self.path)


_LOCK = RLock()
_LOADED: dict[Path, Modules] = {}
_OPEN: list[Modules] = []


def _text(path: str) -> bytes | None:
    """Return what is in a file; None where there is none any more."""
    try:
        return Path(path).read_bytes()
    except OSError:
        return None


def _top(name: str) -> str:
    return name.partition(".")[0]


def _file(module: Any) -> str | None:
    """Return a module's file; those that load themselves when looked at are not looked at."""
    return getattr(module, "__dict__", {}).get("__file__")
