"""How files are named, found and written of in a module."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import fsspec
import polars as pl
import pytest

from zipline.init.adopt import adopted

N = 40
FRAME = pl.DataFrame(
    {
        "rider_id": [n % 7 for n in range(N)],
        "started_at": [datetime(2024, 3, 1) + timedelta(hours=5 * n) for n in range(N)],
        "fare": [n / 4 for n in range(N)],
    }
)


def module(source: str, folder: Path) -> tuple[str, str]:
    """Return the module's name and the line of its table."""
    files = adopted(source, folder, entity=None, event_time=None, name=None).files
    (name,) = [name for name in files if name.endswith(".py")]
    (line,) = [line.strip() for line in files[name].decode().splitlines() if "table=" in line]
    return name, line


def test_formats_are_told_by_their_ending(tmp_path: Path) -> None:
    FRAME.write_csv(tmp_path / "rides.csv")
    FRAME.write_csv(tmp_path / "rides.tsv", separator="\t")
    FRAME.write_ndjson(tmp_path / "rides.jsonl")
    for name, table in (
        ("rides.csv", 'zl.Csv("rides.csv")'),
        ("rides.tsv", r'zl.Csv("rides.tsv", delimiter="\t")'),
        ("rides.jsonl", 'zl.Json("rides.jsonl")'),
    ):
        assert module(str(tmp_path / name), tmp_path) == ("rides_features.py", f"table={table},")


@pytest.mark.parametrize(
    ("path", "source", "name"),
    [
        ("rides/data/ds=2024-03-01/part-0.parquet", "rides/data/*/*.parquet", "rides"),
        ("Late Rides.2024.parquet", "Late Rides.2024.parquet", "late_rides"),
        ("7.parquet", "7.parquet", "events_7"),
        ("data/one.parquet", "data/*.parquet", "events"),
    ],
)
def test_a_name_is_the_last_part_of_the_path_that_says_something(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str, source: str, name: str
) -> None:
    (tmp_path / "elsewhere").mkdir()
    place = tmp_path / "elsewhere" / path
    place.parent.mkdir(parents=True, exist_ok=True)
    FRAME.write_parquet(place)
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert module(source, Path())[0] == f"{name}_features.py"


def test_a_url_is_read_through_fsspec(tmp_path: Path) -> None:
    with fsspec.open("memory://adopt/rides.csv", "w") as file:
        file.write(FRAME.write_csv())
    url = "memory://adopt/rides.csv"
    assert module(url, tmp_path) == ("rides_features.py", f'table=zl.Csv("{url}"),')


def test_what_looks_like_a_variable_in_a_path_is_none(tmp_path: Path) -> None:
    (tmp_path / "${x}").mkdir()
    FRAME.write_csv(tmp_path / "${x}" / "rides.csv")
    assert module(str(tmp_path / "${x}" / "rides.csv"), tmp_path)[1] == 'table=zl.Csv("$${x}/rides.csv"),'
