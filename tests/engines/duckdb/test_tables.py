"""Files of every format and place, and what is told of those that cannot be read."""

from __future__ import annotations

import bz2
import gzip
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import fsspec
import pyarrow as pa
import pyarrow.csv as pc
import pyarrow.parquet as pq
import pytest

import zipline as zl
from tests.engines.duckdb.small import ASKED, EVENTS, ask, sums
from tests.refusals import refusal
from zipline.dsl.table import Table
from zipline.output import write_parquet

SUMS = [3, 4, None]
LINES = "".join(
    f'{{"user": "{row["user"]}", "ts": "{row["ts"]}", "x": {row["x"]}}}\n' for row in EVENTS.to_pylist()
)


def csv_text(table: pa.Table = EVENTS, **options: Any) -> bytes:
    sink = pa.BufferOutputStream()
    pc.write_csv(table, sink, pc.WriteOptions(**options))
    return bytes(sink.getvalue().to_pybytes())


def zstd(data: bytes) -> bytes:
    return bytes(pa.compress(data, codec="zstd", asbytes=True))


def put(path: Path, data: bytes | pa.Table) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(data, pa.Table):
        pq.write_table(data, path)
    else:
        path.write_bytes(data)
    return path


FILES: dict[str, tuple[str, bytes | pa.Table, Callable[[str], zl.Parquet | zl.Csv | zl.Json]]] = {
    "parquet": ("a.parquet", EVENTS, zl.Parquet),
    "csv": ("a.csv", csv_text(), zl.Csv),
    "csv gz": ("a.csv.gz", gzip.compress(csv_text()), zl.Csv),
    "csv zst": ("a.csv.zst", zstd(csv_text()), zl.Csv),
    "csv with another delimiter": ("a.csv", csv_text(delimiter=";"), lambda path: zl.Csv(path, delimiter=";")),
    "json lines": ("a.json", LINES.encode(), zl.Json),
    "json gz": ("a.json.gz", gzip.compress(LINES.encode()), zl.Json),
    "json zst": ("a.json.zst", zstd(LINES.encode()), lambda path: zl.Json(path, format="lines")),
    "json array": ("a.json", f"[{','.join(LINES.splitlines())}]".encode(), lambda p: zl.Json(p, format="array")),
}  # fmt: skip


@pytest.mark.parametrize("kind", FILES)
def test_each_format_alone_in_a_glob_and_in_a_directory(kind: str, tmp_path: Path) -> None:
    name, data, table = FILES[kind]
    path = put(tmp_path / "sub" / name, data)
    for place in (path, tmp_path / "*" / "*", tmp_path):
        assert sums(table(str(place))) == SUMS, place


def test_several_files_are_one_table(tmp_path: Path) -> None:
    for i in range(3):
        put(tmp_path / f"{i}.parquet", EVENTS.slice(i, 1))
    assert sums(zl.Parquet(str(tmp_path))) == SUMS
    assert sums(zl.Parquet(str(tmp_path / "[01].parquet"))) == [3, None, None]


def test_hive_partitions_become_columns(tmp_path: Path) -> None:
    for user in ("a", "b"):
        rows = EVENTS.filter(pa.compute.equal(EVENTS["user"], user)).drop_columns(["user"])
        put(tmp_path / "day=2024-01-02" / f"user={user}" / "part.parquet", rows)
    assert sums(zl.Parquet(str(tmp_path))) == SUMS
    days = ask(zl.Parquet(str(tmp_path)), [zl.Last("day")]).to_arrow()["v__day_last"]
    assert [str(day) for day in days] == ["2024-01-02", "2024-01-02", "None"]


def test_relative_paths_are_those_of_the_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path / "repo" / "data" / "a.parquet", EVENTS)
    (tmp_path / "repo" / "zipline.toml").touch()
    monkeypatch.chdir(tmp_path)
    view = zl.FeatureView(
        "v",
        entity=zl.Entity("user"),
        source=zl.EventSource("events", table=zl.Parquet("data/a.parquet"), event_time="ts"),
        features=[zl.Sum("x")],
    )
    put(tmp_path / "asked.parquet", ASKED)
    answer = zl.FeatureStore("repo").training_set("asked.parquet", view, time="t").to_arrow()
    assert answer["v__x_sum"].to_pylist() == SUMS


@pytest.fixture
def memory() -> str:
    """Return the URL of an empty folder in memory."""
    return f"memory://{uuid4().hex}"


def test_urls_are_read_and_written(memory: str) -> None:
    for name, table in (("events", EVENTS), ("asked", ASKED)):
        with fsspec.open(f"{memory}/{name}/a.parquet", "wb") as file:
            pq.write_table(table, file)
    for place in ("events/a.parquet", "events/*.parquet", "events"):
        assert sums(zl.Parquet(f"{memory}/{place}"), asked=f"{memory}/asked/a.parquet") == SUMS
    request = ask(zl.Parquet(f"{memory}/events"), asked=zl.Parquet(f"{memory}/asked"))
    for target, file in (
        ("out/features.parquet", "out/features.parquet"),
        ("folder/", "folder/part-0.parquet"),
    ):
        request.write_parquet(f"{memory}/{target}")
        with fsspec.open(f"{memory}/{file}") as written:
            assert pq.read_table(written) == request.to_arrow()
    files = fsspec.filesystem("memory").find(memory.removeprefix("memory:/"))
    assert sorted(name.rpartition("/")[2] for name in files) == [
        "a.parquet", "a.parquet", "features.parquet", "part-0.parquet",
    ]  # fmt: skip


def test_a_url_gets_a_whole_file_or_none(memory: str) -> None:
    def broken() -> Any:
        yield from EVENTS.to_batches()
        raise ValueError("stop")

    with pytest.raises(ValueError, match="stop"):
        write_parquet(f"{memory}/a.parquet", EVENTS.schema, broken())
    assert fsspec.filesystem("memory").find(memory.removeprefix("memory:/")) == []


def test_protocols_that_nobody_knows() -> None:
    message = "Parquet('frob://a.parquet'): cannot read URLs of 'frob'\nHint: Protocol not known: frob"
    assert refusal(lambda: sums(zl.Parquet("frob://a.parquet")), zl.DataError) == message
    message = "cannot write to 'frob://a.parquet'\nHint: Protocol not known: frob"
    assert refusal(lambda: write_parquet("frob://a.parquet", EVENTS.schema, [])) == message


RIGHTS = "-dac_override,-dac_read_search"
WITHOUT_ROOTS_RIGHTS = (
    ("setpriv", f"--inh-caps={RIGHTS}", f"--bounding-set={RIGHTS}") if os.geteuid() == 0 else ()
)
"""Runs a command as a user who may not read every file."""


@pytest.mark.parametrize("table", [zl.Parquet, zl.Csv, zl.Json])
def test_files_that_are_not_there(table: Any, tmp_path: Path) -> None:
    path = str(tmp_path / "absent")
    message = f"no file matches {path!r}\nHint: check the path of the table"
    assert refusal(lambda: sums(table(path)), zl.DataError) == message


def test_an_empty_directory_matches_nothing(tmp_path: Path) -> None:
    assert "no file matches" in refusal(lambda: sums(zl.Parquet(str(tmp_path))), zl.DataError)


def test_a_file_that_may_not_be_read_is_not_called_torn(tmp_path: Path) -> None:
    path = put(tmp_path / "a.parquet", EVENTS)
    path.chmod(0)
    code = f"import zipline as zl; zl.FeatureStore().training_set({str(path)!r}, zl.Derived('x', '1'), time='t').schema"
    ran = subprocess.run(
        [*WITHOUT_ROOTS_RIGHTS, sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    message = f"file {str(path)!r}: you have no right to read it\nHint: ask its owner for it"
    assert message in ran.stderr


def test_a_torn_parquet_file_is_named(tmp_path: Path) -> None:
    path = put(tmp_path / "a.parquet", EVENTS)
    path.write_bytes(path.read_bytes()[:-20])
    message = refusal(lambda: sums(zl.Parquet(str(path))), zl.DataError)
    assert message.startswith(f"Parquet({str(path)!r}), file {str(path)!r}: is torn, or no Parquet file: ")
    assert message.endswith("Hint: write the file anew, or leave it out")


def test_torn_pages_name_the_file(tmp_path: Path) -> None:
    path = put(tmp_path / "a.parquet", EVENTS)
    data = path.read_bytes()
    path.write_bytes(data[:4] + b"\xff" * 200 + data[204:])
    put(tmp_path / "b.parquet", EVENTS)
    for place in (path, tmp_path):
        message = refusal(lambda place=place: sums(zl.Parquet(str(place))), zl.DataError)  # type: ignore[misc]
        assert message.startswith(f"source 'events', file {str(path)!r}: is torn, or no Parquet file: ")


@pytest.mark.parametrize(
    "text",
    [
        "user,ts,x\na,1970-01-01,1\nb,1970-01-02,2,4\n",
        "user,ts,x\na,1970-01-01,1,1\nb,1970-01-02,2,4\n",
        "user,ts,x\na,1970-01-01,1\nb,1970-01-02\n",
    ],
)
def test_lines_of_the_wrong_length_are_no_guess(text: str, tmp_path: Path) -> None:
    path = put(tmp_path / "a.csv", text.encode())
    assert f"Csv({str(path)!r})" in refusal(lambda: sums(zl.Csv(str(path))), zl.DataError)


def test_csv_keeps_every_line(tmp_path: Path) -> None:
    text = 'user,ts,x\n"#a",1970-01-01,1\n# b,1970-01-01,2\n,1970-01-01,4\n"c,\n\'d",1970-01-01,-\n'
    path = put(tmp_path / "a.csv", text.encode())
    asked = pa.table({"user": ["#a", "# b", "", "c,\n'd"], "t": ["1970-01-02"] * 4})
    answer = ask(zl.Csv(str(path), null="-"), asked=asked).to_arrow()
    assert answer["v__count"].to_pylist() == [1, 1, 0, 1]
    assert answer["v__x_sum"].to_pylist() == [1, 2, None, None]


def test_a_csv_file_of_a_header_alone_has_text_columns(tmp_path: Path) -> None:
    path = put(tmp_path / "a.csv", b"user,ts,x\n")
    answer = ask(zl.Csv(str(path)), [zl.Count(), zl.Last("x")]).to_arrow()
    assert answer.select(["v__count", "v__x_last"]).to_pydict() == {
        "v__count": [0] * 3,
        "v__x_last": [None] * 3,
    }


def test_torn_json_names_its_place(tmp_path: Path) -> None:
    path = put(tmp_path / "a.json", LINES.encode() + b'{"user": ')
    message = refusal(lambda: sums(zl.Json(str(path))), zl.DataError)
    assert message.startswith(f'Json({str(path)!r}): Invalid Input Error: Malformed JSON in file "{path}"')


def test_other_tables_are_refused() -> None:
    class Stranger(Table):
        pass

    assert "is not a table that the DuckDB engine reads" in refusal(
        lambda: sums(Stranger()), zl.DefinitionError
    )


def test_compressions_beyond_duckdb_are_refused(tmp_path: Path) -> None:
    path = put(tmp_path / "a.csv.bz2", bz2.compress(csv_text()))
    assert "Csv(" in refusal(lambda: sums(zl.Csv(str(path))))
