"""`zipline list` and `zipline explain`: what a repository defines, and how it would be computed."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from zipline.cli.options import Key, Profile, Repo, Service, Time, read_keys
from zipline.cli.repository import open_store
from zipline.dsl.derived import Derived

if TYPE_CHECKING:
    from zipline.store import FeatureStore

LIST_EXAMPLES = "Example: zipline list --repo examples/flights"
EXPLAIN_EXAMPLES = "Example: zipline explain delay_model"
COLUMNS = ("kind", "name", "keys", "features", "owner", "description")


def list_definitions(repo: Repo = None, profile: Profile = None) -> None:
    """List the services and views.

    On a terminal it is a table; otherwise lines with tabs between the columns.
    """
    rows = list(_rows(open_store(repo, profile)))
    if not sys.stdout.isatty():
        for row in (COLUMNS, *rows):
            typer.echo("\t".join(row))
        return
    from rich.console import Console
    from rich.table import Column, Table

    table = Table(*(Column(name, overflow="fold") for name in COLUMNS), box=None, pad_edge=False)
    for row in rows:
        table.add_row(*row)
    Console(markup=False).print(table)


def explain(
    service: Service,
    observations: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="A Parquet, CSV or JSON file, glob or folder.", show_default=False),
    ] = None,
    time: Time = None,
    key: Key = None,
    repo: Repo = None,
    profile: Profile = None,
) -> None:
    """Show how features are computed.

    The plan, the SQL, what is read, and the kernel's steps. Schemas are read for it, no rows.
    """
    keys, store = read_keys(key), open_store(repo, profile)
    if observations is None:
        typer.echo(store.explain(service, time=time, keys=keys))
    else:
        typer.echo(store.training_set(observations, service, time=time, keys=keys).explain())


def _rows(store: FeatureStore) -> Iterator[Sequence[str]]:
    for service in store.services.values():
        mapped = ", ".join(f"{key}={column}" for key, column in service.keys)
        count = sum(1 if isinstance(item, Derived) else len(item.names) for item in service.features)
        yield "service", service.name, mapped, str(count), service.owner, _line(service.description)
    for view in store.views.values():
        keys = ", ".join(view.entity.keys)
        yield "view", view.name, keys, str(len(view.features)), view.owner, _line(view.description)


def _line(text: str) -> str:
    """Return a text of several lines as one."""
    return " ".join(text.split())
