"""Stores by their URLs."""

from __future__ import annotations

import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import pytest

from tests.refusals import refusal
from zipline.errors import ConfigError
from zipline.online.calls import GetEntry, PutEntry
from zipline.online.stores.async_redis import AsyncRedisStore
from zipline.online.stores.embedded import AsyncEmbeddedStore, EmbeddedStore
from zipline.online.stores.opening import open_async_store, open_store
from zipline.online.stores.redis import RedisStore


@pytest.mark.parametrize("url", ["redis://h", "rediss://h", "redis+sentinel://h/shop", "redis+cluster://h"])
def test_redis_is_opened_without_talking_to_it(url: str) -> None:
    assert isinstance(open_store(url), RedisStore)
    assert isinstance(open_async_store(url), AsyncRedisStore)


def test_a_folder_is_relative_to_the_repository(tmp_path: Path) -> None:
    store = open_store("embedded:.zipline/online", root=tmp_path)
    assert isinstance(store, EmbeddedStore)
    assert not list(tmp_path.iterdir())
    store.do(PutEntry("a", None, b"x"))
    store.close()
    assert (tmp_path / ".zipline/online/online.sqlite").is_file()
    other = open_store(f"embedded:{tmp_path}/.zipline/online", root=Path("/nowhere"))
    assert other.do(GetEntry("a")) == b"x"
    other.close()
    assert isinstance(open_async_store("embedded:x", root=tmp_path), AsyncEmbeddedStore)


@pytest.mark.parametrize("url", ["embedded:", "embedded://x"])
@pytest.mark.parametrize("opening", [open_store, open_async_store])
def test_a_folder_has_a_name(url: str, opening: type) -> None:
    told = refusal(lambda: opening(url), ConfigError)
    assert "is not a folder\nHint: write one like redis://localhost:6379/0, " in told


@pytest.mark.parametrize("opening", [open_store, open_async_store])
def test_what_is_no_store_is_refused(opening: type) -> None:
    assert "'http' is not how one begins" in refusal(lambda: opening("http://ann:secret@h"), ConfigError)


def test_an_embedded_store_needs_no_redis() -> None:
    code = (
        "import sys\nfrom zipline.online.stores.opening import open_store\n"
        "open_store('embedded:x')\nassert 'redis' not in sys.modules, 'redis'"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_every_script_is_a_part_of_the_package() -> None:
    scripts = files("zipline.online.stores") / "scripts"
    assert len([each for each in scripts.iterdir() if each.name.endswith(".lua")]) == 8
