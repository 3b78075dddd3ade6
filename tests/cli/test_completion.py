"""Shell completion, driven as bash drives it: its script sourced, its function called with the words so far."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Complete = Callable[..., list[str]]
SCRIPT = f"""#!{sys.executable}
import sys
from zipline.cli import main
sys.exit(main())
"""
DRIVER = r"""
source "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
spec=$(complete -p zipline); [[ $spec =~ -F\ ([^ ]+) ]] || exit 3
"${BASH_REMATCH[1]}" zipline "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"
printf '%s\n' "${COMPREPLY[@]}"
"""


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a `zipline` command, with its completion for bash beside it."""
    folder = tmp_path_factory.mktemp("bin")
    (folder / "zipline").write_text(SCRIPT)
    (folder / "zipline").chmod(0o755)
    shown = subprocess.run(
        [str(folder / "zipline"), "--show-completion", "bash"],
        check=True, capture_output=True, text=True,
        env={**os.environ, "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"},
    )  # fmt: skip
    (folder / "completion.sh").write_text(shown.stdout)
    return folder


@pytest.fixture
def complete(script: Path, monkeypatch: pytest.MonkeyPatch) -> Complete:
    """Return a function that gives what bash would offer for the last of the words after `zipline`."""
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("there is no bash")
    monkeypatch.setenv("PATH", f"{script}{os.pathsep}{os.environ['PATH']}")

    def offered(*words: str) -> list[str]:
        ran = subprocess.run(
            [bash, "--norc", "-c", DRIVER, "bash", str(script / "completion.sh"), "zipline", *words],
            check=True, capture_output=True, text=True,
        )  # fmt: skip
        assert ran.stderr == ""
        return ran.stdout.split()

    return offered


def test_bash_offers_commands_options_and_names(repo: Path, complete: Complete) -> None:
    assert {"training-set", "list", "doctor"} <= set(complete(""))
    assert complete("trai") == ["training-set"]
    assert complete("explain", "") == ["items", "price_model", "shop_model", "shops"]
    assert complete("explain", "shop") == ["shop_model", "shops"]
    assert complete("lint", "shops", "price") == ["price_model"]
    assert "--observations" in complete("training-set", "--")


def test_bash_offers_names_of_another_repository(
    repo: Path, complete: Complete, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    assert complete("explain", "") == []
    assert complete("explain", "--repo", str(repo), "p") == ["price_model"]


def test_bash_offers_profiles(repo: Path, complete: Complete) -> None:
    (repo / "zipline.toml").write_text("[profile.prod.duckdb]\nthreads = 1\n[profile.ci]\n")
    assert complete("list", "--profile", "") == ["ci", "prod"]
    (repo / "zipline.toml").write_text("[profile.prod")
    assert complete("list", "--profile", "") == []


def test_nobodys_code_is_run_and_what_is_broken_is_passed_over(repo: Path, complete: Complete) -> None:
    (repo / "dangerous.py").write_text(
        "print('run')\nraise SystemExit(5)\nFeatureView(name='later', entity=user)\n"
    )
    (repo / "broken.py").write_text("def (:")
    (repo / "binary.py").write_bytes(b"\xff\xfe\x00")
    (repo / "folder.py").mkdir()
    (repo / "dynamic.py").write_text(
        "FeatureView(name)\nFeatureView(*a)\nFeatureService()\nf()()\nzl.FeatureView(3)\n"
    )
    assert complete("explain", "") == ["items", "later", "price_model", "shop_model", "shops"]


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_scripts_of_other_shells(shell: str, script: Path) -> None:
    ran = subprocess.run(
        [str(script / "zipline"), "--show-completion", shell],
        check=True, capture_output=True, text=True,
        env={**os.environ, "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"},
    )  # fmt: skip
    assert "complete_" + shell in ran.stdout


def test_completion_is_installed_for_bash(tmp_path: Path, complete: Complete) -> None:
    ran = subprocess.run(
        ["zipline", "--install-completion", "bash"],
        check=True, capture_output=True, text=True,
        env={**os.environ, "HOME": str(tmp_path), "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"},
    )  # fmt: skip
    assert "bash completion installed in" in re.sub(r"\x1b\[[0-9;]*m", "", ran.stdout)
    assert "zipline" in (tmp_path / ".bashrc").read_text()
