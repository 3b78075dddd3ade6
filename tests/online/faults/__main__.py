"""Kill workers at many seeded points: `python -m tests.online.faults --kills 200`."""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.online.faults.killing import kill_again_and_again
from tests.services.kafka import named_or_own
from tests.services.redis import redis_url

EACH = 25
"""Kills of one stream."""


def main() -> None:
    """Kill so many workers, some on each stream, each stream with a seed of its own; raise what is wrong."""
    parser = argparse.ArgumentParser(description=__doc__, prog="python -m tests.online.faults")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1, help="of the first stream")
    given = parser.parse_args()
    began = time.monotonic()
    with named_or_own() as broker, redis_url() as url, TemporaryDirectory() as name:
        for number, done in enumerate(range(0, given.kills, EACH)):
            seed, kills = given.seed + number, min(EACH, given.kills - done)
            kill_again_and_again(broker, url, f"faults{seed}:", Path(name), kills, seed)
            print(f"seed {seed}: {kills} workers killed, all values equal", flush=True)
    print(f"{given.kills} kills in {time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()
