"""`zipline init`: a repository that runs, from an example or from files that are there already."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated

import typer

EXAMPLES = """\b
Examples:
  zipline init shop
  zipline init rides --from 'rides/*.parquet'
  zipline init --from s3://bucket/clicks.csv.gz --entity user_id
  zipline init --from log.json --event-time ts:ms --entity host,port --name log

\b
--from looks at the schema and the first rows of Parquet, CSV or JSON files and
writes one module, with a comment on each choice. In a folder that is a
repository already, only the module is added. No file is ever overwritten.
"""


def init(
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="Where to write; made if needed.", show_default=False)
    ] = Path(),
    source: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="FILES",
            help="Propose definitions for a file, glob, folder or URL, in place of the example.",
            show_default=False,
        ),
    ] = None,
    entity: Annotated[
        str | None,
        typer.Option(metavar="COLUMN[,COLUMN]", help="What features describe.", show_default=False),
    ] = None,
    event_time: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN[:UNIT]",
            help="When an event happened; UNIT (s, ms, us, ns) for integers.",
            show_default=False,
        ),
    ] = None,
    name: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="Of source and module; the files' unless given.", show_default=False
        ),
    ] = None,
) -> None:
    """Make a feature repository that runs.

    Definitions, their test and small example data; or, with --from, a first module for your own files.
    """
    from zipline.errors import ConfigError
    from zipline.init.folder import write_new

    if source is None:
        for option, value in (("--entity", entity), ("--event-time", event_time), ("--name", name)):
            if value is not None:
                raise ConfigError(
                    f"{option} {value} without --from", hint="name the files that it speaks of: --from FILES"
                )
        from zipline.init.example import COMMANDS, example_files

        files = example_files()
        write_new(folder, files)
        _report(folder, files, COMMANDS)
        return
    from zipline.init.adopt import adopted

    adoption = adopted(source, folder, entity=entity, event_time=event_time, name=name)
    write_new(folder, adoption.files)
    for note in adoption.notes:
        typer.echo(f"Note: {note}", err=True)
    _report(folder, adoption.files, adoption.commands)


def _report(folder: Path, files: Iterable[str], commands: Sequence[str]) -> None:
    typer.echo(f"Written to {folder.resolve()}:")
    for each in files:
        typer.echo(f"  {each}")
    typer.echo("\nNext:")
    if folder.resolve() != Path.cwd():
        typer.echo(f"  cd {shlex.quote(str(folder))}")
    for command in commands:
        typer.echo(f"  {command}")
