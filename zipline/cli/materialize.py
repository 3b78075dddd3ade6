"""`zipline materialize`: history into the online state."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from zipline.cli.answer import print_json, print_table
from zipline.cli.options import AsJson, Engine, Profile, Repo, Service
from zipline.cli.repository import open_store

if TYPE_CHECKING:
    from zipline.online.materialize import Loaded

EXAMPLES = """\b
Examples:
  zipline materialize delay_model
  zipline materialize carrier_delays --until 2013-07-01T00:00:00Z
  zipline materialize delay_model@2 --json
  zipline materialize delay_model --engine spark

\b
What is read goes on as it was until the new history is whole, also where a
stream runs meanwhile. A run that was ended goes on where it stood when it is
started again. With --engine spark, tables are read and the store is written by
Spark's tasks.

\b
--json is a list, one object for each view: view, fill, events (that were
written by this run) and resumed (whether it went on with an earlier one).
"""


def materialize(
    service: Service,
    until: Annotated[
        str | None,
        typer.Option(
            metavar="TIME",
            help="Up to when the tables are complete: what was known later comes from the stream. Needed of sources "
            "that have a stream and no id; now for others.",
            show_default=False,
        ),
    ] = None,
    engine: Engine = None,
    as_json: AsJson = False,
    repo: Repo = None,
    profile: Profile = None,
) -> None:
    """Load history from the tables into the online state.

    Of a service all of its views; they are read in this version as soon as all are loaded.
    """
    loaded = open_store(repo, profile).materialize(service, until=until, engine=engine)
    if as_json:
        print_json([_document(each) for each in loaded])
        return
    rows = [(each.view, each.fill, f"{each.events:,}", "resumed" if each.resumed else "") for each in loaded]
    print_table(("view", "fill", "events", ""), rows)


def _document(loaded: Loaded) -> dict[str, object]:
    return {
        "view": loaded.view, "fill": loaded.fill, "events": loaded.events, "resumed": loaded.resumed
    }  # fmt: skip
