"""`zipline list` and `zipline explain`: what a repository defines, and how it would be computed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from zipline.cli.answer import one_line, print_json, print_table
from zipline.cli.options import AsJson, Engine, Key, Profile, Repo, Service, Time, read_keys
from zipline.cli.repository import open_store

if TYPE_CHECKING:
    from zipline.registry import Facts
    from zipline.store import FeatureStore

LIST_EXAMPLES = """\b
Examples:
  zipline list
  zipline list --repo examples/flights --json

\b
--json is a list of objects: kind (service or view), name, version (the one that
was applied last, or null), changed (whether the code differs from it), keys
(entity key: the observations' column), features (their number), owner, tags,
description, deprecated.
"""
EXPLAIN_EXAMPLES = """\b
Examples:
  zipline explain delay_model
  zipline explain carrier_delays@2:late_7d --json

\b
--json is an object: name, and parts, each a title and lines: the plan, the
observations, and what is read and done for each source.
"""
COLUMNS = ("kind", "name", "version", "keys", "features", "owner", "description")


def list_definitions(as_json: AsJson = False, repo: Repo = None, profile: Profile = None) -> None:
    """List the services and views.

    On a terminal it is a table; otherwise lines with tabs between the columns.
    """
    listed = list(_listed(open_store(repo, profile)))
    if as_json:
        print_json(listed)
    else:
        print_table(COLUMNS, [_row(each) for each in listed])


def explain(
    service: Service,
    observations: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="A Parquet, CSV or JSON file, glob or folder.", show_default=False),
    ] = None,
    time: Time = None,
    key: Key = None,
    engine: Engine = None,
    as_json: AsJson = False,
    repo: Repo = None,
    profile: Profile = None,
) -> None:
    """Show how features are computed.

    The plan, the SQL, what is read, and the kernel's steps. Schemas are read for it, no rows.
    """
    keys, store = read_keys(key), open_store(repo, profile)
    if observations is None:
        text = store.explain(service, time=time, keys=keys, engine=engine)
    else:
        text = store.training_set(observations, service, time=time, keys=keys, engine=engine).explain()
    if as_json:
        parts = [part.splitlines() for part in text.split("\n\n")]
        print_json({"name": service, "parts": [{"title": title, "lines": lines} for title, *lines in parts]})
    else:
        typer.echo(text)


def _listed(store: FeatureStore) -> Iterator[dict[str, Any]]:
    from zipline.dsl.derived import Derived

    applied = store.applied()
    for service in store.services.values():
        count = sum(1 if isinstance(item, Derived) else len(item.names) for item in service.features)
        facts = applied.services.get(service.name) if applied is not None else None
        yield _document(store, "service", service, facts, dict(service.keys), count)
    for view in store.views.values():
        keys = {key: key for key in view.entity.keys}
        facts = applied.views.get(view.name) if applied is not None else None
        yield _document(store, "view", view, facts, keys, len(view.features))


def _document(
    store: FeatureStore, kind: str, item: Any, facts: Facts | None, keys: dict[str, str], features: int
) -> dict[str, Any]:
    from zipline.cli.looking import registry_of
    from zipline.registry.current import current_version

    return {
        "kind": kind,
        "name": item.name,
        "version": facts.version if facts is not None else None,
        "changed": facts is not None and current_version(registry_of(store), item) is None,
        "keys": keys,
        "features": features,
        "owner": item.owner,
        "tags": dict(item.tags),
        "description": item.description,
        "deprecated": item.deprecated,
    }


def _row(listed: dict[str, Any]) -> list[str]:
    version = (
        ""
        if listed["version"] is None
        else str(listed["version"]) + (" changed" if listed["changed"] else "")
    )
    mapped = [key if key == column else f"{key}={column}" for key, column in listed["keys"].items()]
    deprecated = f"deprecated: {listed['deprecated']}" if listed["deprecated"] else ""
    about = one_line(". ".join(text for text in (deprecated, listed["description"]) if text))
    return [
        listed["kind"],
        listed["name"],
        version,
        ", ".join(mapped),
        str(listed["features"]),
        listed["owner"],
        about,
    ]
