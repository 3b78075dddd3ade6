"""API keys: made once, hashed, scoped, taken away."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import msgspec
import pytest

from zipline.errors import ConfigError
from zipline.online.serve.api_keys import ApiKey, KeyFile


@pytest.fixture
def file(tmp_path: Path) -> KeyFile:
    """Return a file of keys that is not there yet."""
    return KeyFile(tmp_path / "made" / "keys.json")


def test_a_key_is_found_by_itself_and_by_nothing_else(file: KeyFile) -> None:
    key = file.add("website", services=["delay_model"], push=["flights"])
    found = file.find(key)
    assert found is not None
    assert (found.name, found.services, found.push, found.metrics) == (
        "website", ("delay_model",), ("flights",), False,
    )  # fmt: skip
    for other in (
        "",
        "zl_",
        "zl__",
        key[:-1],
        key + "x",
        key.replace("zl_", ""),
        f"zl_{found.id}_guess",
        "é",
    ):
        assert file.find(other) is None, other


def test_the_file_holds_no_key_and_is_for_its_owner_only(file: KeyFile) -> None:
    key = file.add("website", services=["*"])
    content = file.path.read_text()
    assert key not in content
    assert key.rpartition("_")[2] not in content
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600
    assert list(file.path.parent.iterdir()) == [file.path]


def test_keys_are_long_and_never_the_same(file: KeyFile) -> None:
    made = {file.add(f"caller {number}", metrics=True) for number in range(20)}
    assert len(made) == 20
    assert all(len(key) >= 60 for key in made)


def test_scopes() -> None:
    key = ApiKey("a", "b", "c", services=("delay_model",), push=("flights",))
    assert key.reads("delay_model")
    assert key.reads("delay_model@2")
    assert not key.reads("delay_models")
    assert key.pushes("flights")
    assert not key.pushes("landings")
    everything = ApiKey("a", "b", "c", services=("*",), push=("*",))
    assert everything.reads("any@1")
    assert everything.pushes("any")


def test_a_running_server_sees_changes(file: KeyFile) -> None:
    writer = KeyFile(file.path)
    first = writer.add("first", metrics=True)
    assert file.find(first) is not None
    second = writer.add("second", metrics=True)
    assert file.find(second) is not None
    writer.revoke("first")
    assert file.find(first) is None
    assert [key.name for key in file.listed()] == ["second"]


def test_what_cannot_be_meant_is_refused(file: KeyFile) -> None:
    with pytest.raises(ConfigError, match=r"the key 'a' may do nothing\nHint: say --service NAME"):
        file.add("a")
    file.add("website", metrics=True)
    with pytest.raises(ConfigError, match=r"keys.json: there is a key 'website'\nHint: revoke it first"):
        file.add("website", metrics=True)
    with pytest.raises(ConfigError, match=r"there is no key 'web'\nHint: did you mean 'website'"):
        file.revoke("web")


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (None, "No such file"),
        (b'{"format": 1, "ke', "truncated"),
        (b'{"format": 2, "keys": []}', "its format is 2, not 1"),
        (b'{"format": 1}', "'keys'"),
        (b'{"format": 1, "keys": [{"nme": "a"}]}', "unexpected keyword argument 'nme'"),
        (b"[]", "list indices"),
    ],
)
def test_a_file_that_cannot_be_read_lets_nobody_in(file: KeyFile, content: bytes | None, why: str) -> None:
    key = file.add("website", metrics=True)
    assert file.find(key) is not None
    kept = file.path.read_bytes()
    file.path.unlink()
    if content is not None:
        file.path.write_bytes(content)
    with pytest.raises(ConfigError, match="the file of API keys cannot be read") as refused:
        file.find(key)
    assert why in refused.value.message
    assert "nobody is let in" in str(refused.value.hint)
    file.path.write_bytes(kept)
    assert file.find(key) is not None


def test_the_file_is_read_only_when_it_changes(file: KeyFile, monkeypatch: pytest.MonkeyPatch) -> None:
    key = file.add("website", metrics=True)
    assert file.find(key) is not None
    reads: list[Path] = []
    real = Path.read_bytes

    def read(path: Path) -> bytes:
        reads.append(path)
        return real(path)

    monkeypatch.setattr(Path, "read_bytes", read)
    assert file.find(key) is not None
    assert reads == []
    os.utime(file.path, ns=(1, 1))
    assert file.find(key) is not None
    assert reads == [file.path]


def test_the_format_is_json_that_people_can_read(file: KeyFile) -> None:
    file.add("website", services=["delay_model"])
    data = msgspec.json.decode(file.path.read_bytes())
    (entry,) = data["keys"]
    assert data["format"] == 1
    assert entry.keys() == {"name", "id", "sha256", "services", "push", "metrics", "created_at"}
    assert entry["created_at"].endswith("Z")
