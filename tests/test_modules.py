"""The modules of a repository: seen as they are now, and only its own."""

from __future__ import annotations

import os
import random
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import zipline as zl
from tests.refusals import refusal
from zipline.modules import importing

PARTS = """
import zipline as zl

events = zl.EventSource("events", table=zl.Parquet("events.parquet"), event_time="ts")
"""
FEATURES = """
import zipline as zl
from {parts} import events

{name} = zl.FeatureView("{name}", entity=zl.Entity("user"), source=events, features=[zl.Count()])
"""


@pytest.fixture(autouse=True)
def _nothing_is_left() -> Iterator[None]:
    """See that no repository leaves anything in the interpreter's import system."""
    before = [*sys.path], [*sys.meta_path], sys.modules.get("random")
    names = {name for name in sys.modules if "." not in name}
    yield
    assert ([*sys.path], [*sys.meta_path], sys.modules.get("random")) == before
    assert {"features", "parts", "_parts", "lib", "apart"}.isdisjoint(set(sys.modules) - names)


def write(root: Path, name: str = "clicks", parts: str = "parts") -> Path:
    """Write a repository of two modules, one of which imports the other."""
    root.mkdir(exist_ok=True)
    (root / "zipline.toml").touch()
    place = root.joinpath(*parts.split(".")).with_suffix(".py")
    place.parent.mkdir(exist_ok=True)
    place.write_text(PARTS)
    (root / "features.py").write_text(FEATURES.format(name=name, parts=parts))
    return place


def edit(path: Path, before: str, after: str) -> None:
    """Replace a text of a file, whose time stays: a second has room for two edits."""
    times = path.stat()
    path.write_text(path.read_text().replace(before, after))
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


def test_an_edited_module_is_seen(tmp_path: Path) -> None:
    write(tmp_path)
    older = zl.FeatureStore(tmp_path)
    edit(tmp_path / "features.py", "clicks", "visits")
    assert list(zl.FeatureStore(tmp_path).views) == ["visits"]
    assert list(older.views) == ["clicks"]


@pytest.mark.parametrize("parts", ["parts", "_parts", "lib.parts"])
def test_an_edit_reaches_the_modules_that_import_the_edited_one(tmp_path: Path, parts: str) -> None:
    place = write(tmp_path, parts=parts)
    assert zl.FeatureStore(tmp_path).views["clicks"].source.name == "events"
    edit(place, '"events"', '"evenly"')
    assert zl.FeatureStore(tmp_path).views["clicks"].source.name == "evenly"


@pytest.mark.parametrize("parts", ["parts", "_parts", "lib.parts"])
def test_where_nothing_was_edited_the_same_definitions_come_back(tmp_path: Path, parts: str) -> None:
    write(tmp_path, parts=parts)
    first = zl.FeatureStore(tmp_path).views["clicks"]
    (tmp_path / "more.py").write_text(
        "from features import clicks\nimport zipline as zl\nuser = clicks.entity"
    )
    store = zl.FeatureStore(tmp_path)
    assert store.views["clicks"] is first
    assert zl.FeatureStore(tmp_path).views["clicks"] is first


def test_a_module_that_is_gone_is_gone(tmp_path: Path) -> None:
    place = write(tmp_path)
    zl.FeatureStore(tmp_path)
    place.unlink()
    message = refusal(lambda: zl.FeatureStore(tmp_path), zl.DefinitionError)
    assert message == f"{tmp_path}/features.py: ModuleNotFoundError: No module named 'parts'"
    place.write_text(PARTS)
    assert list(zl.FeatureStore(tmp_path).views) == ["clicks"]


def test_a_module_that_did_not_load_for_another_is_noticed_when_it_is_mended(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "_extra.py").write_text("name = = 'extra'")
    (tmp_path / "more.py").write_text(
        "import zipline as zl\n"
        "try:\n    from _extra import name\nexcept SyntaxError:\n    name = 'none'\n"
        "table = zl.Parquet('x')\nsource = zl.EventSource('source', table=table, event_time=name)"
    )
    assert set(zl.FeatureStore(tmp_path).views) == {"clicks"}
    with importing(tmp_path) as modules:
        assert modules.load(tmp_path / "more.py").name == "none"
    edit(tmp_path / "_extra.py", "= =", "=")
    with importing(tmp_path) as modules:
        assert modules.load(tmp_path / "more.py").name == "extra"


def test_a_module_that_was_imported_before_is_seen_as_it_is_now(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    import features  # type: ignore[import-not-found]

    try:
        edit(tmp_path / "features.py", "clicks", "visits")
        edit(tmp_path / "parts.py", '"events"', '"evenly"')
        opened = zl.FeatureStore(tmp_path).views
        assert {name: view.source.name for name, view in opened.items()} == {"visits": "evenly"}
        assert sys.modules["features"] is features
        assert features.clicks.source.name == "events"
    finally:
        del sys.modules["features"], sys.modules["parts"]


def test_repositories_do_not_see_each_other(tmp_path: Path) -> None:
    one, two, three = (tmp_path / name for name in ("one", "two", "three"))
    write(one, "clicks")
    write(two, "visits")
    edit(two / "parts.py", '"events"', '"visits"')
    write(three, "scrolls")
    (three / "parts.py").unlink()
    for _ in range(2):
        for root, name, source in ((one, "clicks", "events"), (two, "visits", "visits")):
            views = zl.FeatureStore(root).views
            assert {name: view.source.name for name, view in views.items()} == {name: source}
        message = refusal(lambda: zl.FeatureStore(three), zl.DefinitionError)
        assert message.endswith("No module named 'parts'")


def test_a_module_may_open_another_repository_and_its_own(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    write(one, "clicks")
    write(two, "visits")
    edit(two / "parts.py", '"events"', '"visits"')
    (one / "apart.py").write_text(
        "import zipline as zl\n"
        f"view = zl.FeatureStore({str(two)!r}).views['visits']\n"
        f"own = zl.FeatureStore({str(one)!r}).views['clicks']\n"
    )
    views = zl.FeatureStore(one).views
    assert {name: view.source.name for name, view in views.items()} == {
        "clicks": "events",
        "visits": "visits",
    }


def test_repositories_may_open_each_other(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    for here, there, name in ((one, two, "clicks"), (two, one, "visits")):
        write(here, name)
        (here / "apart.py").write_text(f"import zipline as zl\nother = zl.FeatureStore({str(there)!r})")
    assert list(zl.FeatureStore(one).views) == ["clicks"]
    assert list(zl.FeatureStore(two).views) == ["visits"]


def test_a_module_may_have_the_name_of_one_from_elsewhere(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "random.py").write_text("from parts import events as chance")
    for _ in range(2):
        assert list(zl.FeatureStore(tmp_path).views) == ["clicks"]
        assert sys.modules["random"] is random
    (tmp_path / "random.py").write_text("1 / 0")
    refusal(lambda: zl.FeatureStore(tmp_path), zl.DefinitionError)


def test_packages_that_were_imported_before_are_left_alone(tmp_path: Path) -> None:
    """The folder of a program may be a repository: its package is not loaded a second time."""
    write(tmp_path)
    (tmp_path / "zipline").mkdir()
    (tmp_path / "zipline" / "__init__.py").write_text("1 / 0")
    (tmp_path / "zipline" / "made_up.py").write_text("1 / 0")
    assert list(zl.FeatureStore(tmp_path).views) == ["clicks"]
    (tmp_path / "features.py").write_text("import zipline.made_up")
    assert "No module named 'zipline.made_up'" in refusal(
        lambda: zl.FeatureStore(tmp_path), zl.DefinitionError
    )


def test_threads_wait_for_each_other(tmp_path: Path) -> None:
    write(tmp_path)
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(8) as pool:
            found = list(pool.map(lambda _: zl.FeatureStore(tmp_path).views["clicks"], range(8)))
    finally:
        sys.setswitchinterval(interval)
    assert all(view is found[0] for view in found)
