"""The commands, put together."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from zipline.cli import (
    apply,
    definitions,
    dev,
    doctor,
    history,
    init,
    key,
    lint,
    lookup,
    materialize,
    plan,
    preview,
    search,
    serve,
    show,
    snapshot,
    stream,
    training_set,
    verify,
)
from zipline.progress import VERBOSE

# Without rich, `--help` answers in half the time; `pretty_exceptions` would hide what `main` reports.
app = typer.Typer(
    name="zipline",
    help="""Point-in-time correct features, from the definitions of a feature repository.

    A repository is a folder with a zipline.toml and Python modules that define features. The commands use the one
    that the current folder is in, unless --repo names another.""",
    epilog="\b\nExample:\n  zipline training-set delay_model --observations asked.parquet --out train.parquet",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    add_completion=True,
)


def _say_version(asked: bool) -> None:
    if not asked:
        return
    from importlib.metadata import PackageNotFoundError, version

    try:
        typer.echo(f"zipline {version('zipline-features')}")
    except PackageNotFoundError:  # run from a checkout
        typer.echo("zipline, not installed")
    raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_say_version, is_eager=True, help="Show the version and exit."),
    ] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", help="Show an error's whole trace, Spark's and Java's too.")
    ] = False,
) -> None:
    os.environ[VERBOSE] = "1" if verbose else ""


app.command("init", epilog=init.EXAMPLES)(init.init)
app.command("training-set", epilog=training_set.EXAMPLES)(training_set.training_set)
app.command("snapshot", epilog=snapshot.EXAMPLES)(snapshot.snapshot)
app.command("list", epilog=definitions.LIST_EXAMPLES)(definitions.list_definitions)
app.command("show", epilog=show.EXAMPLES)(show.show)
app.command("search", epilog=search.EXAMPLES)(search.search)
app.command("preview", epilog=preview.EXAMPLES)(preview.preview)
app.command("lookup", epilog=lookup.EXAMPLES)(lookup.lookup)
app.command("plan", epilog=plan.EXAMPLES)(plan.plan)
app.command("apply", epilog=apply.EXAMPLES)(apply.apply)
app.command("history", epilog=history.EXAMPLES)(history.history)
app.command("explain", epilog=definitions.EXPLAIN_EXAMPLES)(definitions.explain)
app.command("lint", epilog=lint.EXAMPLES)(lint.lint)
app.command("doctor", epilog=doctor.EXAMPLES)(doctor.doctor)
app.command("materialize", epilog=materialize.EXAMPLES)(materialize.materialize)
app.command("stream", epilog=stream.EXAMPLES)(stream.stream)
app.command("serve", epilog=serve.EXAMPLES)(serve.serve)
app.add_typer(key.app, name="key")
app.command("verify", epilog=verify.EXAMPLES)(verify.verify)
app.command("dev", epilog=dev.EXAMPLES)(dev.dev)
