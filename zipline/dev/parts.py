"""Dev: store, registry, log of pushed rows, worker and client of a repository, all in this process."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from zipline.configuration import find_root
from zipline.dev.clock import Clock
from zipline.dev.local import FOLDER, local
from zipline.dev.replay import Replay, replay
from zipline.dsl.source import EventSource
from zipline.dsl.table import Table
from zipline.errors import OnlineError
from zipline.online.client import OnlineClient
from zipline.online.loading import load_history
from zipline.online.materialize import Loaded
from zipline.online.push import Pusher
from zipline.online.stores.opening import open_store
from zipline.online.streaming import open_worker, publish
from zipline.online.worker import Worker
from zipline.registry.folder import open_folder
from zipline.registry.registry import Registry
from zipline.repository import open_repository
from zipline.store import FeatureStore

_LOOK_SECONDS: Final = 0.02
_PATIENCE_SECONDS: Final = 60.0


def clear(path: str | Path | None = None, folder: str = FOLDER) -> None:
    """Delete what a development system of a repository has kept."""
    root = find_root(Path.cwd()) if path is None else Path(path)
    if root is not None:
        shutil.rmtree(root / folder, ignore_errors=True)


class Dev:
    """The online system of a repository as its code is now, without a server: for trying things, and for tests.

    Every stream is fed by `push`, or by `replay` from the sources' own tables. What it keeps lies in one folder.

    Args:
        path: the repository; the current folder's unless given.
        profile: of its zipline.toml.
        folder: of the state, relative to the repository.
        clock: the time of arrivals and reads; the machine's unless given.
        say: is told what a person should know.

    Raises:
        ConfigError: nothing in the repository is read online.
    """

    def __init__(
        self,
        path: str | Path | None = None,
        *,
        profile: str | None = None,
        folder: str = FOLDER,
        clock: Clock | None = None,
        say: Callable[[str], None] = lambda text: None,
    ) -> None:
        repository = local(open_repository(path, profile), folder)
        self.clock = clock or Clock()
        self.settings, self.root = repository.settings, repository.root
        self.store = FeatureStore(repository)
        self.store.apply()
        location = self.settings.located(self.settings.registry.path, where="[registry] path")
        self._registry = Registry(open_folder(location, self.root, self.settings.registry.path))
        self._say = say
        self.state = open_store(self.settings.online.store, self.settings.online, root=self.root)
        try:
            publish(self._registry, self.state)
        except BaseException:
            self.state.close()
            raise
        self.client = OnlineClient(self.state, clock=self.clock.now)
        self._pusher = Pusher(self.sources, self._registry, self.settings, self.root, clock=self.clock.now_ns)
        self._worker: Worker | None = None
        self._thread: threading.Thread | None = None
        self._failure: BaseException | None = None
        self._pushed = 0

    @property
    def sources(self) -> Mapping[str, EventSource]:
        """The sources of the views that are read online, by name."""
        views = [view for view in self.store.views.values() if view.online]
        return {source.name: source for view in views for source in view.source.members}

    def materialize(self, ended: Callable[[], bool] = lambda: False) -> list[Loaded]:
        """Load the history of every view that is read online, up to what the clock shows; between two it may end."""
        cut, loaded = self.clock.now(), list[Loaded]()
        for view in self.store.views.values():
            if view.online and not ended():
                loaded += load_history(
                    self._registry, view.name, self.settings, self.root, cut, now=self.clock.now
                )
        return loaded

    def start(self, *, history: bool = True) -> None:
        """Begin to apply what is pushed, on a thread of its own.

        Args:
            history: whether views of tables are read once `materialize` has loaded them; else at once, with what is
                pushed alone.
        """
        self._worker = open_worker(
            self._registry, self.settings, self.root, self.state,
            say=self._say, clock=self.clock.now_ns, awaits_history=history,
        )  # fmt: skip
        self._thread = threading.Thread(target=self._work, name="zipline-dev", daemon=True)
        self._thread.start()

    def push(self, source: str, rows: Any, *, idempotency_key: str | None = None) -> int:
        """Append rows to the log of a source, as `FeatureStore.push` does; return how many."""
        return self._pusher.push(source, rows, idempotency_key)

    def replay(self, first: int, last: int | None = None, files: Mapping[str, Table] | None = None) -> Replay:
        """Return what became known after a time and up to another, microseconds: `Replay.give` pushes it.

        Args:
            first, last: to the tables' end unless `last` is given.
            files: source -> where its rows come from, in place of its table.
        """
        return replay(self.sources.values(), self.settings, self.root, first, last, files)

    def settle(self) -> None:
        """Wait until all that was pushed is applied.

        Raises:
            OnlineError: it is not after a minute, or applying has failed.
        """
        assert self._worker is not None
        moment, begun = self.clock.now(), time.monotonic()
        while not self._worker.is_caught_up(moment):
            if self._failure is not None:
                raise self._failure
            if time.monotonic() - begun > _PATIENCE_SECONDS:
                raise OnlineError(
                    "what was pushed is not applied after a minute", hint="see what was said before"
                )
            time.sleep(_LOOK_SECONDS)

    def close(self) -> None:
        """Stop, with what was read applied."""
        if self._worker is not None and self._thread is not None:
            self._worker.stop()
            self._thread.join()
        self._pusher.close()
        self.client.close()

    def _work(self) -> None:
        assert self._worker is not None
        try:
            self._worker.run()
        except BaseException as error:
            self._failure = error
            self._say(str(error))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
