"""The doctor on the registry."""

from __future__ import annotations

from pathlib import Path

import zipline as zl
from tests.doctor.conftest import Examined
from zipline.doctor.finding import Finding


def test_a_registry_that_is_not_yet_there(repo: Path, examined: Examined) -> None:
    found = examined()["registry"]
    assert (found.status, found.message) == (
        "ok",
        f"{repo}/registry: nothing is registered yet: zipline apply will",
    )
    assert not (repo / "registry").exists(), "looking does not create it"


def test_a_registry_with_records(repo: Path, examined: Examined) -> None:
    zl.FeatureStore(repo).apply()
    assert examined()["registry"] == Finding("registry", "ok", f"{repo}/registry: 2 versions")


def test_torn_records(repo: Path, examined: Examined) -> None:
    zl.FeatureStore(repo).apply()
    (record,) = repo.glob("registry/views/shops/*.json")
    record.write_text(record.read_text()[:100])
    found = examined()["registry"]
    assert found.status == "fault"
    assert f"{record}" in found.message
    assert found.hint == "restore the file as it was written, from git or a backup"
    (state,) = repo.glob("registry/applied/*.json")
    state.write_text('{"format": 99}')
    assert examined()["registry"].status == "fault"


def test_a_registry_that_cannot_be_written_to(repo: Path, examined: Examined) -> None:
    (repo / "registry").touch()
    found = examined()["registry"]
    assert found.status == "warning"
    assert found.message == f"{repo}/registry cannot be written to: {repo}/registry: is no folder"
    assert found.hint.startswith("zipline apply needs the right to write")


def test_a_registry_at_a_url(repo: Path, examined: Examined) -> None:
    (repo / "zipline.toml").write_text('[registry]\npath = "memory://doctored/registry"\n')
    assert examined()["registry"].status == "ok"
    (repo / "zipline.toml").write_text(f'[registry]\npath = "file://{repo}/kept"\n')
    assert examined()["registry"].message.startswith(f"{repo}/kept: nothing")
    (repo / "zipline.toml").write_text('[registry]\npath = "dir://x"\n')
    found = examined()["registry"]
    assert found.status != "ok"
    (repo / "zipline.toml").write_text('[registry]\npath = "absent-protocol://x"\n')
    found = examined()["registry"]
    assert found.status == "fault"
    assert "absent-protocol" in found.message


def test_a_registry_whose_variable_is_unset(repo: Path, examined: Examined) -> None:
    (repo / "zipline.toml").write_text('[registry]\npath = "${ZL_ABSENT}/registry"\n')
    found = examined()
    assert found["variables"].message == "[registry] path: there is no variable 'ZL_ABSENT'"
    assert found["registry"].status == "fault"
    assert found["view 'shops'"].status == "ok"
