from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.cache import cache_folder, made_once


def test_makes_a_folder_only_once() -> None:
    calls: list[Path] = []
    first = made_once("thing", calls.append)
    assert made_once("thing", calls.append) == first
    assert len(calls) == 1


def test_an_interrupted_make_is_not_trusted_later() -> None:
    def interrupted(folder: Path) -> None:
        (folder / "half").touch()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        made_once("thing", interrupted)
    assert not (cache_folder() / "thing").exists()
    assert not list(made_once("thing", lambda folder: None).iterdir())
