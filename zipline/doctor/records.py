"""The registry: can its folder be read, and written to."""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from zipline.doctor.definitions import Opened
from zipline.doctor.finding import Finding, TookTooLong, fault, within

_EMPTY = "nothing is registered yet: `zipline apply` will"


def check_registry(opened: Opened, seconds: float) -> Iterator[Finding]:
    """Say whether the registry can be read, and written to: a small file is written and removed."""
    if opened.repository is None:
        return
    settings, root = opened.settings, opened.repository.root
    path = settings.located(settings.registry.path)
    place = path if "://" in path else str(root / path)
    try:
        yield within(seconds, lambda: _examined(place))
    except TookTooLong as error:
        yield fault("registry", error, "see whether it can be reached: [registry] path in zipline.toml")
    except Exception as error:  # whatever a file system raises
        yield fault("registry", error, "check [registry] path in zipline.toml, and your rights to it")


def _examined(place: str) -> Finding:
    import fsspec

    files, folder = fsspec.core.url_to_fs(place)
    there = files.exists(folder)
    said = f"{place}, {len(files.find(folder))} files" if there else f"{place}: {_EMPTY}"
    local = "file" in ([files.protocol] if isinstance(files.protocol, str) else files.protocol)
    try:
        _write(files, folder) if there or not local else _write_above(Path(folder))
    except Exception as error:  # whatever a file system raises
        problem = fault("registry", error).message
        hint = "`zipline apply` needs the right to write; to use what is registered, reading is enough"
        return Finding("registry", "warning", f"{place} cannot be written to: {problem}", hint)
    return Finding("registry", "ok", said)


def _write(files: Any, folder: str) -> None:
    probe = f"{folder.rstrip('/')}/.doctor-{uuid.uuid4().hex}"
    files.pipe_file(probe, b"zipline doctor tried to write here, and was not allowed to take it away again")
    files.rm_file(probe)


def _write_above(folder: Path) -> None:
    """Write in the nearest folder that is there, so that a registry is not created by looking at it."""
    there = next(parent for parent in folder.parents if parent.is_dir())
    tempfile.TemporaryFile(dir=there).close()
