from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.cache import cache_folder, made_once


def test_makes_a_folder_only_once() -> None:
    calls: list[Path] = []
    first = made_once("thing", calls.append)
    assert made_once("thing", calls.append) == first
    assert len(calls) == 1


def test_the_folder_can_be_chosen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZIPLINE_CACHE_DIR", str(tmp_path / "mine"))
    assert cache_folder() == tmp_path / "mine" / "benchmarks"
    monkeypatch.delenv("ZIPLINE_CACHE_DIR")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_folder() == tmp_path / ".cache" / "zipline" / "benchmarks"


def test_an_interrupted_make_is_not_trusted_later(cached_in: Path) -> None:
    def interrupted(folder: Path) -> None:
        (folder / "half").touch()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        made_once("thing", interrupted)
    assert not (cached_in / "thing").exists()
    assert not list(made_once("thing", lambda folder: None).iterdir())
