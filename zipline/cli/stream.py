"""`zipline stream`: events into the online state as they happen."""

from __future__ import annotations

import json
import logging
import signal
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from zipline.cli.completion import complete_name
from zipline.cli.options import AsJson, Profile, Repo
from zipline.cli.repository import open_store
from zipline.engines.opening import EngineName

if TYPE_CHECKING:
    from zipline.online.spark.worker import SparkWorker
    from zipline.online.worker import Worker

EXAMPLES = """\b
Examples:
  zipline stream
  zipline stream carrier_delays --every 1m
  zipline stream --once --json
  zipline stream --engine spark

\b
Start it as often as you like: the processes share the partitions. Each begins
where the online state stands, so it may be stopped and started at any time.
Records that are no rows go to the dead letters, see [kafka] dead_letters.

\b
--json is an object, one a line: records and poison (source: count), facts
(view: count), nobody (source.column: rows left out, as it is null), lag (log:
records behind), watermark (log: microseconds), seconds and cpu (stage:
seconds), reloads and compacted.
"""


def stream(
    views: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="VIEW...",
            help="Whose streams are read; of all views that are read online unless given.",
            show_default=False,
            autocompletion=complete_name,
        ),
    ] = None,
    once: Annotated[
        bool, typer.Option("--once", help="End when all that had arrived at the start is applied.")
    ] = False,
    every: Annotated[
        str, typer.Option(metavar="DURATION", help="How often to tell how it goes; at the end as well.")
    ] = "10s",
    engine: Annotated[
        EngineName | None,
        typer.Option(
            help="spark: as a Structured Streaming query, on its executors; else in this process.",
            show_default=False,
        ),
    ] = None,
    as_json: AsJson = False,
    repo: Repo = None,
    profile: Profile = None,
) -> None:
    """Apply events to the online state as they come, until it is stopped.

    Ctrl-C or SIGTERM end it when what it has read is written.
    """
    from zipline.time import parse_duration

    seconds = parse_duration(every, what="--every") / 1e6
    for client in ("kafka", "confluent_kafka"):  # what matters of what they log is told as an error
        logging.getLogger(client).addHandler(logging.NullHandler())
    worker = open_store(repo, profile).stream(*(views or ()), say=_say, engine=engine)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: worker.stop())
    reports = _Reports(worker, seconds, as_json=as_json, once=once)
    worker.run(reports.tick)
    reports.tell()


def _say(text: str) -> None:
    typer.echo(text, err=True)


class _Reports:
    """Tells how a worker does, from time to time."""

    def __init__(self, worker: Worker | SparkWorker, seconds: float, *, as_json: bool, once: bool) -> None:
        self._worker, self._seconds, self._json, self._once = worker, seconds, as_json, once
        self._began = time.time_ns() // 1000
        self._told = time.monotonic()
        self._records = 0

    def tick(self) -> None:
        """Tell how it goes if it is time to, and end it if it was to catch up only and has."""
        if time.monotonic() - self._told >= self._seconds:
            self.tell()
        if self._once and self._worker.is_caught_up(self._began):
            self._worker.stop()

    def tell(self) -> None:
        """Tell how it goes."""
        figures = self._worker.counts.figures()
        now, records = time.monotonic(), sum(figures["records"].values())
        if self._json:
            typer.echo(json.dumps(figures))
        else:
            rate = (records - self._records) / max(now - self._told, 1e-3)
            typer.echo(report(figures, rate), err=True)
        self._told, self._records = now, records


def report(figures: Mapping[str, Any], rate: float) -> str:
    """Return one line about a worker's figures.

    >>> report({"records": {"flights": 1200}, "lag": {"flights:landed:0": 7}, "poison": {}, "nobody": {}}, 99.7)
    '1,200 records, 100 a second; 7 behind'
    """
    parts = [
        f"{sum(figures['records'].values()):,} records, {rate:,.0f} a second",
        f"{sum(figures['lag'].values()):,} behind",
    ]
    if poison := sum(figures["poison"].values()):
        parts.append(f"{poison:,} to the dead letters")
    if nobody := sum(figures["nobody"].values()):
        parts.append(f"{nobody:,} of nobody")
    return "; ".join(parts)
