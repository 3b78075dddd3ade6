"""Feature repositories: found, loaded, and refused with the place of what is wrong."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.refusals import refusal
from zipline.errors import ConfigError, DefinitionError, ZiplineError
from zipline.repository import find_root, open_repository

ENTITIES = """
import zipline as zl

user = zl.Entity("user")
events = zl.EventSource("events", table=zl.Parquet("events.parquet"), event_time="ts")
"""
VIEWS = """
import zipline as zl
from entities_of_repo import events, user

view = zl.FeatureView("clicks", entity=user, source=events, features=[zl.Count()])
same = view
service = zl.FeatureService("model", [view], time="t")
"""


@pytest.fixture
def repo(tmp_path: Path) -> Iterator[Path]:
    """Return a repository of two modules; what is loaded is forgotten afterwards."""
    before = set(sys.modules)
    path = list(sys.path)
    (tmp_path / "zipline.toml").touch()
    (tmp_path / "entities_of_repo.py").write_text(ENTITIES)
    (tmp_path / "views_of_repo.py").write_text(VIEWS)
    yield tmp_path
    assert sys.path == path
    for name in set(sys.modules) - before:
        if name.endswith("_of_repo"):
            del sys.modules[name]


def test_modules_may_import_each_other(repo: Path) -> None:
    opened = open_repository(repo)
    assert list(opened.views) == ["clicks"]
    assert list(opened.services) == ["model"]
    assert opened.root == repo
    assert opened.find("model") is opened.services["model"]
    assert opened.find("clicks") is opened.views["clicks"]


def test_the_nearest_folder_upwards_is_taken(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    below = repo / "a" / "b"
    below.mkdir(parents=True)
    assert find_root(below) == repo
    monkeypatch.chdir(below)
    assert open_repository(None).root == repo


def test_outside_of_any_repository_there_is_an_empty_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    opened = open_repository(None)
    assert (opened.root, opened.views, opened.services) == (tmp_path, {}, {})


def test_opening_twice_gives_the_same_definitions(repo: Path) -> None:
    assert open_repository(repo).views["clicks"] is open_repository(repo).views["clicks"]


def test_private_modules_and_tests_are_left_alone(repo: Path) -> None:
    for name in ("_private.py", "test_features.py", "conftest.py"):
        (repo / name).write_text("raise RuntimeError('loaded')")
    assert list(open_repository(repo).views) == ["clicks"]


def test_settings_are_read(repo: Path) -> None:
    (repo / "zipline.toml").write_text(
        '[duckdb]\nmemory_limit = "1GB"\nthreads = 3\ntemp_directory = "/var/tmp"\n'
    )
    settings = open_repository(repo).settings.duckdb
    assert (settings.memory_limit, settings.threads, settings.temp_directory) == (10**9, 3, "/var/tmp")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[duckdb", "zipline.toml: "),
        ("[duckbd]\n", "zipline.toml: unknown key 'duckbd'\nHint: did you mean 'duckdb'?"),
        (
            '[duckdb]\nmemory = "1GB"\n',
            "zipline.toml, [duckdb]: unknown key 'memory'\nHint: did you mean 'memory_limit'?",
        ),
        (
            '[duckdb]\nmemory_limit = "lots"\n',
            "zipline.toml, [duckdb]: memory_limit = 'lots' is not a size\nHint: write a number",
        ),
        ("[duckdb]\nmemory_limit = 5\n", "zipline.toml, [duckdb]: memory_limit = 5 is not a size"),
        ("[duckdb]\nthreads = 0\n", "zipline.toml, [duckdb]: threads = 0 is not a positive number"),
        ('[duckdb]\nthreads = "two"\n', "zipline.toml, [duckdb]: threads = 'two' is not a positive number"),
        ("[duckdb]\nthreads = true\n", "zipline.toml, [duckdb]: threads = True is not a positive number"),
        ("[duckdb]\ntemp_directory = 3\n", "zipline.toml, [duckdb]: temp_directory = 3 is not a path"),
        ("duckdb = 3\n", "zipline.toml: duckdb = 3 is not a section\nHint: write [duckdb]"),
    ],
)
def test_settings_that_are_refused(repo: Path, text: str, message: str) -> None:
    (repo / "zipline.toml").write_text(text)
    assert message in refusal(lambda: open_repository(repo), ConfigError)


def test_a_folder_without_zipline_toml(tmp_path: Path) -> None:
    message = (
        f"{tmp_path} has no zipline.toml\nHint: create an empty zipline.toml beside your feature modules"
    )
    assert refusal(lambda: open_repository(tmp_path), ConfigError) == message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("def broken(:", "broken_of_repo.py: SyntaxError: "),
        ("import absent_module", "broken_of_repo.py: ModuleNotFoundError: No module named 'absent_module'"),
        ("1 / 0", "broken_of_repo.py: ZeroDivisionError: division by zero"),
        ("import zipline as zl\nzl.Window('0d')", "broken_of_repo.py: window length '0d' is not a duration"),
        (
            VIEWS.replace("Count()", "Max('x')"),
            ": two different views are called 'clicks'",
        ),
    ],
)
def test_modules_that_do_not_load(repo: Path, text: str, message: str) -> None:
    (repo / "broken_of_repo.py").write_text(text)
    assert message in refusal(lambda: open_repository(repo), DefinitionError)


def test_a_module_that_failed_is_loaded_anew_when_it_is_mended(repo: Path) -> None:
    broken = repo / "broken_of_repo.py"
    broken.write_text("1 / 0")
    refusal(lambda: open_repository(repo), ZiplineError)
    broken.write_text("import zipline as zl\nother = zl.Entity('other')  # mended")
    assert list(open_repository(repo).views) == ["clicks"]
    assert hasattr(sys.modules["broken_of_repo"], "other")


def test_names_that_are_not_there(repo: Path) -> None:
    message = refusal(lambda: open_repository(repo).find("click"), ConfigError)
    assert message == (
        f"there is no service or view 'click' in {repo}\nHint: did you mean 'clicks'? Allowed: 'model', 'clicks'"
    )
