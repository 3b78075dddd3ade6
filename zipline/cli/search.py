"""`zipline search`: where a word stands in the definitions."""

from __future__ import annotations

from typing import Annotated

import typer

from zipline.cli.answer import print_json, print_table
from zipline.cli.options import AsJson, Profile, Repo
from zipline.cli.repository import open_store

EXAMPLES = """\b
Examples:
  zipline search arr_delay
  zipline search "late carrier" --json

\b
--json is a list of objects, the best first: kind (view, service, feature, source),
name, place (name, tag, owner, description, column or expression), text, in (code,
or the version of the registry).
"""
COLUMNS = ("name", "kind", "place", "text")


def search(
    word: Annotated[
        str,
        typer.Argument(
            metavar="WORD",
            help="A part of a word, in any case; of several all must match.",
            show_default=False,
        ),
    ],
    as_json: AsJson = False,
    repo: Repo = None,
    profile: Profile = None,
) -> None:
    """Search the definitions for a word.

    It looks at names, owners, tags, descriptions, columns and expressions: in the code, and in the registry for
    what the code has no more.
    """
    from zipline.cli.found import found_in

    matches = found_in(open_store(repo, profile), word)
    if as_json:
        print_json([match.document for match in matches])
        return
    if not matches:
        typer.echo(f"Nothing matches {word!r}.", err=True)
        return
    rows = [[each.item.title, each.item.kind, each.place, each.told] for each in matches]
    print_table(COLUMNS, rows)
