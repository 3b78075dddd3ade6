"""Finding: what one check saw, and how to mend it; and how a check that breaks becomes one."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal, TypeVar

from zipline.errors import ZiplineError

Status = Literal["ok", "warning", "fault"]
T = TypeVar("T")
_THREAD = "zipline doctor"


@dataclass(frozen=True)
class Finding:
    """What one check saw.

    Attributes:
        check: what was looked at, such as `duckdb` or `source 'clicks'`.
        status: `warning`: it works, but will hurt. `fault`: something will fail.
        message: what was seen.
        hint: how to mend it.
    """

    check: str
    status: Status
    message: str
    hint: str = ""


class TookTooLong(Exception):
    """Something did not answer in time."""


def fault(check: str, error: BaseException, hint: str = "") -> Finding:
    """Return an error as a finding: its message, and its own hint unless it has none."""
    if isinstance(error, ZiplineError):
        place = f"{error.where}: " if error.where else ""
        return Finding(check, "fault", place + error.message, error.hint or hint)
    if isinstance(error, TookTooLong):
        return Finding(check, "fault", str(error), hint)
    if isinstance(error, OSError) and error.strerror:
        place = f"{error.filename}: " if error.filename else ""
        return Finding(check, "fault", place + error.strerror, hint)
    return Finding(check, "fault", f"{type(error).__name__}: {error}", hint)


def guarded(check: str, findings: Iterator[Finding]) -> Iterator[Finding]:
    """Go through the findings of a check; where the check itself breaks, that is the last of them."""
    try:
        yield from findings
    except (Exception, SystemExit) as error:
        yield fault(check, error, "the check broke off here: what it says comes from Python or the system")


def left_behind() -> bool:
    """Return whether something that took too long is still under way."""
    return any(thread.name == _THREAD for thread in threading.enumerate())


def within(seconds: float, call: Callable[[], T]) -> T:
    """Return what a call returns, or raise what it raises, unless that takes too long.

    What is still under way then is left behind in a thread that ends with the process.

    Raises:
        TookTooLong: there is no answer in time.
    """
    results: list[T] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(call())
        except BaseException as error:  # it is raised again where the caller waits
            errors.append(error)

    thread = threading.Thread(target=run, name=_THREAD, daemon=True)
    thread.start()
    thread.join(seconds)
    if errors:
        raise errors[0]
    if not results:
        raise TookTooLong(f"no answer within {seconds:g} s")
    return results[0]
