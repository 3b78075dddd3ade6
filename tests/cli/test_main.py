"""The command as a process: what it loads, how it ends."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.cli.conftest import Ran

Run = Callable[..., Ran]
COMMAND = (sys.executable, "-c", "import sys; from zipline.cli import main; sys.exit(main())")


COMMANDS = (
    "init", "training-set", "snapshot", "list", "show", "search", "preview", "lookup", "plan", "apply", "history",
    "explain", "lint", "doctor", "materialize", "stream", "serve", "verify", "dev", "key",
)  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS)
def test_help_shows_an_example_that_fits_the_line(run: Run, command: str) -> None:
    ran = run(command, "--help")
    assert (ran.code, ran.err) == (0, "")
    assert f"zipline {command}" in ran.out.partition("Example")[2]


def test_the_version(run: Run) -> None:
    assert run("--version") == Ran(0, f"zipline {version('zipline-features')}\n", "")


def test_help_lists_the_commands(run: Run) -> None:
    ran = run("--help")
    assert ran.code == 0
    commands = [
        line.split()[0] for line in ran.out.partition("Commands:\n")[2].partition("\n\n")[0].splitlines()
    ]
    assert tuple(commands) == COMMANDS


@pytest.mark.parametrize("command", sorted({*COMMANDS} - {"init", "doctor", "serve", "dev", "key"}))
def test_help_names_the_keys_of_json(run: Run, command: str) -> None:
    ran = run(command, "--help")
    assert "--json is a" in ran.out.partition("Example")[2]


def test_a_misuse_ends_with_2_and_shows_the_usage(run: Run) -> None:
    ran = run("training-set", "price_model")
    assert ran.code == 2
    assert ran.err.startswith("Usage: ")
    assert "Missing option '--observations'" in ran.err


def test_help_loads_no_engine() -> None:
    code = (
        "import sys; from zipline.cli import main; main(['--help']);"
        "heavy = {'duckdb', 'numba', 'numpy', 'pandas', 'polars', 'pyarrow', 'rich', 'sqlglot'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    ran = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert ran.stdout.splitlines()[-1] == "[]"


def test_an_error_ends_the_process_with_1(repo: Path) -> None:
    ran = subprocess.run([*COMMAND, "explain", "nothing"], check=False, capture_output=True, text=True)
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr.startswith("Error: there is no service or view 'nothing'")


def test_ctrl_c_ends_the_process_with_130(repo: Path) -> None:
    (repo / "slow.py").write_text("import signal\nprint('loading', flush=True)\nsignal.pause()\n")
    with subprocess.Popen(
        [*COMMAND, "list"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "loading\n"
        process.send_signal(signal.SIGINT)
        assert process.communicate() == ("", "")
    assert process.returncode == 130
