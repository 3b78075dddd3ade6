"""The options that several commands share, and how their text is read."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from zipline.cli.completion import complete_name, complete_profile
from zipline.engines.opening import EngineName
from zipline.errors import ConfigError

Service: TypeAlias = Annotated[
    str,
    typer.Argument(
        metavar="SERVICE",
        help="A service or a view, as NAME, NAME@VERSION or VIEW:FEATURE.",
        show_default=False,
        autocompletion=complete_name,
    ),
]
Repo: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        metavar="PATH", help="The feature repository; the current folder's unless given.", show_default=False
    ),
]
Profile: TypeAlias = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="The profile of zipline.toml; ZIPLINE_PROFILE's unless given.",
        show_default=False,
        autocompletion=complete_profile,
    ),
]
AsJson: TypeAlias = Annotated[
    bool, typer.Option("--json", help="Answer in JSON on standard output; its keys are below.")
]
Key: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(metavar="ENTITY_KEY=COLUMN", help="The column that holds an entity's key; may be repeated."),
]
Time: TypeAlias = Annotated[
    str | None,
    typer.Option(metavar="COLUMN", help="The observations' time column, in place of the service's."),
]
AsOf: TypeAlias = Annotated[
    str | None,
    typer.Option(metavar="TIME", help="See only what was known by then, such as 2024-06-01T12:00Z; now."),
]
Engine: TypeAlias = Annotated[
    EngineName | None,
    typer.Option(help="Where it is computed; what zipline.toml says unless given.", show_default=False),
]
Out: TypeAlias = Annotated[
    str,
    typer.Option(
        metavar="FILE",
        help="Where to write: FILE.parquet, or a folder/; Spark makes a folder of it.",
        show_default=False,
    ),
]


def read_keys(pairs: Iterable[str] | None) -> dict[str, str]:
    """Return the mapping that `--key A=B --key C=D` writes.

    Raises:
        ConfigError: an entry is no pair, or a key is mapped twice.

    >>> read_keys(["carrier=op_carrier"])
    {'carrier': 'op_carrier'}
    """
    mapping: dict[str, str] = {}
    for pair in pairs or ():
        key, separator, column = pair.partition("=")
        if not (key and separator and column):
            raise ConfigError(
                f"--key {pair!r} is not ENTITY_KEY=COLUMN", hint="such as --key carrier=op_carrier"
            )
        if key in mapping:
            raise ConfigError(
                f"--key maps {key!r} twice, to {mapping[key]!r} and to {column!r}", hint="keep one"
            )
        mapping[key] = column
    return mapping
