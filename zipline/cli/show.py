"""`zipline show`: what a view or a service is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from zipline.cli.answer import on_terminal, print_heading, print_json, print_table
from zipline.cli.completion import complete_name
from zipline.cli.options import AsJson, Profile, Repo
from zipline.cli.repository import open_store

if TYPE_CHECKING:
    from zipline.cli.shown import Shown

EXAMPLES = """\b
Examples:
  zipline show carrier_delays
  zipline show carrier_delays@2
  zipline show delay_model --json

\b
--json is an object. All: kind, name, version, versions, current, deprecated,
description, owner, tags, registered_at, usage (version, by, times, last), notes,
features (name, type, what). Of a view also: online, freshness, entity, keys,
source (name, members), used_by (name, version, owner); its features have a window. Of a service: time,
keys, request, views (name, version, owner); its features have a view.
"""


def show(
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME",
            help="A view or a service, as NAME, NAME@VERSION or VIEW:FEATURE.",
            show_default=False,
            autocompletion=complete_name,
        ),
    ],
    as_json: AsJson = False,
    repo: Repo = None,
    profile: Profile = None,
) -> None:
    """Show what a view or a service is.

    NAME is what the code says now; NAME@VERSION is what the registry has kept.
    """
    from zipline.cli.shown import shown_of

    found = shown_of(open_store(repo, profile), name)
    if as_json:
        print_json(found.described.document)
    else:
        _print(found)
    for note in found.notes:
        typer.echo(f"Note: {note}", err=True)


def _print(found: Shown) -> None:
    described = found.described
    if on_terminal():
        print_heading(found.title)
        print_table(("", ""), [(f"  {name}", text) for name, text in described.facts])
    else:
        print_table(
            ("", ""), [("name", found.title), *((name.strip(), text) for name, text in described.facts)]
        )
    typer.echo()
    print_table(described.columns, described.rows, long_last=False)
