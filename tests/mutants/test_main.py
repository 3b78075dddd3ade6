"""What a run of tests says of a mutant."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.mutants import __main__ as mutants


@pytest.mark.parametrize(
    ("code", "named", "others"),
    [
        (0, None, None),
        (1, "caught", "caught"),
        (-11, "caught", "caught"),
        (4, "BROKEN (4)", "BROKEN (4)"),
        (None, "caught (did not end)", "SURVIVED (did not end)"),
    ],
)
def test_an_exit_code_says_what_became_of_a_mutant(
    code: int | None, named: str | None, others: str | None
) -> None:
    assert (mutants.verdict(code, named=True), mutants.verdict(code, named=False)) == (named, others)


def test_a_run_that_does_not_end_is_told_from_one_that_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_endless.py").write_text("while True: pass")
    (tmp_path / "tests" / "test_failing.py").write_text("def test_failing(): raise RuntimeError")
    assert mutants.run(tmp_path, ["test_failing.py"], tmp_path) == 1
    monkeypatch.setattr(mutants, "SECONDS", 1)
    assert mutants.run(tmp_path, ["test_endless.py"], tmp_path) is None
