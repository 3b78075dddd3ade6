"""Registry: numbers for identities, and the records and applied states in its folder."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from zipline.errors import ConfigError, RegistryError, nearest
from zipline.registry.applied import Applied, Facts, read_applied
from zipline.registry.changes import Changes
from zipline.registry.comparing import compare, state_of
from zipline.registry.drafts import Draft, Drafts
from zipline.registry.folder import Folder
from zipline.registry.json import digest, pretty_json
from zipline.registry.reading import RESTORE
from zipline.registry.records import FOLDERS, KINDS, Kind, Record
from zipline.registry.stored import read_record, record_json

_NUMBER: Final = re.compile(r"([1-9][0-9]*)\.json")
_STATE: Final = re.compile(r"\d{8}T\d{6}\.\d{6}Z-[0-9a-f]{8}\.json")


class Registry:
    """The versions in a folder. What it has read it keeps: files there never change.

    Args:
        folder: where it lies.
    """

    def __init__(self, folder: Folder) -> None:
        self.folder = folder
        self._records: dict[str, Record] = {}
        self._states: dict[str, Applied] = {}

    def title(self, path: str = "") -> str:
        """Return how messages call the registry, or a file of it."""
        return self.folder.title(path)

    def names(self, kind: Kind) -> list[str]:
        """Return the registered names."""
        return self.folder.names(FOLDERS[kind])

    def numbers(self, kind: Kind, name: str) -> list[int]:
        """Return the numbers of a name's versions, in order."""
        found = map(_NUMBER.fullmatch, self.folder.names(f"{FOLDERS[kind]}/{name}"))
        return sorted(int(match[1]) for match in found if match)

    def record(self, kind: Kind, name: str, version: int) -> Record:
        """Return the record of a version.

        Raises:
            ConfigError: there is none.
            RegistryError: its file is not what zipline wrote.
        """
        path = _path(kind, name, version)
        if path not in self._records:
            content = self.folder.read(path)
            if content is None:
                raise self._missing(kind, name, version)
            self._records[path] = read_record(
                content, self.title(path), kind=kind, name=name, version=version, view=self._view
            )
        return self._records[path]

    def versions(self, name: str) -> list[Record]:
        """Return the records of a name's versions, oldest first; of a service where a view has the same name.

        Raises:
            ConfigError: none is registered.
        """
        kind = self.kind_of(name)
        return [self.record(kind, name, version) for version in self.numbers(kind, name)]

    def kind_of(self, name: str) -> Kind:
        """Return what is registered under a name.

        Raises:
            ConfigError: nothing is.
        """
        for kind in KINDS:
            if self.numbers(kind, name):
                return kind
        known = [each for kind in KINDS for each in self.names(kind)]
        raise ConfigError(
            f"no version of {name!r} is registered in {self.title()}",
            hint=nearest(name, known) if known else "register what the code defines: zipline apply",
        )

    def states(self) -> Iterator[Applied]:
        """Return the applied states, newest first."""
        names = sorted(filter(_STATE.fullmatch, self.folder.names("applied")), reverse=True)
        if names:
            yield self._state(names[0])
        unread = [f"applied/{name}" for name in names if name not in self._states]
        contents = self.folder.read_all(unread)
        for name in names[1:]:
            yield self._state(name, contents.get(f"applied/{name}"))

    def applied(self) -> Applied | None:
        """Return what was applied last."""
        return next(self.states(), None)

    def deprecated(self, kind: Kind, name: str, version: int) -> str:
        """Return what to use instead of a version, as the newest applied state that it was part of says."""
        for state in self.states():
            facts = (state.services if kind == "service" else state.views).get(name)
            if facts is not None and facts.version == version:
                return facts.deprecated
        return ""

    def plan(self, drafts: Drafts) -> Changes:
        """Return how the code differs from what was applied last."""
        before = self._before()
        return compare(drafts, before, state_of(drafts, self._predicted, ""), self.record)

    def apply(self, drafts: Drafts) -> Changes:
        """Register what is new in the code, and note what is applied; return what differed.

        Safe beside others that do the same: an identity has one number, a number one identity.
        """
        before = self._before()
        now = datetime.now(UTC)
        after = state_of(drafts, lambda draft, views: self._register(draft, views, now), _text(now))
        changes = compare(drafts, before, after, self.record)
        if not changes.is_empty:
            self._note(after, now)
        return changes

    def _before(self) -> Applied:
        """Return what was applied last; that its records are there, so that no number of theirs is given again."""
        before = self.applied() or Applied("")
        applied: dict[Kind, Mapping[str, Facts]] = {"view": before.views, "service": before.services}
        for kind, facts in applied.items():
            for name, each in facts.items():
                path = _path(kind, name, each.version)
                if path not in self._records and self.folder.read(path) is None:
                    raise RegistryError("is gone, and was applied", where=self.title(path), hint=RESTORE)
        return before

    def _view(self, name: str, version: int) -> Record:
        return self.record("view", name, version)

    def _missing(self, kind: Kind, name: str, version: int) -> ConfigError | RegistryError:
        numbers = self.numbers(kind, name)
        if not numbers:
            return ConfigError(
                f"no version of {kind} {name!r} is registered in {self.title()}",
                hint=nearest(name, self.names(kind))
                if self.names(kind)
                else "zipline apply registers what the code defines",
            )
        there = f"{name}@{numbers[0]} to {name}@{numbers[-1]}" if len(numbers) > 1 else f"{name}@{numbers[0]}"
        return ConfigError(f"there is no {name}@{version} in {self.title()}", hint=f"there is {there}")

    def _found(self, draft: Draft) -> tuple[int | None, int]:
        """Return the number that a draft's identity has, and the next free one."""
        numbers = self.numbers(draft.kind, draft.name)
        for number in reversed(numbers):
            if self.record(draft.kind, draft.name, number).identity == draft.identity:
                return number, numbers[-1] + 1
        return None, (numbers[-1] if numbers else 0) + 1

    def _predicted(self, draft: Draft, _: Mapping[str, int]) -> int:
        number, free = self._found(draft)
        return number or free

    def _register(self, draft: Draft, views: Mapping[str, int], now: datetime) -> int:
        """Return the number of a draft's identity, and give it one where it has none.

        The number after the last is taken by creating its file. If another has taken it meanwhile, we look again: what
        it took it for may be this identity.
        """
        while True:
            number, free = self._found(draft)
            if number is not None:
                return number
            record = Record(
                draft.kind, draft.name, free, draft.identity, draft.meaning, draft.definition,
                draft.schemas, dict(views), _text(now), draft.ties,
            )  # fmt: skip
            if self.folder.create(_path(draft.kind, draft.name, free), pretty_json(record_json(record))):
                return free

    def _state(self, name: str, content: bytes | None = None) -> Applied:
        if name not in self._states:
            path = f"applied/{name}"
            content = content if content is not None else self.folder.read(path)
            if content is None:
                raise RegistryError(
                    "is gone", where=self.title(path), hint="was the registry moved meanwhile?"
                )
            self._states[name] = read_applied(content, self.title(path))
        return self._states[name]

    def _note(self, state: Applied, now: datetime) -> None:
        """Write a state so that it is the newest, though clocks differ."""
        newest = self.applied()
        if newest is not None and newest.applied_at >= _text(now):
            now = datetime.fromisoformat(newest.applied_at) + timedelta(microseconds=1)
            state = replace(state, applied_at=_text(now))
        content = state.to_json()
        self.folder.create(
            f"applied/{now:%Y%m%dT%H%M%S.%fZ}-{digest(content)[:8]}.json", pretty_json(content)
        )


def _path(kind: Kind, name: str, version: int) -> str:
    return f"{FOLDERS[kind]}/{name}/{version}.json"


def _text(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S.%fZ}"
