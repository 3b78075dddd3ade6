"""Where the registry lies: a folder of small files, on this machine or behind any URL of fsspec.

Files are created and never changed. Two that create the same file at once are told apart: one of them has created it.
"""

from __future__ import annotations

import contextlib
import inspect
import os
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Protocol
from uuid import uuid4

from zipline.errors import RegistryError

_CREATING: Final = threading.Lock()


class Folder(Protocol):
    """A folder of immutable files; paths are relative to it, with `/` between their parts."""

    def title(self, path: str = "") -> str:
        """Return how messages call the folder, or a file of it."""

    def names(self, folder: str) -> list[str]:
        """Return the names of the files and folders in one of its folders, sorted; none where there is none."""

    def read(self, path: str) -> bytes | None:
        """Return a file's content; None where there is none."""

    def read_all(self, paths: Sequence[str]) -> Mapping[str, bytes]:
        """Return the contents of files that are there."""

    def create(self, path: str, content: bytes) -> bool:
        """Create a file, whole or not at all; return whether it was this call that did: False where there is one."""


def open_folder(location: str, root: Path, shown: str | None = None) -> Folder:
    """Return a folder.

    Args:
        location: a path, or a URL of fsspec.
        root: what a relative path is relative to.
        shown: how messages call a URL, in place of what may hold a secret.

    Raises:
        RegistryError: fsspec cannot open the URL.
    """
    protocol, separator, rest = location.partition("://")
    if not separator:
        return LocalFolder(root / Path(location).expanduser())
    if protocol in ("file", "local"):
        return LocalFolder(Path(rest))
    import fsspec

    try:
        files, path = fsspec.core.url_to_fs(location)
    except (ImportError, ValueError, OSError) as error:
        raise RegistryError(str(error), where=f"registry {shown or location}") from None
    return RemoteFolder(files, path.rstrip("/"), (shown or location).rstrip("/"))


class LocalFolder:
    """A folder of this machine."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def title(self, path: str = "") -> str:
        return str(self._path / path)

    def names(self, folder: str) -> list[str]:
        place = self._path / folder
        return sorted(entry.name for entry in place.iterdir()) if place.is_dir() else []

    def read(self, path: str) -> bytes | None:
        try:
            return (self._path / path).read_bytes()
        except FileNotFoundError:
            return None

    def read_all(self, paths: Sequence[str]) -> Mapping[str, bytes]:
        return {path: (self._path / path).read_bytes() for path in paths}

    def create(self, path: str, content: bytes) -> bool:
        place = self._path / path
        place.parent.mkdir(parents=True, exist_ok=True)
        whole = place.with_name(f".{place.name}.{uuid4().hex}")
        try:
            with whole.open("xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.link(whole, place)  # unlike a rename it fails where there is a file already
        except FileExistsError:
            return False
        finally:
            with contextlib.suppress(FileNotFoundError):
                whole.unlink()
        return True


class RemoteFolder:
    """A folder behind a URL.

    Args:
        files: the file system.
        path: the folder in it.
        location: how messages call it.
    """

    def __init__(self, files: Any, path: str, location: str) -> None:
        self._files = files
        self._path = path
        self._location = location

    def title(self, path: str = "") -> str:
        return f"{self._location}/{path}".rstrip("/")

    def names(self, folder: str) -> list[str]:
        self._files.invalidate_cache()
        try:
            found = self._files.ls(f"{self._path}/{folder}", detail=False)
        except FileNotFoundError:
            return []
        return sorted(each.rstrip("/").rpartition("/")[2] for each in found)

    def read(self, path: str) -> bytes | None:
        try:
            return bytes(self._files.cat_file(f"{self._path}/{path}"))
        except FileNotFoundError:
            return None

    def read_all(self, paths: Sequence[str]) -> Mapping[str, bytes]:
        if not paths:
            return {}
        found = self._files.cat([f"{self._path}/{path}" for path in paths])
        return {path: bytes(found[f"{self._path}/{path}"]) for path in paths}

    def create(self, path: str, content: bytes) -> bool:
        if not creates_exclusively(self._files):
            raise RegistryError(
                f"{type(self._files).__name__} cannot create a file only where there is none, "
                "so that two writers could give one number to two versions",
                where=f"registry {self._location}",
                hint="keep the registry in a folder, in git, or on S3, Google Cloud Storage or Azure",
            )
        try:
            # The memory's own check is not atomic; for others the lock costs nothing beside the request.
            with _CREATING:
                self._files.pipe_file(f"{self._path}/{path}", content, mode="create")
        except FileExistsError:
            return False
        except OSError:
            # S3 says it in more than one way; and what a lost answer makes a client try again may be there already.
            if self.read(path) is None:
                raise
            return False
        return True


def creates_exclusively(files: Any) -> bool:
    """Return whether a file system creates files only where there are none: not by looking first, as fsspec's own way.

    >>> import fsspec
    >>> creates_exclusively(fsspec.filesystem("memory"))
    True
    """
    from fsspec import AbstractFileSystem

    method = getattr(type(files), "_pipe_file", None) or type(files).pipe_file
    return method is not AbstractFileSystem.pipe_file and "mode" in inspect.signature(method).parameters
