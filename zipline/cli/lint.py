"""`zipline lint`: definitions that will hurt."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from zipline.cli.answer import on_terminal, print_json, print_table
from zipline.cli.completion import complete_name
from zipline.cli.options import AsJson, Profile, Repo
from zipline.cli.repository import check_found

if TYPE_CHECKING:
    from zipline.lint.finding import Finding

EXAMPLES = """\b
Examples:
  zipline lint
  zipline lint carrier_delays --strict
  zipline lint --no-data --json
  zipline lint --rules

\b
Not wanted, everywhere or in one place? Say so in zipline.toml:
  [lint]
  ignore = ["unused-feature", "null-key:carrier_delays"]
after the colon a view, view:feature or source.

\b
--json is a list of objects: rule, severity (error, warning, note), where
(view, feature, source), message, figures and hint. The exit code is 1 when
there is an error, with --strict when there is any finding.
"""


def lint(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="NAME",
            help="Views and services; all unless given.",
            show_default=False,
            autocompletion=complete_name,
        ),
    ] = None,
    data: Annotated[
        bool, typer.Option("--data/--no-data", help="Look at the tables: one query for each source.")
    ] = True,
    strict: Annotated[bool, typer.Option("--strict", help="Any finding makes the exit code 1.")] = False,
    rules: Annotated[bool, typer.Option("--rules", help="Only list the rules.")] = False,
    as_json: AsJson = False,
    repo: Repo = None,
    profile: Profile = None,
) -> None:
    """Look for definitions that will hurt.

    Windows longer than the data, keys that are mostly null, features that nobody uses, and more: see --rules.
    """
    from zipline.lint.run import lint as found_in
    from zipline.repository import open_repository

    if rules:
        _list_rules(as_json)
        return
    check_found(repo)
    findings = found_in(open_repository(repo, profile), names or (), data=data)
    if as_json:
        print_json([finding.to_json() for finding in findings])
    else:
        for finding in findings:
            _print(finding)
        typer.echo(_summary(findings), err=bool(findings))
    if any(strict or finding.severity == "error" for finding in findings):
        raise typer.Exit(1)


def _list_rules(as_json: bool) -> None:
    from zipline.lint.run import RULES, rule_name

    rows = [(rule_name(rule), (rule.__doc__ or "").strip().partition("\n")[0]) for rule in RULES]
    if as_json:
        print_json([{"rule": name, "finds": text} for name, text in rows])
    else:
        print_table(("rule", "finds"), rows)


def _print(finding: Finding) -> None:
    severity = f"{finding.severity}: "
    if on_terminal():
        colour = {"error": "red", "warning": "yellow", "note": "blue"}[finding.severity]
        severity = typer.style(severity, fg=colour, bold=True)
    typer.echo(f"{severity}{finding.where}: {finding.message} [{finding.rule}]\n  Hint: {finding.hint}")


def _summary(findings: Sequence[Finding]) -> str:
    if not findings:
        return "Nothing found."
    severities = [finding.severity for finding in findings]
    parts = [
        f"{count} {kind}{'s' if count > 1 else ''}"
        for kind in ("error", "warning", "note")
        if (count := sum(severity == kind for severity in severities))
    ]
    return ", ".join(parts)
