"""`zipline init`: what it prints can be run as it stands."""

from __future__ import annotations

import shlex
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from tests.cli.conftest import Ran

Run = Callable[..., Ran]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty folder that is the current one."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def commands(ran: Ran) -> list[str]:
    """Return the commands that it printed."""
    assert ran.code == 0, ran.err
    return [line.strip() for line in ran.out.partition("\nNext:\n")[2].splitlines()]


def typed(line: str, run: Run, monkeypatch: pytest.MonkeyPatch) -> int:
    """Return the exit code of a command that is typed as printed."""
    program, *arguments = shlex.split(line)
    if program == "cd":
        monkeypatch.chdir(*arguments)
        return 0
    if program == "zipline":
        return run(*arguments).code
    return subprocess.run([sys.executable, "-m", program, *arguments], check=False).returncode


def rides(path: Path) -> None:
    """Write a small table."""
    hours = [datetime(2024, 3, 1) + timedelta(hours=5 * n) for n in range(60)]
    frame = pl.DataFrame(
        {"driver_id": [n % 7 for n in range(60)], "picked_up_at": hours, "fare": [n / 4 for n in range(60)]}
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    frame.write_csv(path) if path.suffix == ".csv" else frame.write_parquet(path)


def test_the_example_runs_as_printed(here: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    ran = run("init", "my shop")
    assert ran.out.startswith(
        f"Written to {here / 'my shop'}:\n  zipline.toml\n  features.py\n  test_features.py\n"
    )
    lines = commands(ran)
    assert lines == [
        "cd 'my shop'",
        "zipline list",
        "zipline training-set next_order --observations data/observations.parquet --out out/train.parquet",
        "zipline plan",
        "pytest",
    ]
    codes = {line: typed(line, run, monkeypatch) for line in lines}
    assert codes == dict.fromkeys(lines, 0) | {"zipline plan": 2}
    trained = pl.read_parquet(here / "my shop" / "out" / "train.parquet")
    assert trained.height == 1200
    assert trained["spending__count_30d"].sum() > 1000
    assert trained["browsing__count_7d"].sum() > 500


def test_a_proposal_runs_as_printed(here: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    rides(here / "rides" / "data" / "rides.csv")
    ran = run("init", "rides", "--from", "rides/data/*.csv", "--name", "trips")
    assert (
        ran.err
        == "Note: 60 rows of rides/data/*.csv were looked at; each choice in the module says what to check\n"
    )
    lines = commands(ran)
    assert lines == [
        "cd rides",
        "zipline list",
        "zipline lint driver_trips",
        "zipline preview driver_trips --at 2024-03-14",
        "zipline training-set trips_model --observations 'data/*.csv' --out out/train.parquet",
    ]
    assert {line: typed(line, run, monkeypatch) for line in lines} == dict.fromkeys(lines, 0)
    assert pl.read_parquet(here / "rides" / "out" / "train.parquet").height == 60


def test_in_the_current_folder_there_is_no_cd(here: Path, run: Run) -> None:
    rides(here / "rides.parquet")
    assert commands(run("init", "--from", "rides.parquet"))[0] == "zipline list"
    assert {each.name for each in here.iterdir()} == {
        "rides.parquet", "zipline.toml", ".gitignore", "rides_features.py",
    }  # fmt: skip


def test_in_a_repository_only_a_module_is_added(repo: Path, run: Run) -> None:
    rides(repo / "rides.parquet")
    (repo / "zipline.toml").write_text("# mine\n")
    ran = run("init", "--from", "rides.parquet", "--name", "r")
    assert ran.out.startswith(f"Written to {repo}:\n  r_features.py\n\nNext:\n")
    assert (repo / "zipline.toml").read_text() == "# mine\n"
    assert "view\tdriver_r" in run("list").out


def test_a_name_that_the_repository_has_is_refused_and_its_entity_kept_apart(repo: Path, run: Run) -> None:
    rides(repo / "rides.parquet")
    for name, kind in (("sales", "source"), ("price", "service")):
        ran = run("init", "--from", "rides.parquet", "--name", name)
        taken = {"source": "sales", "service": "price_model"}[kind]
        assert (
            ran.err
            == f"Error: . already has a {kind} {taken!r}\nHint: say how this one is called: --name NAME\n"
        )
    (repo / "more.py").write_text("import zipline as zl\ndriver = zl.Entity('driver')\n")
    assert run("init", "--from", "rides.parquet").code == 0
    text = (repo / "rides_features.py").read_text()
    assert 'driver_of_rides = zl.Entity("driver_of_rides", keys=["driver_id"])' in text
    assert run("list").code == 0


def test_nothing_is_overwritten(here: Path, run: Run) -> None:
    (here / "README.md").write_text("mine")
    ran = run("init")
    assert ran == Ran(
        1,
        "",
        "Error: . already has README.md\nHint: nothing was written: name another folder, or move them away\n",
    )
    assert [each.name for each in here.iterdir()] == ["README.md"]
    rides(here / "rides.parquet")
    (here / "rides_features.py").write_text("mine = 1")
    ran = run("init", "--from", "rides.parquet")
    assert (ran.code, "already has rides_features.py" in ran.err) == (1, True)


def test_files_elsewhere_are_named_by_their_absolute_path(here: Path, run: Run) -> None:
    rides(here / "rides.parquet")
    ran = run("init", "repo", "--from", "rides.parquet")
    assert "Note: the files lie outside of the folder, so the module has their absolute path\n" in ran.err
    assert f'table=zl.Parquet("{here}/rides.parquet"),' in (here / "repo" / "rides_features.py").read_text()


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_a_folder_is_read_by_what_lies_in_it(here: Path, run: Run, suffix: str) -> None:
    rides(here / "rides" / "2024" / f"one.{suffix}")
    assert run("init", "--from", "rides").code == 0
    kind = {"csv": "Csv", "parquet": "Parquet"}[suffix]
    assert f'table=zl.{kind}("rides"),' in (here / "rides_features.py").read_text()


def test_a_url_is_kept_as_it_is(here: Path, run: Run) -> None:
    rides(here / "rides.parquet")
    url = f"file://{here}/rides.parquet"
    assert run("init", "repo", "--from", url).code == 0
    assert f'table=zl.Parquet("{url}"),' in (here / "repo" / "rides_features.py").read_text()


def test_an_event_time_with_nulls_cannot_be_asked_at(here: Path, run: Run) -> None:
    pl.DataFrame(
        {"user_id": [1, 1, 1], "ts": [datetime(2024, 1, 1), None, datetime(2024, 1, 2)]}
    ).write_parquet(here / "seen.parquet")
    assert [line.split()[1] for line in commands(run("init", "--from", "seen.parquet"))] == [
        "list",
        "lint",
        "preview",
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--entity", "x"), "--entity x without --from\nHint: name the files that it speaks of: --from FILES"),
        (("--event-time", "x"), "--event-time x without --from\nHint: "),
        (("--name", "x"), "--name x without --from\nHint: "),
        (("--from", "absent.parquet"), "no file matches"),
        (("--from", "rides.xlsx"), "--from: cannot tell the format of 'rides.xlsx'\nHint: files that end in .parquet"),
        (("--from", "rides.csv", "--name", "A-b"), "--name 'A-b' cannot name a source and its module\nHint: "),
        (("--from", "rides.csv", "--entity", "fare"), "--entity: 'fare' is float64, which cannot be a key\n"),
        (("--from", "rides.csv", "--event-time", "fare"), "--event-time: 'fare' is float64, and cannot be read as "),
    ],
)  # fmt: skip
def test_what_cannot_be_is_said_in_one_message(
    here: Path, run: Run, arguments: tuple[str, ...], message: str
) -> None:
    rides(here / "rides.csv")
    ran = run("init", *arguments)
    assert (ran.code, ran.out) == (1, "")
    assert message in ran.err
    assert ran.err.startswith("Error: ")
    assert [each.name for each in here.iterdir()] == ["rides.csv"]


def test_a_folder_without_tables(here: Path, run: Run) -> None:
    (here / "notes").mkdir()
    (here / "notes" / "a.txt").touch()
    ran = run("init", "--from", "notes")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == (
        "Error: --from: notes has no Parquet, CSV or JSON file\n"
        "Hint: files end in .parquet, .csv or .json, perhaps with .gz or .zst behind\n"
    )


def test_a_file_without_times_is_answered_with_its_columns(here: Path, run: Run) -> None:
    pl.DataFrame({"user": ["a"], "n": [1]}).write_csv(here / "plain.csv")
    ran = run("init", "--from", "plain.csv")
    assert ran.code == 1
    assert ran.err == (
        "Error: plain.csv: no column can be an event time: no timestamp, date, ISO 8601 text, or integers called like "
        "a time\nHint: name one: --event-time COLUMN, or COLUMN:UNIT for integers. The columns are user (string), "
        "n (int64)\n"
    )
