"""How kernels are compiled, kept and run; each known trap in a process of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import zipline
from zipline.engines.kernels import cache
from zipline.engines.kernels.jit import run_each, run_ranges, split

SUM = """
import numpy as np
from zipline.engines.kernels.additive import Additive
from zipline.engines.kernels.sums import window_sum

def answer(n=10, threads=None):
    column = Additive(np.ones(n), threads=threads)
    return window_sum(column, np.zeros(1, np.int64), np.full(1, n))[0][0]
"""


def run(code: str, root: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run code in a new interpreter that imports zipline from `root` and knows of no cache."""
    return subprocess.run(
        [sys.executable, "-c", SUM + code],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(root)} | environment,
        cwd=root,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture
def root() -> Path:
    return Path(zipline.__path__[0]).parent


def test_ranges_cover_the_work_once() -> None:
    done: list[int] = []
    run_ranges(lambda start, stop: done.extend(range(start, stop)), 1000, threads=3, grain=10)
    assert sorted(done) == list(range(1000))
    assert split(2, 5) == [(0, 1), (1, 2)]
    assert split(0, 5) == [(0, 0)]


def test_the_error_of_a_range_is_raised() -> None:
    def fail(start: int, stop: int) -> None:
        if start == 5:
            raise ValueError(f"range {start} to {stop}")

    with pytest.raises(ValueError, match="range 5 to 9"):
        run_each(fail, [(0, 5), (5, 9)], threads=2)


def test_an_edited_helper_is_noticed(root: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(root / "zipline", copy / "zipline", ignore=shutil.ignore_patterns("__pycache__"))
    environment = {"ZIPLINE_CACHE_DIR": str(tmp_path / "cache"), "PYTHONDONTWRITEBYTECODE": "1"}
    assert run("print(answer())", copy, **environment).stdout == "10.0\n"
    helper = copy / "zipline/engines/kernels/rounding.py"
    edited = helper.read_text().replace(
        "return round_magnitude(negative, high", "return 2 * round_magnitude(negative, high"
    )
    helper.write_text(edited)
    assert run("print(answer())", copy, **environment).stdout == "20.0\n"


def test_the_second_process_compiles_nothing(root: Path, tmp_path: Path) -> None:
    code = """
from zipline.engines.kernels import sums
answer()
stats = sums._totals_of_two.stats
print(sum(stats.cache_hits.values()), sum(stats.cache_misses.values()))
"""
    assert run(code, root, ZIPLINE_CACHE_DIR=str(tmp_path)).stdout == "0 1\n"
    assert run(code, root, ZIPLINE_CACHE_DIR=str(tmp_path)).stdout == "1 0\n"


def test_a_damaged_entry_is_compiled_again(root: Path, tmp_path: Path) -> None:
    run("answer()", root, ZIPLINE_CACHE_DIR=str(tmp_path))
    entries = list(tmp_path.glob("kernels-*/*.bin"))
    for entry in entries:
        entry.write_bytes(entry.read_bytes()[:100])
    assert run("print(answer())", root, ZIPLINE_CACHE_DIR=str(tmp_path)).stdout == "10.0\n"
    assert all(entry.stat().st_size > 100 for entry in entries)


def test_without_a_folder_kernels_are_compiled_in_memory_with_one_warning(root: Path, tmp_path: Path) -> None:
    # A file where the folder should be refuses even root, whom a read-only mode would not stop.
    obstacle = tmp_path / "file"
    obstacle.write_text("")
    for environment in ({"HOME": str(obstacle)}, {"ZIPLINE_CACHE_DIR": str(obstacle / "cache")}):
        found = run("print(answer())", root, **environment)
        assert found.stdout == "10.0\n"
        assert found.stderr.count("Compiled kernels are not kept") == 1
        assert found.stderr.count("Hint: set ZIPLINE_CACHE_DIR") == 1


def test_two_threads_may_enter_at_once(root: Path, tmp_path: Path) -> None:
    code = """
from concurrent.futures import ThreadPoolExecutor
with ThreadPoolExecutor(4) as pool:
    print(set(pool.map(lambda n: bool(answer(n, threads=2) == n), [200_000] * 8)))
"""
    found = run(code, root, ZIPLINE_CACHE_DIR=str(tmp_path))
    assert (found.stdout, found.returncode) == ("{True}\n", 0)


def test_a_forked_child_may_use_kernels(root: Path, tmp_path: Path) -> None:
    code = """
import os
assert answer(200_000, threads=2) == 200_000
child = os.fork()
if child == 0:
    os._exit(0 if answer(200_000, threads=2) == 200_000 else 1)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    assert run(code, root, ZIPLINE_CACHE_DIR=str(tmp_path)).stdout == "0\n"


def test_numba_code_of_the_user_keeps_its_own_cache(root: Path, tmp_path: Path) -> None:
    code = """
import numba
answer()
print(numba.config.CACHE_DIR == "", "NUMBA_CACHE_DIR" in __import__("os").environ)
"""
    assert run(code, root, ZIPLINE_CACHE_DIR=str(tmp_path)).stdout == "True False\n"


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"ZIPLINE_CACHE_DIR": "/here", "XDG_CACHE_HOME": "/there"}, "/here"),
        ({"XDG_CACHE_HOME": "/there", "HOME": "/home/me"}, "/there/zipline"),
        ({"HOME": "/home/me"}, "/home/me/.cache/zipline"),
    ],
)
def test_where_kernels_are_kept(
    environment: dict[str, str], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("ZIPLINE_CACHE_DIR", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert cache.cache_root() == Path(expected)
