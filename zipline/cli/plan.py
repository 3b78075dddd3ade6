"""`zipline plan`: what `zipline apply` would do."""

from __future__ import annotations

import typer

from zipline.cli.answer import print_json
from zipline.cli.changes import JSON_KEYS, changes_document, print_changes
from zipline.cli.options import AsJson, Profile, Repo
from zipline.cli.repository import open_store

EXAMPLES = f"""\b
Examples:
  zipline plan
  zipline plan --json
  zipline plan > changes.tsv || test $? = 2

\b
Ends with 0 where nothing differs, with 2 where something does, with 1 after an
error: a check in CI can tell.

{JSON_KEYS}"""
DIFFERS = 2


def plan(as_json: AsJson = False, repo: Repo = None, profile: Profile = None) -> None:
    """Show how the code differs from what was applied last.

    What is new, what becomes a new version and by which fields, what was removed, and whom each of them reaches.
    Schemas are read for it, no rows.
    """
    changes = open_store(repo, profile).plan()
    if as_json:
        print_json(changes_document(changes))
    else:
        print_changes(changes)
    if not changes.is_empty:
        raise typer.Exit(DIFFERS)
