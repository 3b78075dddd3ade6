"""`zipline lookup`: values, statuses, how far behind the streams were, and the time taken."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Ran
from tests.online.client.world import World
from zipline.online.stores.opening import open_store

Run = Callable[..., Ran]
AT = ("--at", "2024-03-03")


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a repository whose services are in its embedded store."""
    place = tmp_path_factory.mktemp("lookup") / "shop"
    store = open_store(f"embedded:{place}/.zipline/online")
    World(place, store).load("small_model", "full_model")
    store.close()
    return place


def test_lines_in_a_pipe(shop: Path, run: Run) -> None:
    ran = run("lookup", "small_model", "op_carrier=ZZ", *AT, "--repo", str(shop))
    assert ran == Ran(
        0,
        "feature\tvalue\tstatus\ncarriers__count_1d\t0\tNOT_FOUND\ncarriers__late_rate\tnull\tNOT_FOUND\n",
        "",
    )


def test_errors_have_a_column(shop: Path, run: Run) -> None:
    ran = run("lookup", "full_model", "carrier=UA", "extra=1", *AT, "--repo", str(shop))
    head, *lines = (line.split("\t") for line in ran.out.splitlines())
    assert head == ["feature", "value", "status", "error"]
    errors = {name: error for name, _, status, error in lines if status == "ERROR"}
    assert set(errors) == {"cabins__seats_sum_1d", "cabins__twice", "share"}
    assert "does not fit int64" in errors["share"]


def test_json(shop: Path, run: Run) -> None:
    ran = run("lookup", "full_model", "carrier=UA", *AT, "--json", "--repo", str(shop))
    said = json.loads(ran.out)
    assert list(said) == ["service", "at", "values", "statuses", "errors", "behind", "milliseconds"]
    assert (said["service"], said["at"]) == ("full_model@1", "2024-03-03T00:00:00Z")
    assert said["values"]["n"] is None
    assert said["statuses"]["n"] == "NULL"
    assert set(said["errors"]) == {"cabins__seats_sum_1d", "cabins__twice", "share"}
    assert said["behind"]["cabins"] > 0
    assert said["milliseconds"] > 0


def test_without_a_repository(shop: Path, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    ran = run("lookup", "small_model", *AT, "--store", f"embedded:{shop}/.zipline/online")
    assert (ran.code, ran.out.splitlines()[1]) == (0, "carriers__count_1d\t0\tNOT_FOUND")
    ran = run("lookup", "small_model", *AT)
    assert (ran.code, ran.out) == (1, "")
    assert "is in no feature repository" in ran.err


def test_a_terminal_shows_the_freshness_and_the_time_taken(shop: Path, run: Run, terminal: None) -> None:
    ran = run("lookup", "small_model", "op_carrier=UA", *AT, "--repo", str(shop))
    assert "small_model@1 at 2024-03-03T00:00:00Z" in ran.out
    assert "carriers: " in ran.out
    assert " s behind\n" in ran.out
    assert ran.out.rstrip().endswith(" ms")
    ran = run("lookup", "small_model", *AT, "--repo", str(shop))
    assert "carriers: no stream was read\n" in ran.out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["op_carrier"], "'op_carrier' is not KEY=VALUE\nHint: such as op_carrier=..."),
        (["carrier=UA"], "'carrier=UA': there is no field 'carrier'\nHint: did you mean 'op_carrier'"),
        (["op_carrier=UA", "op_carrier=AA"], "'op_carrier=AA': 'op_carrier' is given twice\nHint: keep one"),
    ],
)
def test_fields_that_cannot_be(shop: Path, run: Run, arguments: list[str], message: str) -> None:
    ran = run("lookup", "small_model", *arguments, "--repo", str(shop))
    assert (ran.code, ran.out) == (1, "")
    assert message in ran.err


def test_a_value_of_another_type(shop: Path, run: Run) -> None:
    ran = run("lookup", "full_model", "extra=much", "--repo", str(shop))
    assert ran.code == 1
    assert "extra=much: 'much' is not a value of type int64" in ran.err
