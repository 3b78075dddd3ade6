"""The pytest plugin, in a suite of a user's own."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.testing import definitions

FEATURES = """
import zipline as zl

rides = zl.EventSource("rides", table=zl.Csv("rides.csv"), event_time="ended", knowledge_time="synced")
bikes = zl.FeatureView("bikes", entity=zl.Entity("bike"), source=rides, features=[zl.Count().over("1d")])
"""
SUITE = """
from zipline.testing import assert_features

EVENTS = [
    {"bike": 7, "ended": "2024-05-01T10:00", "synced": "2024-05-01T10:00"},
    {"bike": 7, "ended": "2024-05-01T11:00", "synced": "2024-05-02T03:00"},
]


def test_counts(zipline_store):
    bikes = zipline_store.views["bikes"]
    assert_features(bikes, EVENTS, at="2024-05-01T12:00", expect={"count_1d": 1})


def test_fails(zipline_store):
    bikes = zipline_store.views["bikes"]
    assert_features(bikes, EVENTS, at="2024-05-01T12:00", expect={"count_1d": 2})


def test_asks_wrongly(zipline_store):
    assert_features(zipline_store.views["bikes"], EVENTS, at="2024-05-01T12:00", expect={"cuont_1d": 2})
"""


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    """Make a feature repository with tests in a folder of it."""
    (tmp_path / "zipline.toml").write_text("")
    (tmp_path / "features.py").write_text(FEATURES)
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_bikes.py").write_text(SUITE)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    return tmp_path


def run(folder: Path, *arguments: str) -> str:
    """Run pytest in a process of its own, as strict as can be, and return what it prints."""
    command = [
        sys.executable,
        "-W",
        "error",
        "-m",
        "pytest",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:hypothesispytest",
        *arguments,
    ]
    done = subprocess.run(
        [*command, "--strict-config", "--strict-markers"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr


def test_a_failure_is_its_message_below_the_line_of_the_test(suite: Path) -> None:
    printed = run(suite, "-q")
    assert "2 failed, 1 passed" in printed
    failure = re.split(r"^_+ test_\w+ _+\n", printed, flags=re.MULTILINE)[1]
    assert (
        "\n".join(line.rstrip() for line in failure.splitlines())
        == """\
tests/test_bikes.py:17: in test_fails
    assert_features(bikes, EVENTS, at="2024-05-01T12:00", expect={"count_1d": 2})
E   zipline.testing.FeatureMismatch: view 'bikes': not as expected, for bike=7
E
E   at 2024-05-01 12:00
E     feature   expected  got
E     count_1d  2         1
E
E   count_1d: Count() of [2024-04-30 12:00, 2024-05-01 12:00)
E     event  ended             synced            bike
E     0      2024-05-01 10:00  2024-05-01 10:00  7     seen
E     1      2024-05-01 11:00  2024-05-02 03:00  7     not yet known: \
known at 2024-05-02 03:00, not before 2024-05-01 12:00"""
    )


def test_a_misuse_shows_the_line_of_the_test_and_nothing_of_ours(suite: Path) -> None:
    printed = run(suite, "-q", "-k", "asks_wrongly")
    assert "has no feature 'cuont_1d'" in printed
    assert "Hint: did you mean 'count_1d'?" in printed
    assert "zipline/testing" not in printed.replace("\\", "/")


def test_a_style_that_was_asked_for_is_kept(suite: Path) -> None:
    printed = run(suite, "-q", "--tb=native", "-k", "test_fails")
    assert "Traceback (most recent call last)" in printed


def test_with_xdist(suite: Path) -> None:
    printed = run(suite, "-q", "-n", "1", "-k", "test_fails")
    assert "E     count_1d  2         1\n" in printed


def test_the_repository_may_be_named(suite: Path, tmp_path: Path) -> None:
    apart = tmp_path / "apart"
    (apart / "features").mkdir(parents=True)
    for name in ("zipline.toml", "features.py"):
        (suite / name).rename(apart / "features" / name)
    (suite / "tests" / "test_bikes.py").rename(apart / "test_bikes.py")
    (apart / "pytest.ini").write_text("[pytest]\n")
    assert "is in no feature repository: no folder above it has a zipline.toml. Hint: name it" in run(
        apart, "-q"
    )
    (apart / "pytest.ini").write_text("[pytest]\nzipline_repo = features\n")
    assert "2 failed, 1 passed" in run(apart, "-q")


def test_it_collects_nothing_and_imports_nothing(suite: Path) -> None:
    (suite / "tests" / "test_bikes.py").write_text(
        "import sys\n\n\ndef test_light():\n"
        "    heavy = {'pyarrow', 'duckdb', 'numba', 'pydantic', 'polars'}\n"
        "    assert heavy & set(sys.modules) == set()\n"
    )
    assert "1 passed" in run(suite, "-q")


def test_zl_testing_is_there() -> None:
    import zipline as zl

    view, events = definitions.SPENDING, definitions.EVENTS[:1]
    zl.testing.assert_features(view, events, at="2024-05-02", expect={"count_7d": 1})
