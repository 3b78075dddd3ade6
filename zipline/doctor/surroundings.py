"""Memory, folders to write to, the clock and the zones: what the machine gives."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
import warnings
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from zipline.doctor.finding import Finding
from zipline.machine import machine_memory
from zipline.settings import DuckDBSettings

_LITTLE_MEMORY = 512 * 10**6
_LITTLE_DISK = 2 * 10**9
_AHEAD = 120


def check_memory(settings: DuckDBSettings) -> Iterator[Finding]:
    """Say whether the machine has the memory and the processors that the settings speak of."""
    machine, limit = machine_memory(), settings.memory_limit
    said = f"{_gigabytes(limit)} of {_gigabytes(machine)} may be used"
    hint = 'leave it to zipline, or set [duckdb] memory_limit = "60%" in zipline.toml'
    if limit > machine:
        yield Finding(
            "memory", "fault", f"{_gigabytes(limit)} may be used, and there are {_gigabytes(machine)}", hint
        )
    elif limit > 0.9 * machine:
        yield Finding("memory", "warning", f"{said}, which leaves little for Python and the system", hint)
    elif limit < _LITTLE_MEMORY:
        hint = 'set [duckdb] memory_limit = "1GB" or more in zipline.toml'
        yield Finding("memory", "warning", f"{said}: little, so that work spills to disk", hint)
    else:
        yield Finding("memory", "ok", said)
    processors = os.cpu_count() or 1
    if settings.threads > processors:
        yield Finding(
            "threads", "warning", f"{settings.threads} on {processors} processors get in each other's way",
            f"set [duckdb] threads = {processors} in zipline.toml, or leave it out",
        )  # fmt: skip
    else:
        yield Finding("threads", "ok", f"{settings.threads} on {processors} processors")


def check_temp_directory(settings: DuckDBSettings) -> Iterator[Finding]:
    """Say whether larger work can spill, and how much."""
    hint = "set [duckdb] temp_directory in zipline.toml to a folder on a large disk"
    try:
        folder = settings.temp_directory or tempfile.gettempdir()
        tempfile.TemporaryFile(dir=folder).close()
        free = shutil.disk_usage(folder).free
    except OSError as error:
        message = f"{settings.temp_directory or 'the system has none'}: {error.strerror or error}"
        yield Finding("temp directory", "fault", message, f"create it, or {hint}")
        return
    said = f"{folder}, {_gigabytes(free)} free"
    if free < _LITTLE_DISK:
        yield Finding("temp directory", "warning", f"{said}: little to spill into", f"make room, or {hint}")
    else:
        yield Finding("temp directory", "ok", said)


def check_cache() -> Iterator[Finding]:
    """Say whether compiled kernels can be kept."""
    from zipline.engines.kernels.cache import cache_folder

    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        cache_folder.cache_clear()
        folder = cache_folder()
    if folder is None:
        message = str(said[0].message) if said else "compiled kernels are not kept"
        message, _, hint = message.partition(" Hint: ")
        yield Finding("kernel cache", "warning", message, hint)
    else:
        yield Finding("kernel cache", "ok", str(folder))


def check_clock(files: Iterable[Path], zones: Iterable[str]) -> Iterator[Finding]:
    """Say whether the clock can be right, and whether the zones of the sources are known.

    Args:
        files: written in the past, if the clock is right.
        zones: IANA names.
    """
    from zoneinfo import ZoneInfo, available_timezones

    now = time.time()
    later = [file for file in files if file.exists() and file.stat().st_mtime > now + _AHEAD]
    shown = datetime.fromtimestamp(now, UTC).isoformat(timespec="seconds")
    if later:
        yield Finding(
            "clock", "warning", f"it is {shown}, and {later[0]} was written after that",
            "set the clock: what is known `now` depends on it",
        )  # fmt: skip
    else:
        yield Finding("clock", "ok", shown)
    missing = []
    for zone in sorted(set(zones)):
        try:
            ZoneInfo(zone)
        except (LookupError, ValueError, OSError):
            missing.append(zone)
    if missing:
        yield Finding("time zones", "fault", f"unknown: {', '.join(missing)}", "pip install tzdata")
    elif not available_timezones():
        yield Finding("time zones", "warning", "this machine knows none", "pip install tzdata")
    else:
        used = ", ".join(sorted(set(zones))) or "no source has local times"
        yield Finding("time zones", "ok", used)


def _gigabytes(size: int) -> str:
    return f"{size / 10**9:,.1f} GB"
