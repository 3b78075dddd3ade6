"""The worker: events of real logs, applied once in effect, equal to what training sees."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pytest

import zipline as zl
from tests.online.streams.definitions import FLIGHTS, delays, flights
from tests.online.streams.streaming import fill_of, make_worker, now, offline, publish, running, values
from tests.services.kafka import Broker
from zipline.dsl.feature_view import FeatureView
from zipline.errors import OnlineError, StoreUnavailable, StreamError
from zipline.online import catalog
from zipline.online.calls import NOWHERE, Append, Call, ListEntities, ReadMeta
from zipline.online.fills import Fill
from zipline.online.protocol import filling
from zipline.online.protocol.bulk import set_ready
from zipline.online.steps import run
from zipline.online.stores.base import Store
from zipline.online.stores.memory import MemoryStore
from zipline.online.stores.opening import open_store
from zipline.online.streams import keeping
from zipline.online.streams.opening import Streams
from zipline.settings import KafkaSettings, OnlineSettings, Settings
from zipline.types import parse_type, to_arrow

CARRIERS = ["AA", "B6", "DL", "UA"]
START = datetime(2013, 1, 5, tzinfo=UTC)


def online(source: zl.EventSource | zl.Union, *more: Any, name: str = "carrier_delays") -> FeatureView:
    features = (zl.Mean("delay").over("6h"), zl.Max("distance").over("2d"), zl.LastK("number", 3).over("1d"))
    return delays(source, *features, *more, online=True).model_copy(update={"name": name})


def rows_of(count: int, seed: int = 1) -> list[dict[str, Any]]:
    """Return flights, a tenth of which become known late."""
    random = Random(seed)
    rows = []
    for number in range(count):
        scheduled = START + timedelta(seconds=60 * number)
        late = random.randrange(86_400) if random.random() < 0.1 else 0
        rows.append({
            "carrier": random.choice(CARRIERS), "number": number, "scheduled": scheduled,
            "landed": scheduled + timedelta(seconds=random.randrange(3600) + late),
            "delay": random.choice([None, -1.5, 0.1, 0.2, 0.3, 1e16, -1e16]), "distance": random.randrange(3000),
            "cancelled": random.random() < 0.1, "note": None,
        })  # fmt: skip
    return sorted(rows, key=lambda row: row["landed"])


def table_of(rows: list[dict[str, Any]]) -> pa.Table:
    schema = pa.schema([(name, to_arrow(parse_type(kind))) for name, kind in FLIGHTS.items()])
    return pa.Table.from_pylist(rows, schema)


def record(row: dict[str, Any]) -> bytes:
    return json.dumps(row, default=datetime.isoformat).encode()


def settings_of(broker: Broker, **options: Any) -> Settings:
    return Settings(
        kafka=KafkaSettings(
            bootstrap_servers=broker.address, options={"heartbeat_interval_ms": 200}, **options
        )
    )


@pytest.fixture(params=["embedded", "redis_server"])
def store(request: pytest.FixtureRequest, tmp_path: Path, redis_prefix: str) -> Any:
    url = (
        f"embedded:{tmp_path}/online"
        if request.param == "embedded"
        else request.getfixturevalue("redis_server")
    )
    made = open_store(url, OnlineSettings(prefix=redis_prefix, timeout_us=20_000_000))
    yield made
    made.close()


def check(store: Store, view: FeatureView, rows: list[dict[str, Any]], *moments: datetime) -> None:
    """Compare what is read online with a training set, to the bit."""
    for moment in moments:
        at = int((moment - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()) * 1_000_000
        found = values(store, view, CARRIERS, at)
        assert repr(found) == repr(offline(view, table_of(rows), CARRIERS, moment))


def test_what_is_streamed_equals_a_training_set(store: Store, kafka_broker: Broker, tmp_path: Path) -> None:
    topic = kafka_broker.topic("flights", 2)
    source = flights(stream=zl.Kafka(topic), where="NOT cancelled", select={"late": "delay > 0.15"})
    view = online(source, zl.Count(where="late").named("late").over("1d"))
    rows = rows_of(600)
    for number in (0, 1):
        own = [record(row) for at, row in enumerate(rows) if at % 2 == number]
        kafka_broker.produce(topic, *own, partition=number)
    publish(store, view)
    worker = make_worker(store, settings_of(kafka_broker), tmp_path)
    with running(worker) as catch_up:
        catch_up()
        check(store, view, rows, START + timedelta(hours=10), START + timedelta(days=1, hours=2))
    figures = worker.counts.figures()
    assert figures["records"] == {"flights": 600}
    assert (figures["poison"], figures["nobody"]) == ({}, {})
    assert figures["facts"] == {"carrier_delays@1": sum(not row["cancelled"] for row in rows)}
    assert list(figures["lag"].values()) == [0, 0]
    again = make_worker(store, settings_of(kafka_broker), tmp_path)
    with running(again) as catch_up:  # which begins where the store stands
        catch_up()
        check(store, view, rows, START + timedelta(days=1, hours=2))
    assert again.counts.figures()["facts"] == {}


def pushed(rows: list[dict[str, Any]], folder: Path, source: str = "flights", size: int = 1) -> None:
    """Append rows to a push log, in records of so many."""
    log = Streams(Settings(), folder).push_log(source)
    for at in range(0, len(rows), size):
        sink, table = pa.BufferOutputStream(), table_of(rows[at : at + size])
        with pa.ipc.new_stream(sink, table.schema) as stream:
            stream.write_table(table)
        log.append([sink.getvalue().to_pybytes()], 1)
    log.close()


LATER = START + timedelta(days=1)


@pytest.mark.parametrize("versions", [{}, {"id": "number", "corrections": "1d"}])
def test_one_record_may_be_of_many_entities(store: Store, tmp_path: Path, versions: dict[str, Any]) -> None:
    """An offset is applied to a shard in one step, however many documents it touches."""
    view = online(flights(**versions))
    rows = rows_of(2400)
    for number, row in enumerate(rows):
        row["carrier"] = f"carrier {number % 1100}"
    pushed(rows, tmp_path, size=1200)
    publish(store, view)
    with running(make_worker(store, Settings(), tmp_path)) as catch_up:
        catch_up()
    names, at = [f"carrier {number}" for number in range(1101)], START + timedelta(days=2)
    found = values(store, view, names, int(at.timestamp()) * 1_000_000)
    assert repr(found) == repr(offline(view, table_of(rows), names, at))


def test_documents_and_ids_that_are_over_go(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once no window sees the events, and no version can follow theirs, nothing is kept of them."""
    monkeypatch.setattr(keeping, "TIDY_SECONDS", -1.0)
    monkeypatch.setattr(keeping, "WALK_SHARE", 1.0)
    sources = [
        flights(id="number", corrections="1h").model_copy(update={"name": name})
        for name in ("flights", "charters")
    ]
    view = online(zl.Union("both", sources))
    publish(store, view)
    pushed(rows_of(60), tmp_path)
    worker = make_worker(store, Settings(), tmp_path, history=1)
    with running(worker) as catch_up:
        catch_up()
        fill = fill_of(store, view)
        listed = [
            ListEntities(shard, 0, 1_000_000, ids=ids) for shard in fill.all_shards for ids in (True, False)
        ]
        deadline = time.monotonic() + 60
        while left := [store.do(each).entities for each in listed if store.do(each).entities]:
            assert time.monotonic() < deadline, left
    assert worker.counts.figures()["compacted"] > 0


def test_poison_is_told_and_passed(kafka_broker: Broker, tmp_path: Path) -> None:
    """What one view takes for poison may be a row of another."""
    topic = kafka_broker.topic("flights")
    source = flights(stream=zl.Kafka(topic), select={"whole": "CAST(note AS bigint)"})
    plain = online(source)
    noted = online(source, zl.Sum("whole").over("1d"), name="noted_delays")
    rows = rows_of(8)
    for row in rows:
        row["note"] = "7"
    records = [record(row) for row in rows]
    bad = {
        1: b"not JSON", 2: b"", 3: record(rows[3] | {"delay": "late"}), 4: record(rows[4] | {"note": "x"}),
        5: record({name: value for name, value in rows[5].items() if name != "scheduled"}),
        6: record(rows[6] | {"carrier": None}),
    }  # fmt: skip
    kafka_broker.produce(topic, *(bad.get(at, each) for at, each in enumerate(records)), None)
    store = MemoryStore()
    publish(store, plain, noted)
    worker = make_worker(store, settings_of(kafka_broker), tmp_path)
    with running(worker) as catch_up:
        catch_up()
    rows[4]["note"] = "x"
    check(store, plain, [rows[at] for at in (0, 4, 7)], LATER)
    check(store, noted, [rows[at] for at in (0, 7)], LATER)
    counted = worker.counts.figures()
    assert counted["poison"] == {"flights": 5}
    assert counted["nobody"] == {"flights.carrier": 2, "flights.(no value)": 2}  # told of each view
    lines = (tmp_path / ".zipline/dead_letters/flights.jsonl").read_text().splitlines()
    letters = [json.loads(line) for line in lines]
    assert [letter["offset"] for letter in letters] == [1, 2, 3, 4, 5]
    assert letters[0] == {
        "source": "flights", "topic": topic, "partition": 0, "offset": 1, "value": "not JSON",
        "reasons": dict.fromkeys(
            ["carrier_delays@1", "noted_delays@1"], "not JSON: JSON is malformed: invalid character (byte 4)"
        ),
    }  # fmt: skip
    assert letters[3]["reasons"] == {
        "noted_delays@1": "select 'whole': 'CAST(note AS bigint)' cannot be computed"
    }


def test_dead_letters_go_to_a_topic(kafka_broker: Broker, tmp_path: Path) -> None:
    from kafka import KafkaConsumer, TopicPartition

    for client in ("kafka-python", "confluent"):
        topic, dead = kafka_broker.topic("flights"), kafka_broker.topic("dead")
        kafka_broker.produce(topic, b"\xff", record(rows_of(1)[0]))
        store, view = MemoryStore(), online(flights(stream=zl.Kafka(topic)))
        publish(store, view)
        kafka = KafkaSettings(client, kafka_broker.address, dead)
        with running(make_worker(store, Settings(kafka=kafka), tmp_path)) as catch_up:
            catch_up()
        check(store, view, rows_of(1), LATER)
        reader = KafkaConsumer(bootstrap_servers=kafka_broker.address, auto_offset_reset="earliest")
        reader.assign([TopicPartition(dead, 0)])
        ((letter,),) = reader.poll(10_000).values()
        reader.close()
        assert letter.value == b"\xff"
        headers = {name: value.decode() for name, value in letter.headers}
        assert (headers["source"], headers["topic"], headers["offset"]) == ("flights", topic, "0")
        assert "not JSON" in json.loads(headers["reasons"])["carrier_delays@1"]


def test_workers_share_partitions_and_take_over(kafka_broker: Broker, tmp_path: Path) -> None:
    topic = kafka_broker.topic("flights", 4)
    view = online(flights(stream=zl.Kafka(topic)))
    rows = rows_of(400)
    store = open_store(f"embedded:{tmp_path}/online", OnlineSettings(timeout_us=20_000_000))
    publish(store, view)

    def send(part: list[dict[str, Any]]) -> None:
        for number in range(4):
            kafka_broker.produce(
                topic, *(record(row) for row in part if row["number"] % 4 == number), partition=number
            )

    send(rows[:150])
    first, second = (make_worker(store, settings_of(kafka_broker), tmp_path) for _ in range(2))
    with running(first) as first_caught_up:
        first_caught_up()
        with running(second) as second_caught_up:
            send(rows[150:300])
            second_caught_up()  # it has some of the partitions now
            first_caught_up()
        send(rows[300:])
        first_caught_up()
    check(store, view, rows, LATER)
    assert second.counts.facts["carrier_delays@1"] > 0
    store.close()


def test_pushed_rows_are_known_when_they_were_pushed(tmp_path: Path) -> None:
    store, view = MemoryStore(), online(flights(knowledge_time=None))
    rows = rows_of(30)
    publish(store, view)
    pushed(rows, tmp_path)
    before = now()
    with running(make_worker(store, Settings(), tmp_path)) as catch_up:
        catch_up()
    log = Streams(Settings(), tmp_path).push_log("flights")
    arrivals = [arrival for _, arrival, _ in log.read(0, 100)]
    log.close()
    # Known since then, they are in no window any more; a lifetime would show them. So look at what is kept.
    assert arrivals == sorted(set(arrivals))
    assert max(arrivals) < before
    assert [each["count_1h"] for each in values(store, view, CARRIERS, before)] == [0] * 4


def test_a_fill_that_comes_while_others_are_written_is_filled_from_the_beginning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("zipline.online.worker.REFRESH_SECONDS", 0.05)
    store, view, rows = MemoryStore(), online(flights()), rows_of(60)
    publish(store, view)
    pushed(rows[:40], tmp_path)
    worker = make_worker(store, Settings(), tmp_path)
    with running(worker) as catch_up:
        catch_up()
        old = fill_of(store, view)
        made = run(catalog.add_fill(view.name, 1, shards=2, cut=None, history=1, now=now()), store)
        run(filling.start(made), store)
        pushed(rows[40:], tmp_path)
        log = "flights:push:0"
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and not all(
            meta is not None and log in meta.logs and meta.logs[log].offset == 60
            for meta in metas(store, made)
        ):
            catch_up()
        run(set_ready(made, {}), store)
        assert fill_of(store, view) == made != old
        check(store, view, rows, LATER)
        run(catalog.drop_fill(made), store)
        run(filling.drop(made), store)
        catch_up()
        assert fill_of(store, view) == old
        check(store, view, rows, LATER)


def metas(store: Store, fill: Fill) -> list[Any]:
    return [store.do(ReadMeta(shard)) for shard in fill.all_shards]


def test_what_is_far_behind_is_read_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A new fill begins where the log does; the one that is read meanwhile stays as fresh as it was."""
    monkeypatch.setattr("zipline.online.worker.REFRESH_SECONDS", 0.05)
    monkeypatch.setattr("zipline.online.streams.applying.BEHIND", 20)
    monkeypatch.setattr("zipline.online.streams.applying.NEAR", 5)
    store, view, rows = MemoryStore(), online(flights()), rows_of(130)
    publish(store, view)
    pushed(rows[:100], tmp_path)
    worker = make_worker(store, Settings(), tmp_path)
    seen: list[tuple[int, int]] = []
    with running(worker) as catch_up:
        catch_up()
        old = fill_of(store, view)
        while {*offsets(store, old)} != {100}:  # shards without events follow a little later
            catch_up()
        made = run(catalog.add_fill(view.name, 1, shards=2, cut=None, history=1, now=now()), store)
        do = store.do

        def noting(call: Call) -> Any:
            answer = do(call)
            if isinstance(call, Append):
                seen.append((max(offsets(store, old)), max(offsets(store, made))))
            return answer

        monkeypatch.setattr(store, "do", noting)
        run(filling.start(made), store)
        pushed(rows[100:], tmp_path)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and {*offsets(store, old), *offsets(store, made)} != {130}:
            catch_up()
        assert any(first > 100 > second for first, second in seen)
        run(set_ready(made, {}), store)
        assert fill_of(store, view) == made
        check(store, view, rows, LATER)
        (lanes,) = worker._channels.values()
        assert lanes.behind is None  # and all is read together again
        pushed(rows_of(140)[130:], tmp_path)
        catch_up()
        assert len(lanes.main.tracks) == 1
    check(store, view, rows_of(130) + rows_of(140)[130:], LATER)


def offsets(store: Store, fill: Fill) -> list[int]:
    found = (meta.logs.get("flights:push:0") for meta in metas(store, fill))
    return [NOWHERE if each is None else each.offset for each in found]


class Flaky:
    """A store that now and then fails, before or after it has done what it was asked."""

    def __init__(self, store: Store) -> None:
        self._store, self._random = store, Random(3)
        self.failures = 0

    def do(self, call: Call) -> Any:
        luck = self._random.random() if isinstance(call, Append) else 1.0
        if luck < 0.4:
            self.failures += 1
            if luck < 0.2:
                self._store.do(call)
            raise StoreUnavailable("it is down")
        return self._store.do(call)

    def close(self) -> None:
        pass


def test_a_store_that_fails_now_and_then(tmp_path: Path) -> None:
    flaky, view, rows = Flaky(MemoryStore()), online(flights()), rows_of(200)
    publish(flaky, view)
    pushed(rows, tmp_path)
    worker = make_worker(flaky, Settings(), tmp_path)
    with running(worker) as catch_up:
        catch_up()
    assert flaky.failures > 3
    assert worker.counts.reloads > 0
    check(flaky, view, rows, LATER)


def test_a_shard_that_the_store_lost_is_filled_again(tmp_path: Path) -> None:
    store, view, rows = MemoryStore(), online(flights()), rows_of(60)
    publish(store, view)
    pushed(rows[:30], tmp_path)
    said: list[str] = []
    with running(make_worker(store, Settings(), tmp_path, said=said)) as catch_up:
        catch_up()
        run(filling.drop(fill_of(store, view)), store)
        pushed(rows[30:], tmp_path)
        deadline = time.monotonic() + 60
        while not said and time.monotonic() < deadline:
            catch_up()
        catch_up()
        check(store, view, rows, LATER)
    assert said[0] == "carrier_delays@1.1: the store had lost it; it is filled from the log's beginning"


def test_views_with_tables_wait_for_their_history(tmp_path: Path) -> None:
    store = MemoryStore()
    table = zl.Frame(table_of(rows_of(3)))
    view = online(flights(table=table))
    publish(store, view.model_copy(update={"source": flights(table=zl.Parquet("flights/*.parquet"))}))
    pushed(rows_of(3), tmp_path)
    said: list[str] = []
    worker = make_worker(store, Settings(), tmp_path, said=said)
    with running(worker):
        deadline = time.monotonic() + 60
        while not said and time.monotonic() < deadline:
            time.sleep(0.01)
    assert said == ["carrier_delays@1 waits for its history: zipline materialize carrier_delays"]
    assert worker.counts.records == {}


def test_an_offset_outside_the_log_ends_the_worker(tmp_path: Path) -> None:
    store, view = MemoryStore(), online(flights())
    publish(store, view)
    pushed(rows_of(3), tmp_path)
    with running(make_worker(store, Settings(), tmp_path)) as catch_up:
        catch_up()
    (tmp_path / ".zipline/push/flights.sqlite").unlink()
    with (
        pytest.raises(StreamError, match="offset 3 is to be read, and the log of pushed rows ends at 0"),
        running(make_worker(store, Settings(), tmp_path)) as catch_up,
    ):
        catch_up()


def test_a_view_that_is_not_published(tmp_path: Path) -> None:
    store = MemoryStore()
    publish(store, online(flights()))
    with pytest.raises(OnlineError, match="view 'delays' is not in the online store") as caught:
        make_worker(store, Settings(), tmp_path, ["delays"]).run()
    assert caught.value.hint is not None
    assert "register it, online=True: zipline apply" in caught.value.hint
