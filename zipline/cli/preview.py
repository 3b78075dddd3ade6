"""`zipline preview`: a view's values for a few entities, to look at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer

from zipline.cli.answer import GAP, on_terminal, print_heading, print_json, print_table, terminal_width
from zipline.cli.completion import complete_name
from zipline.cli.options import AsJson, AsOf, Profile, Repo
from zipline.cli.repository import open_store
from zipline.cli.values import plain, shown

if TYPE_CHECKING:
    from zipline.cli.previewed import Preview, Previewed
    from zipline.dsl.feature_service import FeatureService
    from zipline.dsl.feature_view import FeatureView, Selection

Lines: TypeAlias = tuple[Sequence[str], Sequence[Sequence[str]]]
"""The names of columns, and rows of texts."""

EXAMPLES = """\b
Examples:
  zipline preview carrier_delays --at 2013-07-01
  zipline preview carrier_delays:late_rate_7d --entity carrier=UA --entity carrier=AA
  zipline preview routes --entity origin=JFK,dest=LAX --at 2013-07-01T12:00Z --json

\b
--json is an object: name, at, types (feature: type), entities (keys, status,
values) and notes. The status is PRESENT, or NOT_FOUND where no event of the
entity is in the view's windows: the values are then those of no events.
"""
WIDEST = 22  # characters of a column before a value goes on in the next line


def preview(
    view: Annotated[
        str,
        typer.Argument(
            metavar="VIEW",
            help="A view, or VIEW:FEATURE, or VIEW@VERSION.",
            show_default=False,
            autocompletion=complete_name,
        ),
    ],
    entity: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KEY=VALUE",
            help="An entity, as KEY=VALUE[,KEY=VALUE]; may be repeated.",
            show_default=False,
        ),
    ] = None,
    at: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="The time of the values, such as 2024-06-01T12:00Z; now."),
    ] = None,
    as_of: AsOf = None,
    count: Annotated[
        int, typer.Option(min=1, max=1000, help="How many entities are shown where none is named.")
    ] = 3,
    as_json: AsJson = False,
    repo: Repo = None,
    profile: Profile = None,
) -> None:
    """Show a view's values now, or at a time.

    Without --entity it takes a few entities that have events.
    """
    from datetime import UTC, datetime

    from zipline.cli.previewed import preview_of
    from zipline.time import from_micros, to_micros

    moment = from_micros(to_micros(at)) if at is not None else datetime.now(UTC).replace(microsecond=0)
    store = open_store(repo, profile)
    found = preview_of(store, _view(store.find(view)), entity or [], moment, as_of, count)
    if as_json:
        print_json({"name": view, "at": shown(moment), **_document(found)})
        return
    if on_terminal():
        print_heading(f"{view} at {shown(moment)}")
    _print(found)
    for note in found.notes:
        typer.echo(f"Note: {note}", err=True)


def _view(found: FeatureService | FeatureView | Selection) -> Selection:
    """Return what a name stands for as features of one view.

    Raises:
        RequestError: it is a service, whose views may be of different entities.
    """
    from zipline.dsl.feature_service import FeatureService
    from zipline.dsl.feature_view import Selection, as_selection
    from zipline.errors import RequestError

    if not isinstance(found, FeatureService):
        return as_selection(found)
    views = dict.fromkeys(item.view.name for item in found.features if isinstance(item, Selection))
    raise RequestError(
        f"{found.name!r} is a service: its values are those of views of several entities",
        hint=f"preview one of {', '.join(views)}; or write all of them: zipline snapshot {found.name}",
    )


def _document(found: Preview) -> dict[str, Any]:
    entities = [
        {"keys": plain(each.keys), "status": each.status, "values": plain(each.values)}
        for each in found.entities
    ]
    return {"types": found.types, "entities": entities, "notes": list(found.notes)}


def _print(found: Preview) -> None:
    """Print entities as lines when piped; on a terminal features as lines, or entities where only those fit."""
    if not on_terminal():
        print_table(*_by_entity(found, exact=True))
        return
    room = terminal_width()
    tables = [_by_feature(found), _by_entity(found, exact=False)]
    fitting = [table for table in tables if _width(table) <= room]
    if fitting:
        print_table(*fitting[0], long_last=False)
        return
    for number, part in enumerate(_parts(found, room)):
        if number:
            typer.echo()
        print_table(*_by_feature(part), long_last=False)


def _by_entity(found: Preview, *, exact: bool) -> Lines:
    keys = list(found.entities[0].keys) if found.entities else []
    rows = [
        [*(shown(each) for each in entity.keys.values()), entity.status]
        + [shown(each, exact=exact) for each in entity.values.values()]
        for entity in found.entities
    ]
    return [*keys, "status", *found.types], rows


def _by_feature(found: Preview) -> Lines:
    columns = [
        ", ".join(found.entities[0].keys) if found.entities else "",
        *(each.title for each in found.entities),
    ]
    rows = [
        [name, *(shown(each.values[name], exact=False) for each in found.entities)] for name in found.types
    ]
    if not all(each.found for each in found.entities):
        rows.insert(0, ["status", *(each.status for each in found.entities)])
    return columns, rows


def _parts(found: Preview, room: int) -> Iterator[Preview]:
    """Split the entities into groups that fit beside each other; one that does not fit alone is folded."""
    heads = max(len(name) for name in found.types)
    group: list[Previewed] = []
    used = heads
    for entity in found.entities:
        size = GAP + min(WIDEST, max(map(len, _texts(entity))))
        if group and used + size > room:
            yield replace(found, entities=group)
            group, used = [], heads
        group.append(entity)
        used += size
    yield replace(found, entities=group)


def _texts(entity: Previewed) -> list[str]:
    return [entity.title, entity.status, *(shown(each, exact=False) for each in entity.values.values())]


def _width(lines: Lines) -> int:
    """Return how many characters a table takes when no value is broken into several lines."""
    columns, rows = lines
    return sum(max(map(len, each)) for each in zip(columns, *rows, strict=True)) + GAP * (len(columns) - 1)
