"""Describe the machine that a result was measured on."""

from __future__ import annotations

import os
import platform
from pathlib import Path

from benchmarks.harness import threads


def machine() -> str:
    """Return threads, memory and processor in one line."""
    gigabytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    return f"{threads()} threads, {gigabytes:.0f} GB, {_processor()}, Python {platform.python_version()}"


def _processor() -> str:
    described = Path("/proc/cpuinfo")
    if described.exists():
        for line in described.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.machine()
