"""Keep compiled kernels on disk, in a folder of zipline's own.

Numba's own cache looks only at the file that a function stands in, so an edited function of another file
leaves stale machine code behind; it raises where nothing can be written; and two processes that compile at
once may exchange their entries. Here the folder's name holds a hash of all kernel sources, each compiled
signature is one file that is moved into place whole, and a machine that cannot be written to compiles in
memory, with one warning.
"""

from __future__ import annotations

import functools
import hashlib
import os
import pickle
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba
from numba.core.caching import _Cache
from numba.core.compiler import CompileResult
from numba.core.serialize import dumps

SOURCES = (*sorted(Path(__file__).parent.glob("*.py")), Path(__file__).parents[2] / "exp2.py")


def cache_root() -> Path:
    """Return the folder for caches: ``$ZIPLINE_CACHE_DIR``, else ``zipline`` in the user's cache folder.

    Raises RuntimeError where there is no home folder.
    """
    if chosen := os.environ.get("ZIPLINE_CACHE_DIR"):
        return Path(chosen)
    if shared := os.environ.get("XDG_CACHE_HOME"):
        return Path(shared) / "zipline"
    return Path.home() / ".cache" / "zipline"


def sources_hash() -> str:
    """Return a hash of every file that a kernel may be compiled from, and of the compiler's version."""
    digest = hashlib.sha256(numba.__version__.encode())
    for path in SOURCES:
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


@functools.cache
def cache_folder() -> Path | None:
    """Return the writable folder of the kernels as they are now; None, with a warning, without one."""
    try:
        folder = cache_root() / f"kernels-{sources_hash()}"
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except (OSError, RuntimeError) as error:
        warnings.warn(
            f"Compiled kernels are not kept: {error}. Every process compiles them again, which takes long. "
            "Hint: set ZIPLINE_CACHE_DIR to a folder that can be written to.",
            RuntimeWarning,
            stacklevel=2,
        )
        return None
    return folder


class KernelCache(_Cache):  # type: ignore[misc]
    """One function's compiled signatures on disk, one file each."""

    def __init__(self, function: Callable[..., object]) -> None:
        self._name = f"{function.__module__.rpartition('.')[2]}.{function.__qualname__}"

    @property
    def cache_path(self) -> str | None:
        """The folder, None where nothing is kept."""
        folder = cache_folder()
        return None if folder is None else str(folder)

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """Return the compiled function for a signature, None where it must be compiled."""
        target_context.refresh()
        path = self._path(sig, target_context)
        if path is None:
            return None
        try:
            return CompileResult._rebuild(target_context, *pickle.loads(path.read_bytes()))
        except FileNotFoundError:
            return None
        except Exception:
            # Whatever a damaged file does when it is read, compiling again puts a good one in its place.
            return None

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep a compiled function; a disk that has become full or read-only costs the next process time."""
        path = self._path(sig, data.target_context)
        if path is None:
            return
        try:
            with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".tmp", delete=False) as file:
                file.write(dumps(data._reduce()))
            os.replace(file.name, path)
        except OSError:
            return

    def _path(self, sig: Any, target_context: Any) -> Path | None:
        folder = cache_folder()
        if folder is None:
            return None
        key = repr((sig, target_context.codegen().magic_tuple()))
        return folder / f"{self._name}-{hashlib.sha256(key.encode()).hexdigest()[:16]}.bin"

    def enable(self) -> None:
        """Part of numba's protocol; this cache has no switch."""

    def disable(self) -> None:
        """Part of numba's protocol; this cache has no switch."""

    def flush(self) -> None:
        """Part of numba's protocol; an edited source means a new folder."""
