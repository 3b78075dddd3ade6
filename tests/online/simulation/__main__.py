"""Run many seeds: `python -m tests.online.simulation --seeds 1000000 [--start N] [--real]`."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import repeat
from os import cpu_count
from typing import Final

from tests.online.simulation.codecs import Codec, Double, Real
from tests.online.simulation.scenario import scenario
from tests.online.simulation.shrinking import failure, shrunk, told

AT_ONCE: Final = 200


def main() -> int:
    """Run seeds on all cores; tell the first that fails, made smaller."""
    parser = argparse.ArgumentParser(prog="python -m tests.online.simulation", description=__doc__)
    parser.add_argument("--seeds", type=int, default=10_000, help="how many")
    parser.add_argument("--start", type=int, default=0, help="the first")
    parser.add_argument("--processes", type=int, default=cpu_count() or 1)
    parser.add_argument(
        "--real", action="store_true", help="the package's documents and fold, not the double's"
    )
    options = parser.parse_args()
    begun, failed = time.monotonic(), []
    stop = options.start + options.seeds
    with ProcessPoolExecutor(options.processes) as pool:
        parts = [(at, min(at + AT_ONCE, stop)) for at in range(options.start, stop, AT_ONCE)]
        for done, found in _results(pool, parts, options.real):
            failed += found
            seconds = time.monotonic() - begun
            print(f"{done:,} seeds, {done / seconds:.0f} a second, {len(failed)} wrong", flush=True)
            if failed:
                pool.shutdown(cancel_futures=True)
                break
    if failed:
        print(
            f"seed {failed[0]} fails:\n{told(shrunk(scenario(failed[0]), codec(options.real)), codec(options.real))}"
        )
    return 1 if failed else 0


def _results(
    pool: ProcessPoolExecutor, parts: list[tuple[int, int]], real: bool
) -> Iterator[tuple[int, list[int]]]:
    done = 0
    for (start, stop), found in zip(parts, pool.map(failing, parts, repeat(real)), strict=True):
        done += stop - start
        yield done, found


def failing(part: tuple[int, int], real: bool) -> list[int]:
    """Return the seeds of a range that go wrong."""
    return [seed for seed in range(*part) if failure(scenario(seed), codec(real)) is not None]


def codec(real: bool) -> Codec:
    """Return what makes bytes of facts."""
    return Real() if real else Double()


if __name__ == "__main__":
    sys.exit(main())
