"""The feature log: whole files, a bounded buffer, and the same rows however a read was made."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.online.serve.stand_in import EVERYTHING, KINDS, VALUES, StandIn
from zipline.errors import RequestError
from zipline.online.bits import same_bits
from zipline.online.calls import Applied, Marker
from zipline.online.feature_log import FeatureLog, Keeping
from zipline.online.features import Features
from zipline.online.logged import LoggedOne, log_table
from zipline.online.logged_reads import Position, read_log
from zipline.online.statuses import Status
from zipline.types import INT64, to_arrow


@pytest.fixture
def client() -> StandIn:
    """Return what is logged."""
    return StandIn()


class Told:
    """Counts rows."""

    def __init__(self) -> None:
        self.written = self.dropped = 0

    def write(self, rows: int) -> None:
        self.written += rows

    def drop(self, rows: int) -> None:
        self.dropped += rows


def log_one(log: FeatureLog, client: StandIn, service: str = "delay_model", **request: Any) -> None:
    log.offer(client.service(service), request, client.get(service, request))


def test_one_read_and_several_are_the_same_rows(client: StandIn, tmp_path: Path) -> None:
    log = FeatureLog(str(tmp_path))
    asked: list[dict[str, Any]] = [
        {"carrier": "UA", "distance": 2.0},
        {"carrier": "bad", "token": b"\x01"},
        {},
    ]
    for request in asked:
        log_one(log, client, **request)
    log.offer_many(asked, client.answer("delay_model", asked))
    log.close()
    (reads,) = read_log(str(tmp_path), "delay_model")
    assert reads.service == "delay_model@3"
    rows = reads.table.drop_columns("logged_at").to_pylist()
    assert rows[:3] == rows[3:]
    assert rows[0] == {
        "service": "delay_model@3", "at": rows[0]["at"],
        "request": {"carrier": "UA", "distance": 2.0, "token": None},
        "values": {"delays__count_1d": 2, "delays__mean_1d": 0.5},
        "statuses": {"delays__count_1d": "PRESENT", "delays__mean_1d": "PRESENT"}, "errors": [], "positions": [],
    }  # fmt: skip
    assert (rows[1]["request"]["token"], rows[1]["errors"]) == (b"\x01", [("delays__mean_1d", "overflow")])
    assert str(rows[0]["at"]) == "2024-06-01 12:00:00.500000+00:00"


def test_every_type_keeps_its_bits(client: StandIn, tmp_path: Path) -> None:
    log = FeatureLog(str(tmp_path))
    log_one(log, client, "every_type")
    log.offer_many([{}], client.answer("every_type", [{}]))
    log.close()
    (reads,) = read_log(str(tmp_path), "every_type@1")
    for name, kind in KINDS.items():
        value = list(VALUES[name].items()) if kind.kind == "map" else VALUES[name]
        expected = pa.array([value, value], to_arrow(kind))
        assert reads.values.schema.field(name).type == expected.type
        assert same_bits(reads.values[name].combine_chunks(), expected).all(), name


def test_positions_are_those_of_each_view(client: StandIn) -> None:
    features = client.get("every_type", {})
    marker = Marker(True, 5, 0, {"flights:push:0": Applied(7, 9), "flights:push:1": Applied(8, 9)})
    features.__class__ = type(
        "Placed",
        (type(features),),
        {"markers": {"delays": marker, "nobody": None, "new": Marker(True, None, 0, {})}},
    )
    from zipline.online.logged_reads import LoggedReads

    reads = LoggedReads("every_type@1", log_table(EVERYTHING, [LoggedOne(1, {}, features)]))
    assert reads.positions(0) == {
        "delays": Position(5, (("flights:push:0", 7), ("flights:push:1", 8))), "new": Position(None, ()),
    }  # fmt: skip


def test_files_appear_whole_and_by_rows(client: StandIn, tmp_path: Path) -> None:
    told = Told()
    log = FeatureLog(str(tmp_path), Keeping(rows=10, seconds=3600.0), written=told.write)
    for _ in range(25):
        log_one(log, client, carrier="UA")
    log.close()
    files = list(tmp_path.rglob("*"))
    assert {each.suffix for each in files if each.is_file()} == {".parquet"}
    assert told.written == 25
    assert sum(pq.read_metadata(each).num_rows for each in files if each.is_file()) == 25


def test_what_waits_is_bounded(client: StandIn, tmp_path: Path) -> None:
    told = Told()
    keeping = Keeping(rows=1000, seconds=3600.0, buffer=10)
    log = FeatureLog(str(tmp_path), keeping, written=told.write, dropped=told.drop)
    for _ in range(15):
        log_one(log, client)
    log.offer_many([{}] * 20, client.answer("delay_model", [{}] * 20))
    assert told.dropped == 25
    log.flush()
    log_one(log, client)
    log.close()
    assert (told.written, told.dropped) == (11, 25)


def test_a_share_of_reads_is_kept(client: StandIn, tmp_path: Path) -> None:
    told = Told()
    log = FeatureLog(str(tmp_path), Keeping(sample=0.25), written=told.write, dropped=told.drop)
    draws = iter([0.1, 0.25, 0.9, 0.2])
    log._draw = lambda: next(draws)
    for _ in range(4):
        log_one(log, client)
    log.close()
    assert (told.written, told.dropped) == (2, 0)


def test_reads_go_on_where_the_log_cannot_be_written(
    client: StandIn, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    place, told = tmp_path / "taken", Told()
    place.write_text("a file, no folder")
    log = FeatureLog(str(place), written=told.write, dropped=told.drop)
    log_one(log, client)
    log.flush()
    assert (told.written, told.dropped) == (0, 1)
    assert "1 rows of the feature log could not be written" in caplog.text
    place.unlink()
    log_one(log, client)
    log.close()
    assert (told.written, told.dropped) == (1, 1)


def test_a_read_that_cannot_be_written_down_loses_no_other(
    client: StandIn, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    told = Told()
    log = FeatureLog(str(tmp_path), written=told.write, dropped=told.drop)
    log_one(log, client, carrier="UA")
    log.offer(client.service("delay_model"), {"distance": "far"}, client.get("delay_model", {}))
    log_one(log, client, carrier="AA")
    log.close()
    assert (told.written, told.dropped) == (2, 1)
    assert "1 rows of the feature log could not be written: field 'distance' is 'far'" in caplog.text
    (reads,) = read_log(str(tmp_path), "delay_model")
    assert sorted(reads.requests["carrier"].to_pylist()) == ["AA", "UA"]


def test_a_view_that_is_read_under_two_names_is_two_tables(client: StandIn, tmp_path: Path) -> None:
    log = FeatureLog(str(tmp_path))
    state = client.service("delay_model")
    other = replace(state, kinds={"a": INT64}, outputs=("a",), derived=())
    log_one(log, client, carrier="UA")
    log.offer(other, {"carrier": "AA"}, Features(other, {"a": 7}, {"a": Status.PRESENT}, {}, 0, 0, []))
    log.close()
    found = {reads.values.column_names[0]: len(reads) for reads in read_log(str(tmp_path), "delay_model")}
    assert found == {"a": 1, "delays__count_1d": 1}


def test_the_newest_reads_of_each_version(client: StandIn, tmp_path: Path) -> None:
    log = FeatureLog(f"file://{tmp_path}")
    for name in ("first", "second"):
        log_one(log, client, carrier=name)
        log.flush()
    log_one(log, client, "every_type")
    log.close()
    (reads,) = read_log(f"file://{tmp_path}", "delay_model", newest=1)
    assert reads.requests["carrier"].to_pylist() == ["second"]
    with pytest.raises(
        RequestError, match=r"holds no read of 'delay_modle'\nHint: did you mean 'delay_model'"
    ):
        next(read_log(str(tmp_path), "delay_modle"))
    with pytest.raises(RequestError, match=r"holds no read of 'delay_model'\nHint: serve with it"):
        next(read_log(str(tmp_path / "nothing"), "delay_model"))
