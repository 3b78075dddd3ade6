"""Repositories whose online state is in Redis, and stores that fail where tasks run."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import redis

import zipline as zl
from tests.online.client.world import AIRPORTS, CARRIERS
from tests.online.materialize.shop import MODULE, rows_of
from tests.online.materialize.test_loading import BEFORE
from tests.services import spark
from zipline.online.calls import Append, AppendFacts, Call
from zipline.online.state.document import decode_for_people
from zipline.online.state.view_state import view_state
from zipline.online.stores.base import Store
from zipline.online.stores.opening import open_store
from zipline.registry.folder import open_folder
from zipline.registry.registry import Registry
from zipline.settings import OnlineSettings


class Place:
    """A repository whose online state is in Redis, under a prefix of its own."""

    def __init__(
        self,
        folder: Path,
        url: str,
        prefix: str,
        module: str = MODULE,
        engine: str = "duckdb",
        history: str = "36500d",
    ) -> None:
        folder.mkdir()
        self.folder, self.url, self.prefix = folder, url, prefix
        pq.write_table(rows_of(), folder / "flights.parquet")
        online = f'store = "{url}"\nprefix = "{prefix}"\nshards = 4\nhistory = "{history}"\ntimeout = "20s"\n'
        (folder / "zipline.toml").write_text(f'engine = "{engine}"\n[online]\n{online}')
        (folder / "features.py").write_text(module)
        self.features = zl.FeatureStore(folder, spark=spark.session())
        self.features.apply()

    def kept(self) -> dict[bytes, Any]:
        """Return all documents and segments."""
        with redis.Redis.from_url(self.url) as client:
            keys = [key for key in client.scan_iter(f"{self.prefix}*") if client.type(key) == b"string"]
            return {key.removeprefix(self.prefix.encode()): client.get(key) for key in keys if b"}" in key}

    def events(self, view: str) -> dict[bytes, list[str]]:
        """Return entity -> the versions of events in its document, without what was said of them since."""
        registry = Registry(open_folder("registry", self.folder))
        state = view_state(registry.record("view", view, 1))
        found = {}
        for key, value in self.kept().items():
            head, _, entity = key.partition(b"}d")
            if head.startswith(f"{{{view}@1.1:".encode()) and entity:
                said = [dict(each) for each in decode_for_people(state, value) if each.get("event")]
                found[entity] = sorted({repr({**each, "until": None}) for each in said})
        return found

    def reads(self, name: str) -> list[str]:
        """Return what is read at several times."""
        key, values = ("airport", AIRPORTS) if name == "airports" else ("carrier", CARRIERS)
        asked = [{key: value} for value in [*values, None, "ZZ"]]
        with self.features.online() as client:
            return [repr(client.get_many(name, asked, at=moment).to_pylist()) for moment in BEFORE]


def check(found: Place, single: Place, *views: str) -> None:
    """Compare what is read, and what is kept of it; where ids move, who is told of whom depends on who comes first."""
    kept, wanted = found.kept(), single.kept()
    for view in views:
        assert found.reads(view) == single.reads(view)
        if view == "landed":
            assert found.events(view) == single.events(view)
        else:
            assert of(view, kept) == of(view, wanted)
            assert of(view, kept)


def of(view: str, kept: Mapping[bytes, Any]) -> dict[bytes, Any]:
    return {key: value for key, value in kept.items() if key.startswith(f"{{{view}@1.1:".encode())}


class Doomed:
    """A store whose process is killed at one of its writes of history, or which is told of none any more."""

    def __init__(self, store: Store, writes: int, *, kill: bool) -> None:
        self._store, self._left, self._kill = store, writes, kill

    def do(self, call: Call) -> Any:
        if isinstance(call, Append | AppendFacts):
            self._left -= 1
            if self._left == 0 and self._kill:
                os._exit(1)
            if self._left <= 0:
                raise RuntimeError("out of luck")
        return self._store.do(call)

    def close(self) -> None:
        self._store.close()


def doomed(
    writes: int, kill: bool, url: str, settings: OnlineSettings | None = None, *, root: Path = Path()
) -> Doomed:
    """Open a store."""
    return Doomed(open_store(url, settings, root=root), writes, kill=kill)


def unavailable(url: str, settings: OnlineSettings | None = None, *, root: Path = Path()) -> Any:
    """Open a store that is down where tasks run."""
    from pyspark import TaskContext

    return open_store(url if TaskContext.get() is None else "redis://127.0.0.1:1", settings, root=root)
