"""The Python modules of a feature repository: found, imported, and named when they do not load."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from zipline.errors import DefinitionError, ZiplineError


def module_files(root: Path) -> list[Path]:
    """Return the modules directly in a folder; those that begin with `_` or `test_` are left alone."""
    return sorted(path for path in root.glob("*.py") if not path.name.startswith(("_", "test_", "conftest")))


@contextmanager
def importable(root: Path) -> Iterator[None]:
    """Have a folder first on the import path, so that its modules may import each other."""
    sys.path.insert(0, str(root))
    try:
        yield
    finally:
        sys.path.remove(str(root))


def load_module(path: Path) -> ModuleType:
    """Return a module, imported unless it has been.

    Raises:
        DefinitionError: it does not load.
    """
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
        if isinstance(error, (Exception, SystemExit)):
            raise DefinitionError(f"{type(error).__name__}: {error}", where=str(path)) from error
        raise
    return module
