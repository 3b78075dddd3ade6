"""`zipline lookup`: a service's features as they are online, with how each came about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from time import perf_counter
from typing import TYPE_CHECKING, Annotated, Any

import typer

from zipline.cli.answer import on_terminal, print_heading, print_json, print_table
from zipline.cli.completion import complete_name
from zipline.cli.options import AsJson, Profile, Repo
from zipline.cli.values import plain, shown

if TYPE_CHECKING:
    from zipline.online.client import OnlineClient
    from zipline.online.features import Features
    from zipline.types import DataType

EXAMPLES = """\b
Examples:
  zipline lookup delay_model op_carrier=UA origin=JFK
  zipline lookup delay_model op_carrier=UA --at 2013-07-01T12:00Z --json
  zipline lookup delay_model op_carrier=UA --store redis://features.internal

\b
A field that is left out is null. The status of a value is PRESENT, NULL,
NOT_FOUND (nothing is known of the entity), STALE (the stream is behind the
view's freshness) or ERROR.
--json is an object: service, at, values, statuses, errors (feature: why),
behind (view: seconds, or null) and milliseconds, the time that the read took.
"""


def lookup(
    service: Annotated[
        str,
        typer.Argument(
            metavar="SERVICE",
            help="A service or a view, as NAME or NAME@VERSION.",
            show_default=False,
            autocompletion=complete_name,
        ),
    ],
    fields: Annotated[
        list[str] | None,
        typer.Argument(metavar="KEY=VALUE...", help="Keys and request fields.", show_default=False),
    ] = None,
    at: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="A past instant that the state still holds; now."),
    ] = None,
    store: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="The online store, such as redis://host; then no repository is needed.",
            show_default=False,
        ),
    ] = None,
    as_json: AsJson = False,
    repo: Repo = None,
    profile: Profile = None,
) -> None:
    """Read a service's features online, now or at a past instant."""
    from zipline.cli.repository import open_store
    from zipline.online.client import OnlineClient

    opened = OnlineClient(store) if store is not None else open_store(repo, profile).online()
    with opened as client:
        request = read_fields(fields or (), client.service(service).fields)
        features, seconds = _timed(client, service, request, at)
    if as_json:
        print_json(_document(features, seconds))
    else:
        _print(features, seconds)


def read_fields(pairs: Sequence[str], kinds: Mapping[str, DataType]) -> dict[str, Any]:
    """Return the request that `KEY=VALUE` arguments write.

    Raises:
        RequestError: one is no pair, names no field or one twice, or its value is not of the field's type.

    >>> from zipline.types import INT64, STRING
    >>> read_fields(["user=7", "city=New York"], {"user": INT64, "city": STRING})
    {'user': 7, 'city': 'New York'}
    """
    from zipline.errors import RequestError, nearest
    from zipline.value_text import read_value

    request: dict[str, Any] = {}
    for pair in pairs:
        field, separator, text = pair.partition("=")
        if not separator:
            raise RequestError(f"{pair!r} is not KEY=VALUE", hint=f"such as {next(iter(kinds))}=...")
        if field not in kinds:
            raise RequestError(f"{pair!r}: there is no field {field!r}", hint=nearest(field, kinds))
        if field in request:
            raise RequestError(f"{pair!r}: {field!r} is given twice", hint="keep one")
        try:
            request[field] = read_value(text, kinds[field])
        except RequestError as error:
            raise error.at(pair) from None
    return request


def _timed(
    client: OnlineClient, service: str, request: Mapping[str, Any], at: str | None
) -> tuple[Features, float]:
    """Return what is read, and the seconds that the read took once the service was known and its code was ready."""
    client.get(service, request, at=at)
    start = perf_counter()
    features = client.get(service, request, at=at)
    return features, perf_counter() - start


def _document(features: Features, seconds: float) -> dict[str, Any]:
    behind = features.freshness.items()
    return {
        "service": features.service,
        "at": shown(features.at),
        "values": {name: plain(value) for name, value in features.items()},
        "statuses": dict(features.statuses),
        "errors": dict(features.errors),
        "behind": {view: None if lag is None else lag.total_seconds() for view, lag in behind},
        "milliseconds": round(seconds * 1000, 3),
    }


def _print(features: Features, seconds: float) -> None:
    terminal = on_terminal()
    if terminal:
        print_heading(f"{features.service} at {shown(features.at)}")
    rows = [
        [name, shown(value, exact=not terminal), features.statuses[name].value, features.errors.get(name, "")]
        for name, value in features.items()
    ]
    columns = ["feature", "value", "status", "error"]
    if not features.errors:
        columns, rows = columns[:-1], [row[:-1] for row in rows]
    print_table(columns, rows, long_last=False)
    if terminal:
        _print_about(features, seconds)


def _print_about(features: Features, seconds: float) -> None:
    """Print how far behind each stream was, and the time taken."""
    typer.echo()
    for view, lag in features.freshness.items():
        behind = "no stream was read" if lag is None else f"{lag.total_seconds():.1f} s behind"
        typer.echo(f"{view}: {behind}")
    typer.echo(f"{seconds * 1000:.2f} ms")
