"""`zipline snapshot`: the features of every entity at one time, into a Parquet file."""

from __future__ import annotations

from typing import Annotated

import typer

from zipline.cli.options import AsJson, AsOf, Engine, Key, Out, Profile, Repo, Service, read_keys
from zipline.cli.repository import open_store
from zipline.cli.result import WRITTEN, check_out, write

EXAMPLES = f"""\b
Examples:
  zipline snapshot carrier_delays --at 2013-07-01 --out carriers.parquet
  zipline snapshot delay_model --at 2013-07-01T12:00Z --entities tomorrow.parquet --out batch.parquet

{WRITTEN}"""


def snapshot(
    service: Service,
    at: Annotated[
        str, typer.Option(metavar="TIME", help="The time of the values, such as 2024-06-01T12:00Z.")
    ],
    out: Out,
    entities: Annotated[
        str | None,
        typer.Option(
            metavar="FILE", help="The entities to answer for; every one that has been seen unless given."
        ),
    ] = None,
    key: Key = None,
    as_of: AsOf = None,
    engine: Engine = None,
    as_json: AsJson = False,
    repo: Repo = None,
    profile: Profile = None,
) -> None:
    """Write the features of every entity at one time.

    This is batch inference: one row per entity that has been seen by then, or per row of --entities.
    """
    keys, target = read_keys(key), check_out(out)
    result = open_store(repo, profile).snapshot(
        service, at=at, entities=entities, keys=keys, as_of=as_of, engine=engine
    )
    write(result, service, target, as_json=as_json)
