"""`zipline dev`: a repository's whole online system in one process."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

import typer

from zipline.cli.options import Profile, Repo
from zipline.cli.repository import check_found
from zipline.errors import ConfigError

if TYPE_CHECKING:
    from zipline.dev import Dev
    from zipline.dsl.table import Table

EXAMPLES = """\b
Examples:
  zipline dev
  zipline dev --from 2013-07-01T00:00:00Z --speed 600
  zipline dev --from 2013-07-01T00:00:00Z --replay flights=flights-07.parquet

\b
  curl localhost:8080/push --json '{"source": "flights", "rows": [...]}'
  curl localhost:8080/v1/features/delay_model --json '{"keys": {...}}'

\b
It needs no server of any kind: what it keeps lies in .zipline/dev, in which
each start begins anew. Every stream is fed by POST /push, whatever it is in
the definitions; --from shows a past time, loads what was known by then, and
gives what came after to the sources as it became known.
"""


def dev(
    start: Annotated[
        str | None,
        typer.Option("--from", metavar="TIME", help="The time that it shows first; now.", show_default=False),
    ] = None,
    speed: Annotated[
        float, typer.Option(metavar="N", min=0.001, help="Seconds that pass on its clock in one of ours.")
    ] = 1.0,
    replay: Annotated[
        list[str] | None,
        typer.Option(
            metavar="SOURCE=FILE",
            help="Where a source's rows come from, in place of its table: a Parquet, CSV or JSON file.",
            show_default=False,
        ),
    ] = None,
    history: Annotated[
        bool,
        typer.Option(
            "--history/--no-history",
            help="Whether tables are loaded first, or nothing was before what comes.",
        ),
    ] = True,
    port: Annotated[int, typer.Option(metavar="PORT", help="0 is any free one.")] = 8080,
    repo: Repo = None,
    profile: Profile = None,
) -> None:
    """Run everything that serves features in one process: store, stream, server.

    The definitions are taken as the files have them now; nothing is applied to the real registry.
    """
    check_found(repo)
    from zipline.online.serve.listening import check_packages

    check_packages()
    from zipline.dev import Clock, Dev
    from zipline.dev.parts import clear
    from zipline.dev.serving import serve
    from zipline.time import to_micros

    files = _files(replay or ())
    clear(repo)
    clock = Clock(None if start is None else to_micros(start), speed)
    with Dev(repo, profile=profile, clock=clock, say=_say) as system:
        ended = threading.Event()
        replayed = start is not None or bool(files)
        feeding = threading.Thread(target=_feed, args=(system, files, history, replayed, ended))
        feeding.start()
        try:
            serve(system, port, lambda url: _say(f"Listening on {url}; {url}/docs tells what it answers."))
        finally:
            ended.set()
            feeding.join()  # Python must not end while a thread is in a library's code


def _feed(
    system: Dev, files: dict[str, Table], history: bool, replayed: bool, ended: threading.Event
) -> None:
    """Load what was known, begin to apply what comes, and give what came after as the clock goes on."""
    from zipline.dev.replay import Feed
    from zipline.errors import ZiplineError

    try:
        began = system.clock.now()
        if history:
            for each in system.materialize(ended.is_set):
                _say(f"{each.view}: {each.events:,} events loaded")
        system.start(history=history)
        if replayed:
            Feed(system.replay(began, files=files), system.push, system.clock.now, _say, ended.wait).run()
    except ZiplineError as error:
        _say(str(error))


def _files(pairs: Iterable[str]) -> dict[str, Table]:
    """Return the tables that `--replay SOURCE=FILE` names.

    Raises:
        ConfigError: one is no pair.
    """
    from zipline.arguments import as_table

    found = {}
    for pair in pairs:
        source, separator, file = pair.partition("=")
        if not (source and separator and file):
            raise ConfigError(
                f"--replay {pair!r} is not SOURCE=FILE", hint="such as --replay flights=july.parquet"
            )
        found[source] = as_table(file)
    return found


def _say(text: str) -> None:
    typer.echo(text, err=True)
