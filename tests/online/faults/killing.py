"""Kill workers at seeded points of one stream, until all of it is applied; then read it."""

from __future__ import annotations

from pathlib import Path
from random import Random

from tests.online.faults.shop import Shop, rows_of
from tests.online.faults.workers import begin, working
from tests.services.kafka import Broker

ROWS_OF_A_KILL = 40
LONGEST_LIFE = 30.0


def kill_again_and_again(broker: Broker, url: str, prefix: str, folder: Path, kills: int, seed: int) -> Shop:
    """Produce a stream bit by bit, to workers of which each is killed around some call of the store; check it.

    Args:
        broker, url, prefix, folder: as of `Shop`.
        kills: how many workers are killed.
        seed: of the rows and of the points.
    """
    random = Random(seed)
    shop, rows = Shop(broker, url, prefix, folder), rows_of(kills * ROWS_OF_A_KILL, seed)
    for number in range(kills):
        start = number * len(rows) // kills
        shop.produce(rows[start : (number + 1) * len(rows) // kills])
        when = random.choice([-1.0, 0.0, 0.0001, 0.0005, 0.002])
        dying = begin(shop.job(calls=random.randrange(1, 60), when=when))
        dying.join(LONGEST_LIFE)
        assert dying.exitcode == -9, f"worker {number} of seed {seed} was not killed: {dying.exitcode}"
    with working(shop.job()):
        shop.wait()
    shop.check()
    return shop
