"""Build the environments of rivals whose pins conflict with ours, from locks of their own."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

from benchmarks.cache import made_once

LOCKS = Path(__file__).resolve().parents[2] / "requirements"


def python_of(rival: str) -> Path:
    """Return the interpreter of ``requirements/bench-RIVAL.txt``'s environment, built on the first call.

    The folder is named after the lock's contents: a changed lock is a new environment.
    Raises `subprocess.CalledProcessError` when it cannot be installed: a missing rival fails the run.
    """
    lock = _lock(rival)
    digest = hashlib.sha256(lock.read_bytes()).hexdigest()[:12]

    def make(folder: Path) -> None:
        print(f"building the environment of {rival}", file=sys.stderr, flush=True)
        python = folder / "bin" / "python"
        uv = shutil.which("uv")
        create = [uv, "venv", "--quiet", "--clear", "--python", sys.executable] if uv else _VENV
        install = [uv, "pip", "install", "--quiet", "--python", str(python)] if uv else [str(python), *_PIP]
        subprocess.run([*create, str(folder)], check=True)
        subprocess.run([*install, "--require-hashes", "-r", str(lock)], check=True)

    return made_once(f"env-{rival}-{digest}", make) / "bin" / "python"


def locked_version(rival: str) -> str:
    """Return the version of ``rival`` that its lock names.

    >>> locked_version("temporian")
    '0.9.0'
    """
    lines = _lock(rival).read_text().splitlines()
    pinned = next(line for line in lines if line.startswith(f"{rival}=="))
    return pinned.removeprefix(f"{rival}==").split()[0]


def _lock(rival: str) -> Path:
    return LOCKS / f"bench-{rival}.txt"


_VENV = [sys.executable, "-m", "venv"]
_PIP = ["-m", "pip", "install", "--quiet"]
