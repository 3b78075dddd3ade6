"""`zipline doctor`: what is wrong with the environment or the configuration, and how to mend it."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from zipline.cli.answer import on_terminal, print_json, print_table
from zipline.cli.options import AsJson, Engine, Profile, Repo

if TYPE_CHECKING:
    from zipline.doctor.finding import Finding

EXAMPLES = """\b
Examples:
  zipline doctor
  zipline doctor --profile prod
  zipline doctor --engine spark
  zipline doctor --repo examples/flights --json

\b
--json is an object: faults and warnings (how many), and checks, a list of
objects: check, status (ok, warning, fault), message and hint. The exit code is
1 when there is a fault.
"""
COLUMNS = ("status", "check", "message", "hint")
_COLOURS = {"ok": "green", "warning": "yellow", "fault": "bold red"}


def doctor(
    timeout: Annotated[
        float,
        typer.Option(metavar="SECONDS", min=0.1, help="How long a table or the registry may take to answer."),
    ] = 30.0,
    engine: Engine = None,
    as_json: AsJson = False,
    repo: Repo = None,
    profile: Profile = None,
) -> None:
    """Check the environment, the configuration and the tables.

    Each check is ok, a warning (it works, but will hurt) or a fault (something will fail), with the way to mend it.
    No rows are read, and no secrets shown. With --engine spark a session is opened, and its executors are asked for
    the packages that they need. Exit code 1 when there is a fault.
    """
    from zipline.doctor import examine
    from zipline.doctor.finding import left_behind

    findings = list(examine(repo, profile, timeout, engine))
    if as_json:
        print_json({**_counts(findings), "checks": [asdict(each) for each in findings]})
    elif on_terminal():
        _print_report(findings)
    else:
        print_table(COLUMNS, [(each.status, each.check, each.message, each.hint) for each in findings])
    code = 1 if _counts(findings)["faults"] else 0
    if left_behind():
        # Python would wait for libraries that wait for an answer, or complain of them.
        sys.stdout.flush()
        os._exit(code)
    raise typer.Exit(code)


def _counts(findings: Sequence[Finding]) -> dict[str, int]:
    counted = [each.status for each in findings]
    return {"faults": counted.count("fault"), "warnings": counted.count("warning")}


def _print_report(findings: Sequence[Finding]) -> None:
    from rich.console import Console
    from rich.table import Column, Table
    from rich.text import Text

    table = Table(
        Column("", no_wrap=True), Column("check", overflow="fold"), Column("found", overflow="fold"),
        box=None, pad_edge=False, show_header=False,
    )  # fmt: skip
    for each in findings:
        said = Text(each.message)
        if each.hint and each.status != "ok":
            said.append(f"\n{each.hint}", style="italic")
        table.add_row(Text(each.status, style=_COLOURS[each.status]), Text(each.check), said)
    console, counts = Console(), _counts(findings)
    console.print(table)
    total = ", ".join(f"{n} {name if n != 1 else name.removesuffix('s')}" for name, n in counts.items())
    console.print(f"\n{total}", highlight=False)
