"""Delta tables: versions, what need not be read, deletion vectors and mapped columns, and what is told of faults."""

from __future__ import annotations

import json
import os
import struct
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

import zipline as zl
from tests.engines.duckdb.corruption import corrupt
from tests.engines.duckdb.small import ASKED, EVENTS, MOMENTS, ask, sums
from tests.refusals import refusal
from zipline.engines.duckdb.readers import delta as reading

START = datetime(2024, 1, 1, tzinfo=UTC)
UTC_EVENTS = EVENTS.set_column(1, "ts", EVENTS["ts"].cast(pa.timestamp("us", "UTC")))
Z85 = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#"


def put(folder: Path, rows: pa.Table = EVENTS, **options: Any) -> zl.Delta:
    write_deltalake(folder, rows, **options)
    return zl.Delta(str(folder))


def commit(folder: Path, number: int) -> list[dict[str, Any]]:
    """Return the actions of a commit."""
    return [json.loads(line) for line in log(folder, number).read_text().splitlines()]


def log(folder: Path, number: int) -> Path:
    return folder / "_delta_log" / f"{number:020}.json"


def write(folder: Path, number: int, actions: list[dict[str, Any]]) -> None:
    log(folder, number).write_text("\n".join(json.dumps(each) for each in actions) + "\n")


def test_a_table_is_read_as_events_and_as_observations(tmp_path: Path) -> None:
    table = put(tmp_path / "events", partition_by=["user"])
    assert sums(table) == [3, 4, None]
    assert sums(table, id="x") == [3, 4, None]
    assert sums(table, asked=put(tmp_path / "asked", ASKED)) == [3, 4, None]
    assert sums(table, schema={"x": "double"}) == [3, 4, None]


def test_versions_by_number_and_by_time(tmp_path: Path) -> None:
    put(tmp_path)
    put(tmp_path, EVENTS.set_column(2, "x", pa.array([10, 20, 40])), mode="overwrite")
    path = str(tmp_path)
    assert sums(zl.Delta(path)) == [30, 40, None]
    assert sums(zl.Delta(path, version=0)) == [3, 4, None]
    moment = datetime.now(UTC) + timedelta(hours=1)
    os.utime(
        log(tmp_path, 1), (moment.timestamp(), moment.timestamp())
    )  # a version's time is that of its file
    assert sums(zl.Delta(path, at=moment + timedelta(seconds=1))) == [30, 40, None]
    assert sums(zl.Delta(path, at=moment - timedelta(seconds=1))) == [3, 4, None]
    message = refusal(lambda: sums(zl.Delta(path, at="2020-01-01")), zl.DataError)
    assert (
        f"Delta({path!r}): has no version at 2020-01-01T00:00:00+00:00\nHint: its oldest one is of 20"
        in message
    )
    assert path in refusal(lambda: sums(zl.Delta(path, version=7)), zl.DataError)


def test_files_of_other_times_partitions_and_keys_are_not_read(tmp_path: Path) -> None:
    for day in (0, 20, 40):
        rows = pa.table(
            {
                "user": ["a", "b"],
                "ts": pa.array([START + timedelta(days=day)] * 2),
                "kind": ["k", "l"],
                "x": [1, 2],
                "unread": ["p", "q"],
            }
        )
        write_deltalake(tmp_path, rows, mode="append", partition_by=["user", "kind"])
    asked = pa.table({"user": ["a"], "t": [START + timedelta(days=21)]})
    request = ask(zl.Delta(str(tmp_path)), [zl.Sum("x").over("7d")], asked=asked, where="kind = 'k'")
    actions = pa.table(DeltaTable(tmp_path).get_add_actions(flatten=True)).to_pylist()
    for each in actions:
        seen = each["partition.user"] == "a" and "2024-01-21" in str(each["min.ts"])
        corrupt(tmp_path / each["path"], columns=["unread"] if seen else None)
    assert len(actions) == 6
    assert request.to_arrow()["v__x_sum_7d"].to_pylist() == [1]
    everything = ask(zl.Delta(str(tmp_path)), [zl.Sum("x")], asked=asked)
    assert "source 'events'" in refusal(everything.to_arrow, zl.DataError)


def test_nan_is_above_every_number_behind_statistics_too(tmp_path: Path) -> None:
    table = put(tmp_path, EVENTS.set_column(2, "x", pa.array([float("nan"), 1.0, 2.0])))
    assert ask(table, [zl.Count()], where="x > 5").to_arrow()["v__count"].to_pylist() == [1, 0, 0]


def test_a_run_reads_one_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = put(tmp_path)
    original = reading.DeltaReader.__init__
    opened = []

    def begun(self: reading.DeltaReader, found: DeltaTable) -> None:
        original(self, found)
        opened.append(found.version())
        write_deltalake(tmp_path, EVENTS, mode="append")

    monkeypatch.setattr(reading.DeltaReader, "__init__", begun)
    views = [
        zl.FeatureView(
            name,
            entity=zl.Entity("user"),
            source=zl.EventSource(name, table=table, event_time="ts", id=None if name == "a" else "x"),
            features=[zl.Sum("x")],
        )
        for name in ("a", "b")
    ]
    answer = zl.FeatureStore().training_set(ASKED, views, time="t").to_arrow()
    assert opened == [0]
    assert answer["a__x_sum"].to_pylist() == answer["b__x_sum"].to_pylist() == [3, 4, None]


def with_deleted(folder: Path, rows: list[int]) -> zl.Delta:
    """Write a table whose second version marks rows of its one file as deleted, as Spark does."""
    put(folder, UTC_EVENTS)
    (add,) = [each["add"] for each in commit(folder, 0) if "add" in each]
    values = b"".join(struct.pack("<H", row) for row in rows)
    bitmap = struct.pack("<IIHHI", 12346, 1, 0, len(rows) - 1, 16) + values
    vector = struct.pack("<IqI", 1681511377, 1, 0) + bitmap
    padded = vector + b"\0" * (-len(vector) % 4)
    digits = ""
    for at in range(0, len(padded), 4):
        number, five = int.from_bytes(padded[at : at + 4], "big"), ""
        for _ in range(5):
            number, digit = divmod(number, 85)
            five = Z85[digit] + five
        digits += five
    marked = {
        "storageType": "i",
        "pathOrInlineDv": digits,
        "sizeInBytes": len(vector),
        "cardinality": len(rows),
    }
    features = {"readerFeatures": ["deletionVectors"], "writerFeatures": ["deletionVectors"]}
    write(
        folder, 1,
        [
            {"commitInfo": {"timestamp": 1, "operation": "DELETE"}},
            {"protocol": {"minReaderVersion": 3, "minWriterVersion": 7} | features},
            {"remove": {"path": add["path"], "deletionTimestamp": 1, "dataChange": True}},
            {"add": add | {"deletionVector": marked}},
        ],
    )  # fmt: skip
    return zl.Delta(str(folder))


def test_rows_that_are_marked_as_deleted_are_not_read(tmp_path: Path) -> None:
    table = with_deleted(tmp_path, [0, 2])
    assert sums(table) == [2, None, None]
    assert sums(table, where="x > 1 AND \"user\" = 'a'") == [2, None, None]
    assert sums(table, id="x") == [2, None, None]
    assert sums(zl.Delta(str(tmp_path), version=0)) == [3, 4, None]


def test_deletions_hold_within_bounds_of_every_kind(tmp_path: Path) -> None:
    for condition in (
        "x = 2",
        "x IN (2, 3)",
        "x >= 2",
        "ts >= TIMESTAMP '1970-01-01'",
        "\"user\" = 'a'",
        "x > 1.5",
    ):
        table = with_deleted(tmp_path / str(abs(hash(condition))), [0, 2])
        assert sums(table, where=condition) == [2, None, None]


def mapped(folder: Path, edit: Callable[[dict[str, Any]], None] = lambda _: None) -> zl.Delta:
    """Write a table whose columns have other names in the files, of the protocol before there were features."""
    put(folder, UTC_EVENTS)
    actions = commit(folder, 0)
    for action in actions:
        if "protocol" in action:
            action["protocol"] = {"minReaderVersion": 2, "minWriterVersion": 5}
        if "metaData" in action:
            action["metaData"]["configuration"] = {
                "delta.columnMapping.mode": "name",
                "delta.columnMapping.maxColumnId": "3",
            }
            schema = json.loads(action["metaData"]["schemaString"])
            for number, field in enumerate(schema["fields"]):
                physical = {
                    "delta.columnMapping.id": number + 1,
                    "delta.columnMapping.physicalName": field["name"],
                }
                field.update(metadata=physical, name={"x": "amount"}.get(field["name"], field["name"]))
            action["metaData"]["schemaString"] = json.dumps(schema)
    write(folder, 0, actions)
    return zl.Delta(str(folder))


def test_columns_that_have_other_names_in_the_files(tmp_path: Path) -> None:
    answer = ask(mapped(tmp_path), [zl.Sum("amount")]).to_arrow()
    assert answer["v__amount_sum"].to_pylist() == [3, 4, None]


def test_features_that_nobody_here_reads_are_refused_by_name(tmp_path: Path) -> None:
    table = with_deleted(tmp_path, [0])
    actions = commit(tmp_path, 1)
    actions[1]["protocol"]["readerFeatures"] = ["deletionVectors", "timeMachine"]
    actions[1]["protocol"]["writerFeatures"] = ["deletionVectors", "timeMachine"]
    write(tmp_path, 1, actions)
    message = refusal(lambda: sums(table), zl.DataError)
    assert "timeMachine" in message


def test_faults_name_the_table_or_the_file(tmp_path: Path) -> None:
    absent = zl.Delta(str(tmp_path / "absent"))
    assert str(tmp_path / "absent") in refusal(lambda: sums(absent), zl.DataError)
    table = put(tmp_path)
    (file,) = tmp_path.glob("*.parquet")
    file.write_bytes(file.read_bytes()[:-20])
    message = refusal(lambda: sums(table), zl.DataError)
    assert message.startswith("source 'events'")
    assert file.name in message
    file.unlink()
    message = refusal(lambda: sums(table), zl.DataError)
    assert message.startswith("source 'events'")
    assert file.name in message


def test_locations_have_variables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path / "lake" / "events")
    monkeypatch.setenv("LAKE", str(tmp_path / "lake"))
    assert sums(zl.Delta("${LAKE}/events")) == [3, 4, None]


def test_times_without_a_zone(tmp_path: Path) -> None:
    rows = EVENTS.set_column(1, "ts", pa.array([1, 2, 3], MOMENTS))
    table = put(tmp_path, rows)
    assert sums(table) == [3, 4, None]
    assert ask(table, [zl.Sum("x").over("8us")]).to_arrow()["v__x_sum_8us"].to_pylist() == [2, 4, None]
