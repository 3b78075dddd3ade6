"""`zipline doctor`."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Ran

Run = Callable[..., Ran]


def test_piped_it_is_lines(repo: Path, run: Run) -> None:
    ran = run("doctor")
    assert (ran.code, ran.err) == (0, "")
    lines = [line.split("\t") for line in ran.out.splitlines()]
    assert lines[0] == ["status", "check", "message", "hint"]
    assert {len(line) for line in lines} == {4}
    assert ["ok", "view 'shops'", "1 features", ""] in lines


def test_json(repo: Path, run: Run) -> None:
    (repo / "sales.csv").unlink()
    ran = run("doctor", "--json")
    assert ran.code == 1
    said = json.loads(ran.out)
    assert said["faults"] == 1
    assert said["warnings"] >= 4
    (fault,) = [each for each in said["checks"] if each["status"] == "fault"]
    assert fault.keys() == {"check", "status", "message", "hint"}
    assert fault["check"] == "source 'sales'"


def test_on_a_terminal_it_is_a_table(repo: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    (repo / "zipline.toml").write_text("[duckdb]\nthreads = 'no [b]markup[/b]'\n")
    monkeypatch.setattr(type(sys.stdout), "isatty", lambda self: True)
    monkeypatch.setenv("COLUMNS", "200")
    ran = run("doctor")
    assert ran.code == 1
    assert "\t" not in ran.out
    assert "threads = 'no [b]markup[/b]' is not a positive number" in ran.out
    assert ran.out.rstrip().splitlines()[-1].startswith("1 fault, ")


def test_profiles_and_repositories(
    repo: Path, run: Run, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    (repo / "zipline.toml").write_text("[profile.prod.duckdb]\nthreads = 1\n")
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    assert f"{repo}/zipline.toml, profile prod" in run("doctor", "--repo", str(repo), "--profile", "prod").out


@pytest.mark.parametrize("timeout", ["0", "soon"])
def test_a_misuse(repo: Path, run: Run, timeout: str) -> None:
    ran = run("doctor", "--timeout", timeout)
    assert ran.code == 2
    assert "Invalid value for '--timeout'" in ran.err


def test_a_process_that_nothing_is_given(tmp_path: Path) -> None:
    """No variable of the environment, and a folder that cannot be reached: it says so, and ends well."""
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    code = "import sys; from zipline.cli import main; sys.exit(main())"
    ran = subprocess.run(
        [sys.executable, "-c", code, "doctor", "--json", "--repo", str(tmp_path / "loop")],
        check=False, capture_output=True, text=True, cwd="/", env={},
    )  # fmt: skip
    assert (ran.returncode, ran.stderr) == (1, "")
    found = {each["check"]: each for each in json.loads(ran.stdout)["checks"]}
    assert found["repository"]["status"] == "fault"
    assert found["PATH"]["status"] == "warning"
