"""Findings, and that a check which breaks, or does not answer, is one."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from zipline.doctor.finding import Finding, TookTooLong, fault, guarded, left_behind, within
from zipline.errors import DataError


@pytest.mark.parametrize(
    ("error", "message", "hint"),
    [
        (
            DataError("is torn", where="a.parquet", hint="write it again"),
            "a.parquet: is torn",
            "write it again",
        ),
        (DataError("is torn"), "is torn", "a hint"),
        (
            FileNotFoundError(2, "No such file or directory", "a.csv"),
            "a.csv: No such file or directory",
            "a hint",
        ),
        (OSError(28, "No space left on device"), "No space left on device", "a hint"),
        (OSError("odd"), "OSError: odd", "a hint"),
        (ZeroDivisionError("division by zero"), "ZeroDivisionError: division by zero", "a hint"),
    ],
)
def test_errors_are_faults(error: Exception, message: str, hint: str) -> None:
    assert fault("x", error, "a hint") == Finding("x", "fault", message, hint)


@pytest.mark.parametrize("error", [RuntimeError("broke"), SystemExit("broke")])
def test_a_check_that_breaks_is_a_fault_after_what_it_found(error: BaseException) -> None:
    def check() -> Iterator[Finding]:
        yield Finding("x", "ok", "first")
        raise error

    found = list(guarded("x", check()))
    assert [each.status for each in found] == ["ok", "fault"]
    assert found[1].message == f"{type(error).__name__}: broke"
    assert found[1].hint.startswith("the check broke off here")


def test_ctrl_c_is_no_finding() -> None:
    def check() -> Iterator[Finding]:
        yield Finding("x", "ok", "first")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(guarded("x", check()))


def test_what_does_not_answer_is_left_behind() -> None:
    answer = threading.Event()
    with pytest.raises(TookTooLong, match=r"no answer within 0\.01 s"):
        within(0.01, answer.wait)
    assert left_behind()
    answer.set()
    assert within(10, lambda: "an answer") == "an answer"
    with pytest.raises(ZeroDivisionError):
        within(10, lambda: 1 // 0)
