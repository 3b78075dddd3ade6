"""What this machine gives to a process."""

from __future__ import annotations

import os
from pathlib import Path

_CGROUPS = Path("/sys/fs/cgroup")
_MEMBERSHIPS = Path("/proc/self/cgroup")


def machine_memory() -> int:
    """Return the bytes of memory that a process may use: the machine's, or its container's where that is less."""
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return min([machine, *_limits(_CGROUPS, _MEMBERSHIPS)])


def _limits(cgroups: Path, memberships: Path) -> list[int]:
    """Return the memory limits of the control groups that the process is in, of version 1 and 2."""
    try:
        lines = memberships.read_text().splitlines()
    except OSError:
        return []
    found = []
    for line in lines:
        _, controllers, group = line.split(":", 2)
        if controllers == "":
            root, file = cgroups, "memory.max"
        elif "memory" in controllers.split(","):
            root, file = cgroups / "memory", "memory.limit_in_bytes"
        else:
            continue
        # Inside a container the path may be the host's: then only the root of what is mounted has the files.
        folder = root / group.strip("/")
        for place in (folder, *folder.parents):
            found += _number(place / file)
            if place == root:
                break
    return found


def _number(file: Path) -> list[int]:
    try:
        text = file.read_text().strip()
    except OSError:
        return []
    return [int(text)] if text.isdecimal() else []
