"""The registry: can its records be read, and new ones be written."""

from __future__ import annotations

import errno
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zipline.doctor.definitions import Opened
from zipline.doctor.finding import Finding, TookTooLong, fault, within
from zipline.errors import RegistryError

if TYPE_CHECKING:
    from zipline.registry.registry import Registry

_EMPTY = "nothing is registered yet: zipline apply will"
_NO_RIGHT = "zipline apply needs the right to write; to use what is registered, reading is enough"


def check_registry(opened: Opened, seconds: float) -> Iterator[Finding]:
    """Say whether the registry can be read, and written to: a small file is written and removed."""
    repository = opened.repository
    if repository is None:
        return
    path = opened.settings.registry.path
    location = opened.settings.located(path, where="[registry] path")
    try:
        yield from within(seconds, lambda: list(_examined(location, repository.root, path)))
    except TookTooLong as error:
        yield fault("registry", error, "see whether it can be reached: [registry] path in zipline.toml")
    except Exception as error:  # whatever a file system raises
        yield fault("registry", error, "check [registry] path in zipline.toml, and your rights to it")


def _examined(location: str, root: Path, shown: str) -> Iterator[Finding]:
    from zipline.registry.folder import open_folder
    from zipline.registry.registry import Registry

    registry = Registry(open_folder(location, root, shown))
    broken = list(_broken(registry))
    yield from broken
    versions = sum(len(registry.numbers(kind, name)) for kind, name in _names(registry))
    said = f"{registry.title()}: {f'{versions} versions' if versions else _EMPTY}"
    try:
        _try_to_write(location, root)
    except Exception as error:  # whatever a file system raises
        message = f"{registry.title()} cannot be written to: {fault('', error).message}"
        yield Finding("registry", "warning", message, _NO_RIGHT)
        return
    if not broken:
        yield Finding("registry", "ok", said)


def _broken(registry: Registry) -> Iterator[Finding]:
    """Read every record, and what was applied last."""
    try:
        registry.applied()
    except RegistryError as error:
        yield fault("registry", error)
    for kind, name in _names(registry):
        for number in registry.numbers(kind, name):
            try:
                registry.record(kind, name, number)
            except RegistryError as error:
                yield fault("registry", error)


def _names(registry: Registry) -> Iterator[tuple[Any, str]]:
    from zipline.registry.records import KINDS

    for kind in KINDS:
        for name in registry.names(kind):
            yield kind, name


def _try_to_write(location: str, root: Path) -> None:
    """Write a small file and remove it again.

    On this machine that is done in the nearest folder that is there: looking at a registry does not create it.
    """
    import fsspec

    from zipline.registry.folder import creates_exclusively

    protocol, separator, rest = location.partition("://")
    if not separator or protocol in ("file", "local"):
        folder = root / Path(rest if separator else location).expanduser()
        if folder.exists() and not folder.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, "is no folder", str(folder))
        there = next(place for place in (folder, *folder.parents) if place.is_dir())
        tempfile.TemporaryFile(dir=there).close()
        return
    files, path = fsspec.core.url_to_fs(location)
    if not creates_exclusively(files):
        raise RegistryError(
            f"{type(files).__name__} cannot create a file only where there is none: two could take one number"
        )
    probe = f"{path.rstrip('/')}/.doctor-{uuid.uuid4().hex}"
    files.pipe_file(probe, b"zipline doctor tried whether it can write here, and could not remove this file")
    files.rm_file(probe)
