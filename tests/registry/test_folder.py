"""The folder: files are created whole, once; on this machine, in memory, and on an S3 server (an emulator's)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import uuid4

import fsspec
import pytest

from tests.refusals import refusal
from zipline.errors import RegistryError
from zipline.registry.folder import Folder, LocalFolder, RemoteFolder, open_folder


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    """An S3 server of moto's with one bucket; its URL."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {
            "AWS_ENDPOINT_URL": f"http://{host}:{port}", "AWS_ACCESS_KEY_ID": "key",
            "AWS_SECRET_ACCESS_KEY": "secret", "AWS_DEFAULT_REGION": "us-east-1",
        }.items():  # fmt: skip
            patch.setenv(name, value)
        files = fsspec.get_filesystem_class("s3")
        files.clear_instance_cache()
        files().mkdir("bucket")
        yield "s3://bucket"
        files.clear_instance_cache()
    server.stop()


@pytest.fixture(params=["local", "file", "memory", "s3"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Folder:
    name = uuid4().hex
    if request.param == "s3":
        return open_folder(f"{request.getfixturevalue('s3')}/{name}", tmp_path)
    return open_folder(
        {"local": name, "file": f"file://{tmp_path}/{name}", "memory": f"memory://{name}"}[request.param],
        tmp_path,
    )


def test_a_file_is_created_once(folder: Folder) -> None:
    assert folder.read("views/v/1.json") is None
    assert folder.names("views") == []
    assert folder.create("views/v/1.json", b"first")
    assert not folder.create("views/v/1.json", b"second")
    assert folder.create("views/v/2.json", b"another")
    assert folder.read("views/v/1.json") == b"first"
    assert folder.names("views") == ["v"]
    assert folder.names("views/v") == ["1.json", "2.json"]
    assert folder.read_all(["views/v/2.json", "views/v/1.json"]) == {
        "views/v/1.json": b"first", "views/v/2.json": b"another",
    }  # fmt: skip
    assert folder.read_all([]) == {}


def test_of_many_at_once_one_creates(folder: Folder) -> None:
    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(lambda writer: folder.create("a/1.json", str(writer).encode()), range(8)))
    assert won.count(True) == 1
    assert folder.read("a/1.json") == str(won.index(True)).encode()
    assert folder.names("a") == ["1.json"]


def test_titles_say_where(tmp_path: Path) -> None:
    assert open_folder("registry", tmp_path).title("a/1.json") == f"{tmp_path}/registry/a/1.json"
    shown = open_folder("memory://secret/registry", tmp_path, "${LAKE}/registry")
    assert (shown.title(), shown.title("a/1.json")) == ("${LAKE}/registry", "${LAKE}/registry/a/1.json")


def test_nothing_is_left_of_a_write_that_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    folder = LocalFolder(tmp_path)
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        folder.create("a/1.json", b"{}")
    assert list((tmp_path / "a").iterdir()) == []


def test_urls_that_fsspec_does_not_know_are_refused(tmp_path: Path) -> None:
    message = refusal(lambda: open_folder("nowhere://place", tmp_path, "${PLACE}"), RegistryError)
    assert message == "registry ${PLACE}: Protocol not known: nowhere"


def test_a_place_where_two_could_create_one_file_is_refused(tmp_path: Path) -> None:
    class Looking(fsspec.AbstractFileSystem):  # type: ignore[misc]
        """A file system that creates as fsspec does unless told better: it looks first."""

        protocol = "looking"

        def info(self, path: str, **_: Any) -> Any:
            raise FileNotFoundError(path)

    fsspec.register_implementation("looking", Looking, clobber=True)
    folder = open_folder("looking://registry", tmp_path)
    assert folder.read("a") is None
    message = refusal(lambda: folder.create("a", b""), RegistryError)
    assert message == (
        "registry looking://registry: Looking cannot create a file only where there is none, so that two writers could "
        "give one number to two versions\n"
        "Hint: keep the registry in a folder, in git, or on S3, Google Cloud Storage or Azure"
    )


class Refusing:
    """A file system whose writes fail, one way or another; what is lost may have been written all the same."""

    def __init__(self, *, wrote: bool) -> None:
        self.wrote = wrote

    def pipe_file(self, path: str, value: bytes, mode: str = "overwrite") -> None:
        raise OSError(5, "At least one of the pre-conditions you specified did not hold")

    def cat_file(self, path: str) -> bytes:
        if not self.wrote:
            raise FileNotFoundError(path)
        return b"{}"


def test_a_failed_write_counts_as_created_by_another_if_the_file_is_there() -> None:
    assert not RemoteFolder(Refusing(wrote=True), "r", "s3://r").create("a", b"{}")
    with pytest.raises(OSError, match="pre-conditions"):
        RemoteFolder(Refusing(wrote=False), "r", "s3://r").create("a", b"{}")
