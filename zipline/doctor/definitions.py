"""The repository: its zipline.toml, its modules, and its variables."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from zipline.configuration import CONFIG, find_root, read_settings
from zipline.doctor.finding import Finding, fault
from zipline.dsl.definition import Definition
from zipline.dsl.source import EventSource
from zipline.dsl.streams import Kafka, Stream
from zipline.dsl.table import Table
from zipline.errors import ConfigError, ZiplineError
from zipline.modules import Modules, importing, module_files
from zipline.repository import Repository
from zipline.settings import Settings
from zipline.variables import names_in


@dataclass
class Opened:
    """As much of a repository as could be opened.

    Attributes:
        repository: with the defaults in place of what could not be read; None outside of any.
        files: its configuration and modules.
    """

    repository: Repository | None = None
    files: list[Path] = field(default_factory=list)

    @property
    def settings(self) -> Settings:
        """What its zipline.toml says; the defaults where it says nothing that can be read."""
        return self.repository.settings if self.repository else Settings()

    @property
    def sources(self) -> list[EventSource]:
        """The sources that have tables of their own, by name."""
        found = self.repository.sources.values() if self.repository else ()
        return [source for source in found if isinstance(source, EventSource)]


def check_configuration(opened: Opened, repo: Path | None, profile: str | None) -> Iterator[Finding]:
    """Find the repository and read its zipline.toml; what was found is left in `opened`."""
    start = Path.cwd() if repo is None else repo.expanduser().resolve()
    root = find_root(start) if repo is None else start
    if root is None:
        yield Finding(
            "repository", "warning", f"neither {start} nor a folder above has a {CONFIG}",
            f"go into a repository, name one with --repo PATH, or create an empty {CONFIG} beside your modules",
        )  # fmt: skip
        return
    file = root / CONFIG
    if not file.is_file():
        yield Finding("repository", "fault", f"{root} has no {CONFIG}", f"create an empty {CONFIG} there")
        return
    opened.repository = Repository(root)
    opened.files.append(file)
    try:
        opened.repository.settings = settings = read_settings(file, profile)
    except (ZiplineError, OSError) as error:
        yield fault(CONFIG, error, "see what it may say in the README")
        return
    yield Finding(
        CONFIG, "ok", f"{file}, {f'profile {settings.profile}' if settings.profile else 'no profile'}"
    )


def check_modules(opened: Opened) -> Iterator[Finding]:
    """Load each module on its own, so that all that are broken are named; what they define is left in `opened`."""
    repository = opened.repository
    if repository is None:
        return
    files = module_files(repository.root)
    opened.files += files
    if not files:
        hint = "write one, such as features.py; `zipline init` makes an example"
        yield Finding("modules", "warning", f"{repository.root} has no Python modules", hint)
    with importing(repository.root) as modules:
        for file in files:
            yield _load(repository, modules, file)


def check_variables(opened: Opened) -> Iterator[Finding]:
    """Say which `${name}` of the tables, of the registry and of [variables] stand for nothing."""
    if opened.repository is None:
        return
    settings = opened.settings
    bad: list[Finding] = []
    read: set[str] = set()
    texts = [
        (f"source {source.name!r}", text)
        for source in opened.sources
        for text in (*texts_of(source.table), *stream_texts(source.stream))
    ]
    for place, text in [("[registry] path", settings.registry.path), *texts]:
        try:
            read.update(names_in(text))
            settings.located(text)
        except ConfigError as error:
            bad.append(fault("variables", error.at(place)))
    for name, text in settings.variables.values.items():
        try:
            settings.variables.expanded(text)
        except ConfigError as error:
            if name not in read:
                message = f"{name} = {text!r}: {error.message}; no table uses it"
                bad.append(Finding("variables", "warning", message, error.hint or ""))
    yield from bad
    if not bad:
        names = sorted(read | set(settings.variables.values))
        yield Finding("variables", "ok", ", ".join(names) or "none")


def texts_of(table: Table) -> Iterator[str]:
    """Return the texts of a table that may hold `${name}`: paths, URLs, connections, also of tables within it."""
    for name in type(table).model_fields:
        value: Any = getattr(table, name)
        if isinstance(value, Table):
            yield from texts_of(value)
        elif isinstance(value, str) and name in _LOCATIONS:
            yield value
        elif name == "properties":
            yield from (text for _, text in value)


def stream_texts(stream: Stream | None) -> Iterator[str]:
    """Return the texts of a stream that may hold `${name}`: its topic, and its options."""
    if isinstance(stream, Kafka):
        yield stream.topic
        yield from (text for _, text in stream.options if isinstance(text, str))


_LOCATIONS = frozenset({"path", "connection", "table"})


def zones_of(source: EventSource) -> Iterator[str]:
    """Return the zones of a source's local times."""
    for time in (source.event_time, source.knowledge_time):
        if time is not None and time.zone is not None:
            yield time.zone


def _load(repository: Repository, modules: Modules, file: Path) -> Finding:
    name = f"module {file.name}"
    try:
        # What a module prints must not stand in the midst of JSON.
        with contextlib.redirect_stdout(sys.stderr):
            module = modules.load(file)
        repository.add(module)
    except (Exception, SystemExit) as error:
        return fault(name, error, "mend the module: `python` with its name shows the whole traceback")
    found = [value for value in vars(module).values() if isinstance(value, Definition)]
    return Finding(name, "ok", f"{len(found)} definitions")
