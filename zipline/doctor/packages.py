"""Python and the packages: are they there, and in versions that zipline is meant for."""

from __future__ import annotations

import importlib
import os
import platform
import shutil
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from importlib import metadata
from pathlib import Path

from zipline.doctor.finding import Finding
from zipline.doctor.versions import Requirement, beyond, requirements

DISTRIBUTION = "zipline-features"
_LIBRARIES = ("avro", "confluent", "delta", "iceberg", "pandas", "plot", "s3", "server", "spark", "sql")
_MODULES = {"kafka-python": "kafka"}
"""Packages that are imported under another name than their own."""


def check_python() -> Iterator[Finding]:
    """Say whether this Python will do, and whether the shell's `zipline` is the one of this Python."""
    running = f"{platform.python_implementation()} {platform.python_version()} in {sys.prefix}"
    broken = beyond(platform.python_version(), _needed_python())
    if broken:
        yield Finding(
            "python", "fault", f"{running}: {broken} is needed", "make a new environment with such a Python"
        )
    else:
        yield Finding("python", "ok", running)
    yield _script()


def check_packages() -> Iterator[Finding]:
    """Say which packages are missing, too old, or newer than anybody tried."""
    try:
        version, needed = metadata.version(DISTRIBUTION), _needed()
    except metadata.PackageNotFoundError:
        yield Finding(
            "packages", "warning", f"{DISTRIBUTION} is not installed, so that nobody knows which versions it needs",
            "install it: pip install -e . in its folder",
        )  # fmt: skip
        return
    yield Finding("zipline", "ok", f"{version} in {Path(__file__).parents[1]}")
    for need in needed:
        if need.extra is None:
            yield check_package(need)


def check_extras(used: Iterable[str]) -> Iterator[Finding]:
    """Say which extras are there: a missing one is a fault if it is used."""
    try:
        needed = _needed()
    except metadata.PackageNotFoundError:
        return
    wanted = set(used)
    for extra in _LIBRARIES:
        # To import what nobody uses would take seconds.
        findings = [check_package(need, load=extra in wanted) for need in needed if need.extra == extra]
        name, bad = f"extra {extra!r}", [each for each in findings if each.status != "ok"]
        install = f"pip install '{DISTRIBUTION}[{extra}]'"
        if not bad:
            yield Finding(name, "ok", ", ".join(f"{each.check} {each.message}" for each in findings))
        elif extra in wanted:
            for each in bad:
                yield Finding(name, each.status, f"{each.check} {each.message}", install)
        elif all(each.message == _ABSENT for each in findings):
            yield Finding(name, "ok", "not installed, and not used here", install)
        else:
            for each in bad:
                yield Finding(name, "warning", f"{each.check} {each.message}", install)


_ABSENT = "is not installed"


def check_package(need: Requirement, *, load: bool = True) -> Finding:
    """Say whether a package is there, in a version that will do, and, if asked, whether it can be imported."""
    install = f"pip install '{need.name}{need.range}'"
    try:
        version = metadata.version(need.name)
    except metadata.PackageNotFoundError:
        return Finding(need.name, "fault", _ABSENT, install)
    try:
        if load:
            importlib.import_module(_MODULES.get(need.name, need.name.replace("-", "_")))
    except Exception as error:  # a library that cannot be loaded may raise anything
        return Finding(need.name, "fault", f"{version} cannot be imported: {error}", install)
    broken = beyond(version, need.range)
    if broken is None:
        return Finding(need.name, "ok", version)
    if broken.startswith("<"):
        return Finding(
            need.name, "warning", f"{version} is newer than what zipline is tried with: {broken}", install
        )
    return Finding(need.name, "fault", f"{version} is too old: {broken} is needed", install)


def _needed() -> list[Requirement]:
    return list(requirements(metadata.requires(DISTRIBUTION) or []))


def _needed_python() -> str:
    try:
        described = metadata.metadata(DISTRIBUTION)
    except metadata.PackageNotFoundError:
        return ""
    return str(described.json.get("requires_python", ""))


def _script() -> Finding:
    folder = Path(sysconfig.get_path("scripts"))
    own, found = folder / "zipline", shutil.which("zipline")
    add = f"""put its folder first: export PATH="{folder}{os.pathsep}$PATH\""""
    if found is None:
        return Finding("PATH", "warning", "the shell finds no zipline", add)
    if own.exists() and Path(found).resolve() != own.resolve():
        return Finding("PATH", "warning", f"the shell finds {found}, not {own}", add)
    return Finding("PATH", "ok", found)
