"""Python, packages and extras, looked at in this very environment."""

from __future__ import annotations

import platform
import sysconfig
from importlib import metadata
from pathlib import Path

import pytest

from zipline.doctor import packages
from zipline.doctor.finding import Finding
from zipline.doctor.packages import check_extras, check_package, check_packages, check_python
from zipline.doctor.versions import Requirement


def installed(folder: Path, name: str, version: str, code: str = "", lines: str = "") -> None:
    """Install a package of one module in a folder."""
    info = folder / f"{name.replace('-', '_')}-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{lines}")
    (folder / f"{name.replace('-', '_')}.py").write_text(code)


def test_this_python_and_its_packages_will_do() -> None:
    assert next(check_python()).status == "ok"
    found = list(check_packages())
    assert {each.status for each in found} == {"ok"}
    assert {"zipline", "duckdb", "pyarrow", "typer"} <= {each.check for each in found}
    assert "deltalake" not in {each.check for each in found}, "what belongs to an extra is not needed"
    rich = next(each for each in found if each.check == "rich")
    assert rich.message == metadata.version("rich")


def test_a_python_that_is_too_old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed(tmp_path, "for-the-future", "1.0", lines="Requires-Python: >=99\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(packages, "DISTRIBUTION", "for-the-future")
    found = next(check_python())
    assert (found.status, found.hint) == ("fault", "make a new environment with such a Python")
    assert platform.python_version() in found.message
    assert found.message.endswith(": >=99 is needed")


def test_a_package_without_a_word_about_python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed(tmp_path, "silent", "1.0")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(packages, "DISTRIBUTION", "silent")
    assert next(check_python()).status == "ok"
    assert [each.check for each in check_packages()] == ["zipline"]


def test_zipline_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages, "DISTRIBUTION", "zipline-of-nobody")
    assert next(check_python()).status == "ok"
    assert [(each.check, each.status) for each in check_packages()] == [("packages", "warning")]
    assert list(check_extras(["delta"])) == []


@pytest.mark.parametrize(
    ("need", "status", "message", "hint"),
    [
        (Requirement("absent-of-all", ">=1"), "fault", "is not installed", "pip install 'absent-of-all>=1'"),
        (
            Requirement("tried-package", ">=2,<3"), "fault",
            "1.5 is too old: >=2 is needed", "pip install 'tried-package>=2,<3'",
        ),
        (
            Requirement("tried-package", ">=1,<1.2"), "warning",
            "1.5 is newer than what zipline is tried with: <1.2", "pip install 'tried-package>=1,<1.2'",
        ),
        (Requirement("tried-package", ">=1,<2"), "ok", "1.5", ""),
        (
            Requirement("torn-package", ">=1"), "fault",
            "1.0 cannot be imported: libtorn.so: no such file", "pip install 'torn-package>=1'",
        ),
    ],
)  # fmt: skip
def test_packages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, need: Requirement, status: str, message: str, hint: str
) -> None:
    installed(tmp_path, "tried-package", "1.5")
    installed(tmp_path, "torn-package", "1.0", "raise ImportError('libtorn.so: no such file')")
    monkeypatch.syspath_prepend(tmp_path)
    found = check_package(need)
    assert (found.check, found.status, found.message, found.hint) == (need.name, status, message, hint)


def test_extras_that_are_used_must_be_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = (
        'Requires-Dist: absent-of-all>=1; extra == "delta"\n'
        'Requires-Dist: half-there>=1; extra == "sql"\n'
        'Requires-Dist: absent-of-all>=1; extra == "sql"\n'
        'Requires-Dist: half-there>=1; extra == "s3"\n'
    )
    installed(tmp_path, "some-distribution", "1.0", lines=lines)
    installed(tmp_path, "half-there", "1.0")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(packages, "DISTRIBUTION", "some-distribution")
    monkeypatch.setattr(packages, "_LIBRARIES", ("delta", "s3", "sql"))
    install = "pip install 'some-distribution[delta]'"
    delta, s3, sql = check_extras([])
    assert delta == Finding("extra 'delta'", "ok", "not installed, and not used here", install)
    assert s3 == Finding("extra 's3'", "ok", "half-there 1.0")
    assert (sql.status, sql.message) == ("warning", "absent-of-all is not installed")
    delta, s3, sql = check_extras(["delta", "sql"])
    assert delta == Finding("extra 'delta'", "fault", "absent-of-all is not installed", install)
    assert (sql.status, sql.message) == ("fault", "absent-of-all is not installed")


def test_the_shells_zipline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = sysconfig.get_path("scripts")
    monkeypatch.setenv("PATH", str(tmp_path))
    found = list(check_python())[1]
    assert (found.check, found.status, found.message) == ("PATH", "warning", "the shell finds no zipline")
    assert found.hint == f'put its folder first: export PATH="{own}:$PATH"'
    (tmp_path / "zipline").write_text("#!/bin/sh\n")
    (tmp_path / "zipline").chmod(0o755)
    found = list(check_python())[1]
    if (Path(own) / "zipline").exists():
        assert (found.status, found.message) == (
            "warning",
            f"the shell finds {tmp_path}/zipline, not {own}/zipline",
        )
    monkeypatch.setenv("PATH", own)
    if (Path(own) / "zipline").exists():
        assert list(check_python())[1].status == "ok"
