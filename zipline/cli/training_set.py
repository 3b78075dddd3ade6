"""`zipline training-set`: the features of observations, into a Parquet file."""

from __future__ import annotations

from typing import Annotated

import typer

from zipline.cli.options import AsJson, AsOf, Engine, Key, Out, Profile, Repo, Service, Time, read_keys
from zipline.cli.repository import open_store
from zipline.cli.result import WRITTEN, check_out, write

EXAMPLES = f"""\b
Examples:
  zipline training-set delay_model --observations asked.parquet --out train.parquet
  zipline training-set carrier_delays --observations asked.csv \\
      --time asked_at --key carrier=op_carrier --as-of 2013-07-01 --out train/

{WRITTEN}"""


def training_set(
    service: Service,
    observations: Annotated[
        str,
        typer.Option(metavar="FILE", help="A Parquet, CSV or JSON file, glob or folder.", show_default=False),
    ],
    out: Out,
    time: Time = None,
    key: Key = None,
    as_of: AsOf = None,
    hindsight: Annotated[
        bool, typer.Option("--hindsight", help="See late data early: a leak, only to compare with.")
    ] = False,
    engine: Engine = None,
    as_json: AsJson = False,
    repo: Repo = None,
    profile: Profile = None,
) -> None:
    """Write the features of observations.

    Each value is what was known at the observation's own time, and nothing later.
    """
    keys, target = read_keys(key), check_out(out)
    result = open_store(repo, profile).training_set(
        observations, service, time=time, keys=keys, as_of=as_of, hindsight=hindsight, engine=engine
    )
    write(result, service, target, as_json=as_json)
