"""Files are written where none is yet, all or none."""

from __future__ import annotations

from pathlib import Path

from tests.refusals import refusal
from zipline.errors import ConfigError
from zipline.init.folder import write_new


def test_folders_are_made_and_neighbours_stay(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")
    write_new(tmp_path / "new", {"a": b"1", "data/b": b"2"})
    write_new(tmp_path, {"c": b"3"})
    assert (tmp_path / "new" / "data" / "b").read_bytes() == b"2"
    assert {each.name for each in tmp_path.iterdir()} == {"mine", "new", "c"}


def test_what_is_there_is_named_and_nothing_is_written(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("mine")
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    message = refusal(lambda: write_new(tmp_path, {"a": b"", "b": b"", "link": b""}), ConfigError)
    assert message == (
        f"{tmp_path} already has a, link\nHint: nothing was written: name another folder, or move them away"
    )
    assert not (tmp_path / "b").exists()
    assert (tmp_path / "a").read_text() == "mine"


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "data").touch()
    for folder, files in ((tmp_path / "data", {"a": b""}), (tmp_path, {"data/a": b""})):
        message = refusal(lambda folder=folder, files=files: write_new(folder, files), ConfigError)  # type: ignore[misc]
        assert message == f"{tmp_path / 'data'} is a file, not a folder\nHint: name another folder"
