"""`zipline key`: API keys of `zipline serve`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from zipline.cli.answer import print_json, print_table
from zipline.cli.completion import complete_name
from zipline.cli.options import AsJson, Profile, Repo

if TYPE_CHECKING:
    from zipline.online.serve.api_keys import ApiKey, KeyFile
    from zipline.repository import Repository

EXAMPLES = """\b
Examples:
  zipline key add website --service delay_model
  zipline key add collector --push flights
  zipline key add prometheus --metrics
  zipline key list
  zipline key revoke website

\b
Keys lie, hashed, in the file that [serve] keys of zipline.toml names, or in
.zipline/keys.json. A running server sees a change with its next request.

\b
--json of list is a list of objects: name, id (how the key begins), services,
push (sources), metrics (true or false) and created_at.
"""
DEFAULT = ".zipline/keys.json"

File: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--keys", metavar="FILE", help="The file of keys; that of zipline.toml.", show_default=False
    ),
]

app = typer.Typer(
    name="key",
    help="""Give and take away API keys of zipline serve.

    A key says which services may be read and which sources pushed to. It is shown once, when it is made.""",
    epilog=EXAMPLES,
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.command("add")
def add(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Who gets it.", show_default=False)],
    service: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME", help="A service that may be read; '*' is every one.", autocompletion=complete_name
        ),
    ] = None,
    push: Annotated[
        list[str] | None,
        typer.Option(metavar="SOURCE", help="A source that may be pushed to; '*' is every one."),
    ] = None,
    metrics: Annotated[bool, typer.Option("--metrics", help="/metrics may be read.")] = False,
    keys: File = None,
    repo: Repo = None,
    profile: Profile = None,
) -> None:
    """Make a key, and print it: it is not kept and cannot be shown again."""
    found, services, sources = _repository(repo, profile), service or [], push or []
    _check_names(found, services, sources)
    typer.echo(key_file(found, keys).add(name, services=services, push=sources, metrics=metrics))
    typer.echo("Keep it: it is not shown again.", err=True)


@app.command("list")
def list_keys(as_json: AsJson = False, keys: File = None, repo: Repo = None, profile: Profile = None) -> None:
    """List the keys, and what each may do."""
    found = key_file(_repository(repo, profile), keys).listed()
    if as_json:
        print_json([_document(each) for each in found])
        return
    rows = [(each.name, f"zl_{each.id}_...", each.created_at, _scopes(each)) for each in found]
    print_table(("name", "key", "created", "may"), rows)


@app.command("revoke")
def revoke(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Whose it is.", show_default=False)],
    keys: File = None,
    repo: Repo = None,
    profile: Profile = None,
) -> None:
    """Take a key away."""
    key_file(_repository(repo, profile), keys).revoke(name)
    typer.echo(f"The key {name!r} is revoked.", err=True)


def key_file(repository: Repository, given: Path | None = None) -> KeyFile:
    """Return the file of keys: the one given, that of zipline.toml, or the default one."""
    from zipline.online.serve.api_keys import KeyFile

    if given is not None:
        return KeyFile(given)
    named = repository.settings.serve.keys
    located = repository.settings.located(named, where="[serve] keys") if named else DEFAULT
    return KeyFile(repository.root / Path(located).expanduser())


def _repository(repo: Path | None, profile: str | None) -> Repository:
    from zipline.repository import open_repository

    return open_repository(repo, profile)


def _check_names(repository: Repository, services: list[str], sources: list[str]) -> None:
    """Refuse scopes that the repository does not have: a misspelt one would let nobody in.

    Raises:
        ConfigError: there is no such service, view or source.
    """
    from zipline.errors import ConfigError, nearest
    from zipline.online.serve.api_keys import EVERY

    served = {*repository.services, *repository.views}
    for kind, names, known in (("service", services, served), ("source", sources, {*repository.sources})):
        for name in names:
            if known and name != EVERY and name not in known:
                raise ConfigError(f"there is no {kind} {name!r}", hint=nearest(name, known))


def _document(key: ApiKey) -> dict[str, object]:
    return {
        "name": key.name, "id": key.id, "services": list(key.services), "push": list(key.push),
        "metrics": key.metrics, "created_at": key.created_at,
    }  # fmt: skip


def _scopes(key: ApiKey) -> str:
    parts = []
    if key.services:
        parts.append(f"read {', '.join(key.services)}")
    if key.push:
        parts.append(f"push to {', '.join(key.push)}")
    if key.metrics:
        parts.append("see the metrics")
    return "; ".join(parts)
