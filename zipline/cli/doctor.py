"""`zipline doctor`: what is wrong with the environment or the configuration, and how to mend it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from zipline.cli.answer import on_terminal, print_json, print_table
from zipline.cli.options import Profile, Repo

if TYPE_CHECKING:
    from zipline.doctor.finding import Finding

EXAMPLES = """\b
Examples:
  zipline doctor
  zipline doctor --repo examples/flights --profile prod --json
"""
COLUMNS = ("status", "check", "message", "hint")
_COLOURS = {"ok": "green", "warning": "yellow", "fault": "bold red"}


def doctor(
    repo: Repo = None,
    profile: Profile = None,
    timeout: Annotated[
        float,
        typer.Option(metavar="SECONDS", min=0.1, help="How long a table or the registry may take to answer."),
    ] = 30.0,
    json: Annotated[bool, typer.Option("--json", help="Print a JSON document.")] = False,
) -> None:
    """Check the environment, the configuration and the tables.

    Each check is ok, a warning (it works, but will hurt) or a fault (something will fail), with the way to mend it.
    No rows are read, and no secrets shown. Exit code 1 when there is a fault.
    """
    from zipline.doctor import examine

    findings = list(examine(repo, profile, timeout))
    if json:
        print_json({"checks": [_plain(each) for each in findings], **_counts(findings)})
    elif on_terminal():
        _print_report(findings)
    else:
        print_table(COLUMNS, [(each.status, each.check, each.message, each.hint) for each in findings])
    if _counts(findings)["faults"]:
        raise typer.Exit(1)


def _plain(finding: Finding) -> dict[str, str]:
    return {
        "check": finding.check, "status": finding.status, "message": finding.message, "hint": finding.hint,
    }  # fmt: skip


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
    console.print(f"\n{counts['faults']} faults, {counts['warnings']} warnings", highlight=False)
