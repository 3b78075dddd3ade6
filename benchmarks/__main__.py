"""Run a benchmark by name: ``python -m benchmarks NAME [--scale S] [--seed N] [--json FILE]``."""

from __future__ import annotations

import argparse
import importlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

from benchmarks import table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from benchmarks.measure import Measure

NAMES = (
    "offline_windows",
    "offline_mixed",
    "offline_keys",
    "offline_scale",
    "offline_latest",
    "offline_knowledge",
    "offline_dimension",
    "spark_windows",
    "spark_scale",
    "registry",
    "cold_start",
    "online_read",
    "online_write",
    "online_http",
)


class Benchmark(Protocol):
    """What every benchmark's module offers."""

    __doc__: str | None
    DEFAULT_SCALE: float

    def run(self, scale: float, seed: int) -> Iterator[Measure]:
        """Yield the measures, running all rivals."""
        ...


def benchmark(name: str) -> Benchmark:
    """Return the module of one benchmark."""
    return cast("Benchmark", importlib.import_module(f"benchmarks.{name}"))


def main(arguments: Sequence[str] | None = None) -> None:
    """Parse the command line and do what it says."""
    options = _parser().parse_args(arguments)
    if options.name == "list":
        for name in NAMES:
            print(f"{name:18} {(benchmark(name).__doc__ or '').splitlines()[0]}")
    elif options.name == "table":
        _table(options.into)
    else:
        _run(options.name, options.scale, options.seed, options.json)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description="Measure zipline and its rivals."
    )
    commands = parser.add_subparsers(dest="name", required=True)
    commands.add_parser("list", help="name the benchmarks")
    written = commands.add_parser("table", help="write the README's table from benchmarks/results")
    written.add_argument("--into", type=Path, help="replace the table in this file, between its marks")
    for name in NAMES:
        one = commands.add_parser(name)
        one.add_argument("--scale", type=float, help="millions of events")
        one.add_argument("--seed", type=int, default=0)
        one.add_argument("--json", type=Path, help="also write the measures to this file, as a list")
    return parser


def _run(name: str, scale: float | None, seed: int, file: Path | None) -> None:
    module = benchmark(name)
    measures = []
    for measure in module.run(module.DEFAULT_SCALE if scale is None else scale, seed):
        measures.append(measure.as_dict())
        print(json.dumps(measures[-1]), flush=True)
    if file:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(measures, indent=1) + "\n")


def _table(into: Path | None) -> None:
    text = table.markdown(table.load())
    if into is None:
        print(text, end="")
    else:
        into.write_text(table.replaced(into.read_text(), text))


if __name__ == "__main__":
    main()
