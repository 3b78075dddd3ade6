"""Writers at once: an identity never has two numbers, a number never two identities."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from uuid import uuid4

import pytest

from tests.registry.writer import drafts, write
from zipline.registry.folder import Folder, open_folder
from zipline.registry.registry import Registry

WRITERS = 8


@pytest.fixture(params=["local", "memory"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return str(tmp_path / "registry") if request.param == "local" else f"memory://{uuid4().hex}/registry"


def written(folder: Folder) -> dict[int, str]:
    """Return number -> identity of the versions of `v`."""
    names = folder.names("views/v")
    assert all(name.removesuffix(".json").isdigit() for name in names), names
    contents = folder.read_all([f"views/v/{name}" for name in names])
    return {json.loads(content)["version"]: json.loads(content)["identity"] for content in contents.values()}


def together(work: Callable[[int], None]) -> None:
    """Run work in threads that begin at one moment."""
    barrier = Barrier(WRITERS)

    def begin(writer: int) -> None:
        barrier.wait()
        work(writer)

    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(begin, range(WRITERS)))


def check(place: str, identities: int) -> None:
    """Check that so many identities have the numbers from 1, each one, and that all records are whole."""
    found = written(open_folder(place, Path()))
    assert sorted(found) == list(range(1, identities + 1))
    assert len(set(found.values())) == identities
    assert len(Registry(open_folder(place, Path())).versions("v")) == identities


def test_threads_that_write_one_identity(place: str) -> None:
    together(lambda _: write(place, 1))
    check(place, 1)


def test_threads_that_write_different_identities(place: str) -> None:
    together(lambda writer: write(place, writer + 1))
    check(place, WRITERS)


def test_threads_that_write_the_same_identities_in_different_orders(place: str) -> None:
    versions = [1, 2, 3, 4]
    together(lambda writer: write(place, *versions[writer % 4 :], *versions[: writer % 4]))
    check(place, 4)
    states = open_folder(place, Path()).names("applied")
    assert 4 <= len(states) <= WRITERS * 4


def test_processes_that_write_the_same_identities_in_different_orders(tmp_path: Path) -> None:
    place = str(tmp_path / "registry")
    orders = ["1 2 3 4", "4 3 2 1", "2 1 4 3", "3 4 1 2"]
    programs = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.registry.writer", place, *order.split()], stdin=subprocess.PIPE
        )
        for order in orders
    ]
    for program in programs:
        assert program.stdin is not None
        program.stdin.close()
    assert [program.wait() for program in programs] == [0] * 4
    check(place, 4)


class Overtaken:
    """A folder in which another writer is always a moment earlier, once."""

    def __init__(self, folder: Folder, before: Callable[[], None]) -> None:
        self._folder = folder
        self._before: Callable[[], None] | None = before

    def __getattr__(self, name: str) -> object:
        return getattr(self._folder, name)

    def create(self, path: str, content: bytes) -> bool:
        before, self._before = self._before, None
        if before is not None:
            before()
        return self._folder.create(path, content)


@pytest.mark.parametrize(("other", "expected"), [(1, 1), (2, 2)])
def test_who_is_overtaken_looks_again(place: str, other: int, expected: int) -> None:
    folder = Overtaken(open_folder(place, Path()), lambda: write(place, other))
    registry = Registry(folder)  # type: ignore[arg-type]
    (change, _) = registry.apply(drafts(1)).changes
    assert change.version == expected
    check(place, other)
