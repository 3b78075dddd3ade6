"""`zipline lint`: text, JSON, exit codes."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Ran
from zipline.lint.run import RULES

Run = Callable[..., Ran]
BAD = """
import zipline as zl
from features import item, sales

wrong = zl.FeatureView("wrong", entity=item, source=sales, features=[zl.Sum("prise").over("1d")])
"""


def test_findings_are_lines_with_hints_and_a_count(repo: Path, run: Run) -> None:
    features = (repo / "features.py").read_text().replace('over("1d")', 'over("9d")')
    (repo / "features.py").write_text(features)
    ran = run("lint")
    assert ran == Ran(
        0,
        "warning: view 'shops': a window of 9d is longer than the data, 23h from 2024-01-01T10:00:00Z to "
        "2024-01-02T09:00:00Z: price_sum_9d [window-longer-than-data]\n"
        "  Hint: shorten the window, or have older events in the table\n",
        "1 warning\n",
    )
    assert run("lint", "--strict").code == 1
    assert run("lint", "items", "--strict") == Ran(0, "Nothing found.\n", "")
    assert run("lint", "--no-data", "--strict").code == 0


def test_an_error_makes_the_exit_code_1(repo: Path, run: Run) -> None:
    (repo / "more.py").write_text(BAD)
    ran = run("lint", "--json")
    assert (ran.code, ran.err) == (1, "")
    error, *_ = json.loads(ran.out)
    assert error["rule"] == "cannot-be-read"
    assert error["where"] == {"view": "wrong", "feature": None, "source": None}
    assert error["message"] == "feature 'prise_sum_1d', Sum('prise'): there is no column 'prise'"
    assert error["hint"].startswith("did you mean 'price'?")


def test_nothing_found_is_an_empty_list(repo: Path, run: Run) -> None:
    assert run("lint", "items", "--json") == Ran(0, "[]\n", "")


def test_what_the_configuration_ignores_is_not_found(repo: Path, run: Run) -> None:
    features = (repo / "features.py").read_text().replace('over("1d")', 'over("9d")')
    (repo / "features.py").write_text(features)
    (repo / "zipline.toml").write_text('[lint]\nignore = ["window-longer-than-data:shops"]\n')
    assert run("lint", "--strict", "shops").code == 0
    (repo / "zipline.toml").write_text('[lint]\nignore = ["window-longer"]\n')
    ran = run("lint")
    assert ran.code == 1
    assert "ignore names 'window-longer', which is no rule" in ran.err
    (repo / "zipline.toml").write_text('[lint]\nignore = "null-key"\n')
    assert "[lint]: ignore = 'null-key' is not a list of texts\nHint: such as ignore = " in run("lint").err


def test_rules_are_listed(repo: Path, run: Run) -> None:
    lines = run("lint", "--rules").out.splitlines()
    assert lines[0] == "rule\tfinds"
    assert len(lines) == len(RULES) + 1
    assert [each["rule"] for each in json.loads(run("lint", "--rules", "--json").out)] == [
        line.partition("\t")[0] for line in lines[1:]
    ]


def test_a_terminal_has_colours(repo: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    (repo / "more.py").write_text(BAD)
    monkeypatch.setattr(type(sys.stdout), "isatty", lambda self: True)
    assert "\x1b[31m\x1b[1merror: \x1b[0mview 'wrong': " in run("lint").out


def test_outside_a_repository_there_is_nothing_to_judge(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ran = run("lint")
    assert (ran.code, "is in no feature repository" in ran.err) == (1, True)
