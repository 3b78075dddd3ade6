"""The demo's flights through Kafka and Spark: what is read is what a training set says, to the bit."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl

import zipline as zl
from tests.online.parity.flights import Flights, bits, day
from tests.online.spark.drivers import spark_options
from tests.services.kafka import Broker
from zipline.online.loading import load_history
from zipline.online.stores.opening import open_store
from zipline.registry.folder import open_folder
from zipline.registry.registry import Registry
from zipline.repository import open_repository
from zipline.time import to_micros

SERVICE = "live_delay_model"
STILL_HELD = timedelta(hours=5)
"""How far back is read: the machine's clock says that all of it is long past, so documents are folded at once."""
POISON = b'{"origin": 1}'


def test_a_day_of_flights(kafka_broker: Broker, redis_server: str, redis_prefix: str, tmp_path: Path) -> None:
    online = (
        f'store = "{redis_server}"\nprefix = "{redis_prefix}"\nhistory = "8h"\ntimeout = "20s"\nshards = 4'
    )
    flights = Flights(tmp_path, kafka_broker, online, day(7, 1), day(7, 2))
    _set_spark(flights)
    zl.FeatureStore(flights.code).apply()
    repository = open_repository(flights.code)
    settings, root = repository.settings, repository.root
    registry = Registry(open_folder(settings.registry.path, root))
    load_history(registry, SERVICE, settings, root, to_micros(flights.cut))
    produced = flights.produce(flights.end)
    kafka_broker.produce(flights._named["flights"], POISON, partition=2)
    figures = _stream(flights.code)
    records = figures["records"]
    assert records["flights"] + records["observed_weather"] == produced + 1
    assert figures["poison"] == {"flights": 1, "cancellations": 1}  # two sources of one topic
    assert set(figures["lag"].values()) == {0}
    letter = json.loads((root / ".zipline" / "dead_letters" / "flights.jsonl").read_text())
    assert letter["value"] == POISON.decode()
    found = _read(flights, flights.end - STILL_HELD)
    trained = flights.trained(SERVICE)[-len(found) :]
    names = [name for name in trained.columns if "__" in name or name == "distance_ratio"]
    assert len(found) > 100
    assert bits(found, names) == bits(trained.to_dicts(), names)


def _set_spark(flights: Flights) -> None:
    lines = "".join(
        f'"{name}" = {json.dumps(value)}\n' for name, value in spark_options(flights.folder).items()
    )
    with (flights.code / "zipline.toml").open("a") as file:
        file.write(f'[spark]\nmaster = "local[2]"\n{lines}')


def _stream(repo: Path) -> dict[str, dict[str, int]]:
    """Stream until all is applied, and return the last figures."""
    command = [
        str(Path(sys.executable).with_name("zipline")),
        "stream",
        "--engine",
        "spark",
        "--once",
        "--json",
    ]
    done = subprocess.run(command, cwd=repo, capture_output=True, text=True, timeout=180, check=False)
    assert done.returncode == 0, done.stderr[-8000:]
    found: dict[str, dict[str, int]] = json.loads(done.stdout.splitlines()[-1])
    return found


def _read(flights: Flights, after: datetime) -> list[dict[str, object]]:
    """Return what is read at every observation's instant after a moment."""
    settings = open_repository(flights.code).settings
    store, found = open_store(settings.online.store, settings.online), list[dict[str, object]]()
    client = zl.OnlineClient(store, clock=lambda: to_micros(flights.end))
    for at, asked in flights.asked(after, flights.end):
        found += client.get_many(SERVICE, pl.DataFrame(asked).to_arrow(), at=at).to_pylist()
    store.close()
    return found
