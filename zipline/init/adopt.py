"""Adopting files that are there: a module that proposes definitions for them, and what to run next."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from zipline.configuration import CONFIG
from zipline.dsl.entity import Entity
from zipline.dsl.table import Csv, Json, Parquet, Table
from zipline.errors import ConfigError, RequestError
from zipline.init import words
from zipline.init.columns import ROWS
from zipline.init.example import template
from zipline.init.module import module_text
from zipline.init.proposal import Proposal, propose
from zipline.init.text import quoted
from zipline.time import MAX_TIME, UNITS, from_micros

if TYPE_CHECKING:
    import pyarrow as pa

VAGUE = ("data", "raw", "input", "inputs", "files")
SUFFIXES = ("parquet", "csv", "json")


@dataclass(frozen=True)
class Adoption:
    """What to write, what to run then, and what the user should know."""

    files: Mapping[str, bytes]
    commands: tuple[str, ...]
    notes: tuple[str, ...]


def adopted(
    source: str, folder: Path, *, entity: str | None, event_time: str | None, name: str | None
) -> Adoption:
    """Return the files of a repository for a table, or, where there is a repository, its module.

    Args:
        source: a file, glob, folder or URL.
        folder: where they will be written.
        entity, event_time, name: what the user says.

    Raises:
        ConfigError: nothing can be proposed.
        DataError: the files cannot be read.
    """
    noun = _noun(source)
    called = _checked(name) if name is not None else noun
    table = _table(source)
    proposal = propose(_read(table), called, noun=noun, title=source, entity=entity, event_time=event_time)
    if (folder / CONFIG).exists():
        proposal = _fitted(proposal, folder)
    place = _place(source, folder)
    module = f"{called}_features.py"  # never the name of a module of Python's own
    text = module_text(proposal, _code(table, place), place)
    files = {module: text.encode()}
    if not (folder / CONFIG).exists():
        files = {CONFIG: template("zipline.toml.txt").encode(), **files}
        if not (folder / ".gitignore").exists():
            files[".gitignore"] = template("gitignore.txt").encode()
    return Adoption(files, _commands(proposal, place), _notes(proposal, source, place))


def _checked(name: str) -> str:
    if words.slug(name, "events") != name:
        raise ConfigError(
            f"--name {name!r} cannot name a source and its module",
            hint="lower case letters, digits and single underscores, such as --name clicks",
        )
    return name


def _noun(source: str) -> str:
    """Return how files call what is in them, by the last part of their path that says something."""
    parts = [part for part in re.split(r"[/\\]", source.partition("://")[2] or source) if part]
    plain = [part for part in parts if not re.search(r"[*?\[=]", part) and part.lower() not in VAGUE]
    return words.slug((plain or ["events"])[-1].partition(".")[0], "events")


def _table(source: str) -> Table:
    """Return the files as a table, a folder by what lies in it.

    Raises:
        ConfigError: the format cannot be told.
    """
    from zipline.arguments import as_table

    if "://" not in source and Path(source).is_dir():
        endings = [path.name for path in sorted(Path(source).rglob("*")) if path.is_file()]
        for suffix in SUFFIXES:
            if any(f".{suffix}" in ending for ending in endings):
                place = _literal(str(Path(source).absolute()))
                return Csv(place) if suffix == "csv" else Json(place) if "json" in suffix else Parquet(place)
        raise ConfigError(
            f"{source} has no Parquet, CSV or JSON file",
            where="--from",
            hint="files end in .parquet, .csv or .json, perhaps with .gz or .zst behind",
        )
    try:
        return as_table(_literal(source))
    except RequestError as error:
        raise ConfigError(
            error.message, where="--from", hint="files that end in .parquet, .csv, .tsv, .json or .jsonl"
        ) from None


def _literal(place: str) -> str:
    """Return a location as a table takes it: `${` begins a variable there."""
    return place.replace("${", "$${")


def _read(table: Table) -> pa.Table:
    from zipline.engines.base import Rows
    from zipline.engines.duckdb.engine import DuckDBEngine
    from zipline.settings import DuckDBSettings

    return DuckDBEngine(DuckDBSettings(), Path.cwd()).read(table, Rows(ROWS))


def _place(source: str, folder: Path) -> str:
    """Return where the files are for a module in the folder: relative where they are inside of it."""
    if "://" in source:
        return source
    place, root = Path(source).expanduser().absolute(), folder.expanduser().absolute()
    end = "/" if source.endswith(("/", os.sep)) else ""
    place, root = Path(os.path.normpath(place)), Path(os.path.normpath(root))
    return (str(place.relative_to(root)) if place.is_relative_to(root) else str(place)) + end


def _code(table: Table, place: str) -> str:
    written = quoted(_literal(place))
    if isinstance(table, Csv) and table.delimiter != ",":
        return f"zl.Csv({written}, delimiter={quoted(table.delimiter)})"
    return f"zl.{type(table).__name__}({written})"


def _fitted(proposal: Proposal, folder: Path) -> Proposal:
    """Return the proposal with an entity's name of its own where the repository has another of that name.

    Raises:
        ConfigError: the repository has a source, view or service of a name that is proposed.
    """
    from zipline.repository import open_repository

    there = open_repository(folder)
    keys = tuple(column.name for column in proposal.entity)
    entity = there.entities.get(proposal.entity_name)
    if entity is not None and entity != Entity(proposal.entity_name, keys=keys):
        proposal = replace(proposal, entity_name=f"{proposal.entity_name}_of_{proposal.source}")
    for kind, taken, name in (
        ("source", there.sources, proposal.source),
        ("view", there.views, proposal.view),
        ("service", there.services, proposal.service),
    ):
        if name in taken:
            raise ConfigError(
                f"{folder} already has a {kind} {name!r}", hint="say how this one is called: --name NAME"
            )
    return proposal


def _commands(proposal: Proposal, place: str) -> tuple[str, ...]:
    after = from_micros(
        min(proposal.event.high + UNITS["d"], MAX_TIME)
    ).date()  # the first midnight that has seen them all
    first = (
        "zipline list",
        f"zipline lint {proposal.view}",
        f"zipline preview {proposal.view} --at {after}",
    )
    if proposal.event.column.nulls:  # an observation without a time is an error
        return first
    observed = f"--observations {shlex.quote(place)}"
    return (*first, f"zipline training-set {proposal.service} {observed} --out out/train.parquet")


def _notes(proposal: Proposal, source: str, place: str) -> tuple[str, ...]:
    notes = [
        f"{proposal.rows:,} rows of {source} were looked at; each choice in the module says what to check"
    ]
    if Path(place).is_absolute():
        notes.append("the files lie outside of the folder, so the module has their absolute path")
    return tuple(notes)
