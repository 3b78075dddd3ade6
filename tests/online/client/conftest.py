"""One loaded world for the tests that only read it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import zipline as zl
from tests.online.client.world import World
from zipline.online.stores.memory import MemoryStore


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Return a repository whose services are all in a store in memory."""
    made = World(tmp_path_factory.mktemp("world") / "shop", MemoryStore())
    made.load("delay_model", "small_model", "full_model")
    return made


@pytest.fixture
def own_world(tmp_path: Path) -> World:
    """Return a repository with an empty store, to change."""
    return World(tmp_path / "shop", MemoryStore())


@pytest.fixture
def client(world: World) -> Iterator[zl.OnlineClient]:
    """Return a client of the loaded world."""
    with world.client() as made:
        yield made
