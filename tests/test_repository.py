"""Feature repositories: found, loaded, and refused with the place of what is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.refusals import refusal
from zipline.configuration import find_root
from zipline.errors import ConfigError, DefinitionError, ZiplineError
from zipline.repository import open_repository

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
def repo(tmp_path: Path) -> Path:
    """Return a repository of two modules."""
    (tmp_path / "zipline.toml").touch()
    (tmp_path / "entities_of_repo.py").write_text(ENTITIES)
    (tmp_path / "views_of_repo.py").write_text(VIEWS)
    return tmp_path


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


def test_settings_are_read(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (repo / "zipline.toml").write_text("[duckdb]\nthreads = 3\n[profile.prod.duckdb]\nthreads = 5\n")
    assert open_repository(repo).settings.duckdb.threads == 3
    assert open_repository(repo, "prod").settings.duckdb.threads == 5
    monkeypatch.setenv("ZIPLINE_PROFILE", "prod")
    assert open_repository(repo).settings.duckdb.threads == 5


def test_a_profile_without_a_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    message = (
        f"profile 'prod': {tmp_path} is in no feature repository\nHint: profiles stand in a zipline.toml"
    )
    assert refusal(lambda: open_repository(None, "prod"), ConfigError) == message
    monkeypatch.setenv("ZIPLINE_PROFILE", "prod")
    assert open_repository(None).settings.profile is None


def test_what_a_definition_is_made_of_is_found_by_name(repo: Path) -> None:
    (repo / "views_of_repo.py").write_text(
        """
import zipline as zl
from zipline.dsl import Entity as E

def _source(path):
    return zl.EventSource("taps", table=zl.Parquet(path), event_time="ts")

service = zl.FeatureService("model", [
    zl.FeatureView("taps_of_user", entity=E("reader"), source=_source("taps"), features=[zl.Count()])
], time="t")
"""
    )
    opened = open_repository(repo)
    assert (list(opened.views), list(opened.services)) == (["taps_of_user"], ["model"])
    assert sorted(opened.sources) == ["events", "taps"]
    assert sorted(opened.entities) == ["reader", "user"]


@pytest.mark.parametrize(
    ("module", "text", "message"),
    [
        (
            "other",
            "import zipline as zl\nother = zl.Entity('user', keys=['uid'])",
            "two different entities are called 'user'",
        ),
        (
            "other",
            ENTITIES.replace("events.parquet", "old.parquet"),
            "two different sources are called 'events'",
        ),
        ("views", VIEWS.replace("Count()", "Max('x')"), "two different views are called 'clicks'"),
        ("views", VIEWS.replace('time="t"', 'time="u"'), "two different services are called 'model'"),
    ],
)
def test_two_different_definitions_of_one_name(repo: Path, module: str, text: str, message: str) -> None:
    (repo / "other_of_repo.py").write_text(text)
    assert refusal(lambda: open_repository(repo), DefinitionError) == (
        f"{repo}/{module}_of_repo.py: {message}\nHint: rename one, or import it from the module that has it"
    )


def test_a_folder_without_zipline_toml(tmp_path: Path) -> None:
    message = (
        f"{tmp_path} has no zipline.toml\nHint: create an empty zipline.toml beside your feature modules"
    )
    assert refusal(lambda: open_repository(tmp_path), ConfigError) == message


def test_a_path_that_is_no_folder(tmp_path: Path) -> None:
    absent, file = tmp_path / "absent", tmp_path / "features.py"
    file.touch()
    assert f"{absent} has no zipline.toml: there is no such folder\n" in refusal(
        lambda: open_repository(absent), ConfigError
    )
    assert f"{file} is a file, not the folder of a repository\n" in refusal(
        lambda: open_repository(file), ConfigError
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("def broken(:", "broken_of_repo.py: SyntaxError: "),
        ("import absent_module", "broken_of_repo.py: ModuleNotFoundError: No module named 'absent_module'"),
        ("1 / 0", "broken_of_repo.py: ZeroDivisionError: division by zero"),
        ("import zipline as zl\nzl.Window('0d')", "broken_of_repo.py: window length '0d' is not a duration"),
        ("raise SystemExit('stop')", "broken_of_repo.py: SystemExit: stop"),
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
    assert list(open_repository(repo).entities) == ["other", "user"]


def test_names_that_are_not_there(repo: Path) -> None:
    message = refusal(lambda: open_repository(repo).find("click"), ConfigError)
    assert message == (
        f"there is no service or view 'click' in {repo}\nHint: did you mean 'clicks'? Allowed: 'model', 'clicks'"
    )
