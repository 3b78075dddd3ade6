"""Apply each change of the catalogue alone, in a copy of the package, and see whether the tests notice.

python -m tests.mutants            all of them, two at a time
python -m tests.mutants limb hop   those whose names or paths contain a word
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.mutants.catalogue import FALLBACK, MUTANTS, Mutant

ROOT = Path(__file__).parents[2]
PROCESSES = 2
SECONDS = 240
CAUGHT, SURVIVED, BROKEN = "caught", "SURVIVED", "BROKEN"


def main(words: list[str]) -> int:
    """Run the mutants that `words` name, or all; return how many were not caught."""
    chosen = [
        each for each in MUTANTS if not words or any(word in f"{each.name} {each.path}" for word in words)
    ]
    misplaced = [each for each in chosen if (ROOT / "zipline" / each.path).read_text().count(each.old) != 1]
    for each in misplaced:
        print(f"{BROKEN}: {each.path} does not have exactly once: {each.old}")
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as cache:
        if misplaced or not unchanged_code_passes(chosen, Path(cache)):
            return 1
        with ThreadPoolExecutor(PROCESSES) as pool:
            outcomes = list(pool.map(lambda mutant: report(mutant, Path(cache)), chosen))
    missed = [outcome for outcome in outcomes if not outcome.startswith(CAUGHT)]
    print(f"{len(chosen)} mutants, {len(missed)} not caught, {time.monotonic() - started:.0f} s")
    return len(missed)


def unchanged_code_passes(chosen: list[Mutant], cache: Path) -> bool:
    """Say whether the named tests pass where nothing is changed; if not, they could not catch anything.

    The compiled kernels stay in `cache`, for the mutants that change none.
    """
    tests = list(dict.fromkeys(test for each in chosen for test in each.tests))
    with tempfile.TemporaryDirectory() as folder:
        copy(Path(folder))
        passes = run(Path(folder), tests, cache) == 0
    if not passes:
        print(f"{BROKEN}: the tests fail without any change")
    return passes


def report(mutant: Mutant, cache: Path) -> str:
    """Run one mutant and print what became of it."""
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        outcome = outcome_of(mutant, Path(folder), cache)
    print(f"{outcome:9}{time.monotonic() - started:5.0f} s  {mutant.path}: {mutant.name}", flush=True)
    return outcome


def outcome_of(mutant: Mutant, folder: Path, cache: Path) -> str:
    """Apply a mutant in a folder of its own and ask its tests, then the others."""
    copy(folder)
    target = folder / "zipline" / mutant.path
    target.write_text(target.read_text().replace(mutant.old, mutant.new))
    for tests, named in ((mutant.tests, True), (FALLBACK, False)):
        outcome = verdict(run(folder, list(tests), cache, offline="online" not in mutant.path), named)
        if outcome is not None:
            return outcome
    return SURVIVED


def verdict(code: int | None, named: bool) -> str | None:
    """Return what the exit code of a run says of its mutant; None where it has noticed nothing.

    A mutant's own tests are known to end in time without it. Others may only be slow: that is nobody's catch.
    """
    if code is None:
        return f"{CAUGHT if named else SURVIVED} (did not end)"
    if code == 1 or code < 0:
        return CAUGHT
    return f"{BROKEN} ({code})" if code else None


def copy(folder: Path) -> None:
    """Put the package, its tests and their settings into a folder."""
    for name in ("zipline", "tests"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)


def run(folder: Path, tests: list[str], cache: Path, *, offline: bool = False) -> int | None:
    """Return pytest's exit code: 0 all pass, 1 some fail, below 0 it crashed; None where it does not end.

    Args:
        offline: compare training sets alone, where tests would compare online reads too; Spark's are never compared:
            they take longer, and no mutant is of its engine.
    """
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-x",
        "-p",
        "no:cacheprovider",
        *(f"tests/{test}" for test in tests),
    ]
    environment = {**os.environ, "ZIPLINE_CACHE_DIR": str(cache), "PYTHONDONTWRITEBYTECODE": "1"}
    environment["ZIPLINE_TEST_WITHOUT"] = "spark,online" if offline else "spark"
    try:
        return subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, timeout=SECONDS, check=False
        ).returncode
    except subprocess.TimeoutExpired:
        return None


if __name__ == "__main__":
    sys.exit(min(main(sys.argv[1:]), 100))
