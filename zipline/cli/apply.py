"""`zipline apply`: register what the code says."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from zipline.cli.answer import on_terminal, print_json
from zipline.cli.changes import JSON_KEYS, changes_document, print_changes
from zipline.cli.options import AsJson, Profile, Repo
from zipline.cli.repository import open_store

if TYPE_CHECKING:
    from zipline.registry import Changes

EXAMPLES = f"""\b
Examples:
  zipline apply
  zipline apply --yes
  zipline apply --yes --json

{JSON_KEYS}"""


def apply(
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    as_json: AsJson = False,
    repo: Repo = None,
    profile: Profile = None,
) -> None:
    """Register what the code says: a number for each new version.

    It shows the plan and asks first. Nothing is computed, and no version that is there changes.
    """
    store = open_store(repo, profile)
    if not yes:
        _check_asking(as_json)
        planned = store.plan()
        print_changes(planned)
        if planned.is_empty:
            return
        if not _agreed():
            typer.echo("Nothing was applied.")
            raise typer.Exit(1)
    changes = store.apply()
    if as_json:
        print_json(changes_document(changes))
        return
    if yes:
        print_changes(changes)
    if not changes.is_empty:
        _report(changes)


def _check_asking(as_json: bool) -> None:
    """Refuse to ask where nobody can answer.

    Raises:
        ConfigError: standard input or output is no terminal, or JSON is asked for.
    """
    from zipline.errors import ConfigError

    if as_json:
        raise ConfigError(
            "--json answers a program, which cannot be asked", hint="add --yes; or: zipline plan --json"
        )
    if not (sys.stdin.isatty() and on_terminal()):
        raise ConfigError(
            "zipline apply asks before it writes, and here is no terminal to ask on",
            hint="see zipline plan, then: zipline apply --yes",
        )


def _agreed() -> bool:
    """Ask, and return whether the answer is yes; the end of the input is no, and Ctrl-C ends the command."""
    typer.echo("Apply? [y/N] ", nl=False)
    answer = sys.stdin.readline()
    if not answer:
        typer.echo()
    return answer.strip().lower() in ("y", "yes")


def _report(changes: Changes) -> None:
    """Say which numbers were given; on standard error where a program reads the lines."""
    numbers = [
        f"{each.name}@{each.version}" for each in changes.changes if each.version and each.mark in "+~"
    ]
    said = f"Registered {', '.join(numbers)}." if numbers else "Applied; no version is new."
    typer.echo(said, err=not on_terminal())
