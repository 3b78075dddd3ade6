"""The doctor on the configuration, the modules and the variables of a repository."""

from __future__ import annotations

from pathlib import Path

import pytest

import zipline as zl
from tests.doctor.conftest import FEATURES, Examined
from zipline.doctor.definitions import stream_texts, texts_of
from zipline.doctor.finding import Finding
from zipline.dsl.tables import Delta, Iceberg, Sql


def test_all_is_well(repo: Path, examined: Examined) -> None:
    found = examined()
    assert {each.check for each in found.values() if each.status == "fault"} == set()
    assert found["zipline.toml"] == Finding("zipline.toml", "ok", f"{repo}/zipline.toml, no profile")
    assert found["module doctored.py"].message == "4 definitions"
    assert found["variables"].message == "none"
    assert examined(repo).keys() == found.keys()


def test_outside_of_a_repository(examined: Examined, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    found = examined()
    assert found["repository"].status == "warning"
    assert found["repository"].message == f"neither {tmp_path} nor a folder above has a zipline.toml"
    assert found["memory"].status != "fault", "the rest is looked at all the same"
    assert "registry" not in found


def test_a_folder_that_is_no_repository(examined: Examined, tmp_path: Path) -> None:
    found = examined(tmp_path / "absent")["repository"]
    assert (found.status, found.message) == ("fault", f"{tmp_path}/absent has no zipline.toml")
    assert found.hint == "create an empty zipline.toml there"


def test_a_configuration_that_is_refused(repo: Path, examined: Examined) -> None:
    (repo / "zipline.toml").write_text("[duckdb]\nthraeds = 3\n")
    found = examined()
    assert found["zipline.toml"].status == "fault"
    assert found["zipline.toml"].message.endswith("zipline.toml, [duckdb]: unknown key 'thraeds'")
    assert found["zipline.toml"].hint.startswith("did you mean 'threads'?")
    assert found["view 'shops'"].status == "ok", "the rest is looked at with the defaults"


def test_profiles(repo: Path, examined: Examined) -> None:
    (repo / "zipline.toml").write_text("[profile.prod.duckdb]\nthreads = 1\n")
    assert examined(profile="prod")["zipline.toml"].message.endswith(", profile prod")
    found = examined(profile="pord")["zipline.toml"]
    assert (found.status, found.hint) == ("fault", "did you mean 'prod'? Allowed: 'prod'")


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("import sys; sys.exit('stop')", "SystemExit: stop"),
        ("def (", "SyntaxError: invalid syntax"),
        ("import absent_of_all", "ModuleNotFoundError: No module named 'absent_of_all'"),
        ("import zipline as zl; zl.Window('x')", "window length 'x' is not a duration"),
        ("class Odd(BaseException): ...\nraise SystemExit", "SystemExit: "),
        (FEATURES.replace("1d", "2d"), "two different views are called 'shops'"),
    ],
)
def test_modules_that_do_not_load(repo: Path, examined: Examined, code: str, message: str) -> None:
    (repo / "wrong.py").write_text(code)
    found = examined()
    assert found["module wrong.py"].status == "fault"
    assert message in found["module wrong.py"].message
    assert found["module wrong.py"].hint != ""
    assert found["view 'shops'"].status == "ok", "what loads is looked at all the same"


def test_modules_that_are_no_files(repo: Path, examined: Examined) -> None:
    (repo / "folder.py").mkdir()
    (repo / "dangling.py").symlink_to(repo / "absent")
    found = examined()
    assert "Is a directory" in found["module folder.py"].message
    assert "No such file" in found["module dangling.py"].message


def test_a_repository_without_modules(repo: Path, examined: Examined) -> None:
    (repo / "doctored.py").unlink()
    found = examined()["modules"]
    assert (found.status, found.message) == ("warning", f"{repo} has no Python modules")


def test_what_a_module_prints_goes_aside(
    repo: Path, examined: Examined, capsys: pytest.CaptureFixture[str]
) -> None:
    (repo / "printing.py").write_text("print('loaded')")
    assert examined()["module printing.py"].status == "ok"
    assert capsys.readouterr() == ("", "loaded\n")


def test_variables(repo: Path, examined: Examined, monkeypatch: pytest.MonkeyPatch) -> None:
    (repo / "doctored.py").write_text(FEATURES.replace("sales.csv", "${data}/sales.csv"))
    found = examined()
    assert found["variables"].status == "fault"
    assert found["variables"].message == "source 'sales': there is no variable 'data'"
    assert found["variables"].hint.startswith("set it in [variables] of zipline.toml")
    (repo / "zipline.toml").write_text('[variables]\ndata = "${ZL_FOLDER}"\nspare = "${ZL_SPARE}"\n')
    found = examined()
    assert (
        found["variables"].message
        == "spare = '${ZL_SPARE}': there is no variable 'ZL_SPARE'; no table uses it"
    )
    assert found["variables"].status == "warning"
    monkeypatch.setenv("ZL_FOLDER", str(repo))
    monkeypatch.setenv("ZL_SPARE", "x")
    found = examined()
    assert found["variables"] == Finding("variables", "ok", "data, spare")
    assert found["source 'sales'"].status == "ok"


def test_variables_of_all_kinds_of_tables() -> None:
    properties = {"uri": "${uri}", "warehouse": "${lake}"}
    catalog = Iceberg("${name}.sales", catalog="main", properties=properties)
    assert list(texts_of(catalog)) == ["${name}.sales", "${uri}", "${lake}"]
    assert list(texts_of(Sql("postgresql://${user}@db", "SELECT '${no}'"))) == ["postgresql://${user}@db"]
    assert list(texts_of(zl.Snapshot(Delta("${lake}/sales"), date="ds", id="id"))) == ["${lake}/sales"]
    assert list(texts_of(zl.Csv("${data}/x.csv", delimiter="|"))) == ["${data}/x.csv"]


def test_variables_of_streams() -> None:
    sales = zl.Kafka("${stage}_sales", options={"sasl_plain_password": "${pw}", "retries": 3})
    assert list(stream_texts(sales)) == ["${stage}_sales", "${pw}"]
    assert list(stream_texts(zl.Push())) == list(stream_texts(None)) == []


def test_no_secret_is_shown(repo: Path, examined: Examined, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZL_SECRET", "hunter2hunter2")
    (repo / "zipline.toml").write_text(
        '[registry]\npath = "absent_${ZL_SECRET}://x"\n[duckdb]\ntemp_directory = "/${ZL_SECRET}"\n'
        '[variables]\npassword = "${ZL_SECRET}"\n'
    )
    (repo / "doctored.py").write_text(FEATURES.replace("sales.csv", "${password}/sales.csv"))
    (repo / "aloud.py").write_text("import os\nraise ValueError('it is ' + os.environ['ZL_SECRET'])")
    found = examined()
    assert {found[each].status for each in ("registry", "temp directory", "source 'sales'")} == {"fault"}
    assert "hunter2" not in repr(found)
    assert found["temp directory"].message == "/${ZL_SECRET}: No such file or directory"
    assert found["module aloud.py"].message.endswith("it is ${ZL_SECRET}")


def test_a_folder_that_cannot_be_reached(repo: Path, examined: Examined) -> None:
    (repo / "loop").symlink_to(repo / "loop")
    found = examined(repo / "loop")
    assert found["repository"].status == "fault"
    assert found["repository"].message.startswith("RuntimeError: Symlink loop")
    assert found["memory"].status != "fault"
