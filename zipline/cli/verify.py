"""`zipline verify`: what was served, computed again."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

import typer

from zipline.cli.answer import print_heading, print_json, print_table
from zipline.cli.completion import complete_name
from zipline.cli.options import AsJson, Engine, Profile, Repo
from zipline.cli.repository import open_store
from zipline.cli.values import plain, shown
from zipline.time import from_micros

if TYPE_CHECKING:
    from zipline.online.verify import Difference, Verified

EXAMPLES = """\b
Examples:
  zipline verify delay_model
  zipline verify delay_model@3 --log reads/ --newest 1000
  zipline verify delay_model --json

\b
What differs is computed once more, of exactly the events that had been applied
when it was read: "lag" is what the stream had not brought by then, "different"
is wrong. The exit code is 1 when anything is different.

\b
--json is a list of objects, one for each logged version: service, reads, failed
(reads that were not compared, as a feature had no value), features (feature,
equal, different, lag), differences (the first of each feature: feature, at,
logged_at, request, served, computed, lag) and unexplained (why lag could not be
told from difference, or null).
"""


def verify(
    service: Annotated[
        str,
        typer.Argument(
            metavar="SERVICE",
            help="A service or a view, as NAME (every logged version) or NAME@VERSION.",
            show_default=False,
            autocompletion=complete_name,
        ),
    ],
    log: Annotated[
        str | None,
        typer.Option(metavar="FOLDER", help="The log of zipline serve; [serve] log.", show_default=False),
    ] = None,
    newest: Annotated[
        int | None,
        typer.Option(
            metavar="N", min=1, help="Only the newest reads of each version; all.", show_default=False
        ),
    ] = None,
    engine: Engine = None,
    as_json: AsJson = False,
    repo: Repo = None,
    profile: Profile = None,
) -> None:
    """Compute what was served again, and compare it bit for bit."""
    found = open_store(repo, profile).verify(service, log, newest=newest, engine=engine)
    if as_json:
        print_json([_document(each) for each in found])
    else:
        for each in found:
            _print(each)
    if any(each.different for each in found):
        raise typer.Exit(1)


def _print(verified: Verified) -> None:
    print_heading(f"{verified.service}: {verified.reads:,} reads, {_summary(verified)}")
    rows = [
        (each.feature, f"{each.equal:,}", f"{each.different:,}", f"{each.lag:,}")
        for each in verified.features
    ]
    print_table(("feature", "equal", "different", "lag"), rows)
    for difference in verified.differences:
        typer.echo("\n" + "\n".join(_lines(difference)))
    if verified.unexplained is not None:
        typer.echo(f"\nWhat differs may be lag, which cannot be told: {verified.unexplained}")


def _summary(verified: Verified) -> str:
    several = f"{verified.different:,} values differ" if verified.different else "no value differs"
    parts = ["1 value differs" if verified.different == 1 else several]
    if verified.lag:
        parts.append(f"{verified.lag:,} behind the stream")
    if verified.failed:
        parts.append(f"{verified.failed:,} more reads had an error and were not compared")
    return ", ".join(parts)


def _lines(difference: Difference) -> Iterable[str]:
    asked = ", ".join(f"{name}={shown(value)}" for name, value in difference.request.items())
    yield f"{difference.feature}: {'behind the stream' if difference.lag else 'different'}"
    yield f"  asked     {asked} at {_moment(difference.at)}"
    yield f"  served    {shown(difference.served)}"
    yield f"  computed  {shown(difference.computed)}"


def _document(verified: Verified) -> dict[str, object]:
    return {
        "service": verified.service,
        "reads": verified.reads,
        "failed": verified.failed,
        "features": [
            {"feature": each.feature, "equal": each.equal, "different": each.different, "lag": each.lag}
            for each in verified.features
        ],
        "differences": [
            {
                "feature": each.feature,
                "at": _moment(each.at),
                "logged_at": _moment(each.logged_at),
                "request": {name: plain(value) for name, value in each.request.items()},
                "served": plain(each.served),
                "computed": plain(each.computed),
                "lag": each.lag,
            }
            for each in verified.differences
        ],
        "unexplained": verified.unexplained,
    }


def _moment(micros: int) -> str:
    return shown(from_micros(micros))
