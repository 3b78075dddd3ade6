"""The stores that the suite runs on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from zipline.online.stores.base import Store
from zipline.online.stores.memory import MemoryStore
from zipline.online.stores.opening import open_store
from zipline.settings import OnlineSettings

KINDS = ("memory", "embedded", "redis_server", "redis_cluster", "redis_sentinel")


@pytest.fixture(params=KINDS)
def store(request: pytest.FixtureRequest, tmp_path: Path, redis_prefix: str) -> Iterator[Store]:
    """Return an empty store of each kind."""
    made = make_store(request.param, request, tmp_path, redis_prefix)
    yield made
    made.close()


def make_store(kind: str, request: pytest.FixtureRequest, folder: Path, prefix: str) -> Store:
    """Return a store of a kind, with a timeout that a busy machine keeps."""
    if kind == "memory":
        return MemoryStore()
    settings = OnlineSettings(prefix=prefix, timeout_us=20_000_000)
    url = f"embedded:{folder}/online" if kind == "embedded" else request.getfixturevalue(kind)
    return open_store(url, settings)
