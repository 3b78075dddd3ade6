"""Errors of Spark in zipline's words: of tasks, of expressions, of tables; the trace stays on as the cause."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from pyspark.errors import PySparkException

from zipline import errors
from zipline.errors import DataError, RequestError, ZiplineError

_MARK = "zipline:raised:"
_TOLD = re.compile(re.escape(_MARK) + r"(\{.*?\}):end")
_TIME = re.compile(r"zipline:time:([^:\n]*):([^\n]*)")
_VALUE = re.compile(r"zipline:value:([^:\n]*):([^\n]*)")
_NULL = re.compile(r"zipline:null:([^\n]*)")
_COPY = re.compile(r"zipline:copy:([^\n]*)")


class Told(Exception):
    """An error of zipline's on its way from a task to the driver: a message is all that Spark hands on."""


@contextmanager
def telling() -> Iterator[None]:
    """Send zipline's errors of a task to the driver."""
    try:
        yield
    except ZiplineError as error:
        parts = [type(error).__name__, error.message, error.where, error.hint]
        raise Told(f"{_MARK}{json.dumps(dict(zip('abcd', parts, strict=True)))}:end") from None


@contextmanager
def translated(sources: Sequence[str] = ()) -> Iterator[None]:
    """Raise Spark's errors as zipline's, naming the sources that are read where no more is known."""
    try:
        yield
    except PySparkException as error:
        raise translate(error, sources) from error
    except Exception as error:
        if type(error).__module__.startswith("py4j"):
            raise translate(error, sources) from error
        raise


def translate(error: Exception, sources: Sequence[str] = ()) -> ZiplineError:
    """Return zipline's error for one of Spark's."""
    text = str(error)
    place = ", ".join(f"source {name!r}" for name in sources) or None
    told = _TOLD.search(text)
    if told:
        kind, message, where, hint = json.loads(told[1]).values()
        return getattr(errors, kind, DataError)(message, where=where, hint=hint)
    time = _TIME.search(text)
    if time:
        return DataError(
            f"{_plain(time[2])!r} is not a time", where=_joined(place, f"column {time[1]!r}"),
            hint="write YYYY-MM-DD[THH:MM[:SS[.digits]]][Z|+HH:MM], in the years 1 to 9999",
        )  # fmt: skip
    missing = _NULL.search(text)
    if missing:
        return RequestError(
            f"has no time: {_plain(missing[1])!r} is null", where="an observation",
            hint="drop observations without a time",
        )  # fmt: skip
    value = _VALUE.search(text)
    if value:
        return DataError(f"{_plain(value[2])!r} does not fit {value[1]}", where=place)
    copy = _COPY.search(text)
    if copy:
        return DataError(
            f"two different rows have the id {_plain(copy[1])}", where=place,
            hint="a copy has one row of each id: name what tells these apart in id=, or compare fewer columns=",
        )  # fmt: skip
    absent = re.search(r"ModuleNotFoundError: No module named '([\w.]+)'", text)
    if absent:
        return RequestError(
            f"an executor has no module {absent[1]!r}", where="spark",
            hint="give executors the package, see `zipline doctor --engine spark`",
        )  # fmt: skip
    return DataError(reason(error), where=place, hint="Spark's own trace: --verbose, or this error's cause")


def _joined(place: str | None, more: str) -> str:
    return f"{place}, {more}" if place else more


def _plain(text: str) -> str:
    """Return a value without what Spark writes after it."""
    return re.split(r" SQLSTATE:|\. SQLSTATE|\n", text)[0].strip()


def reason(error: Exception) -> str:
    """Return what an error of Spark's says, without the classes that it passed through."""
    text = str(error)
    raised = text.partition("Traceback (most recent call last)")[2].partition("\n\tat ")[0]
    python = re.findall(r"^([A-Za-z_][\w.]*(?:Error|Exception|Interrupt)\b[^\n]*)", raised, re.MULTILINE)
    if python:
        return f"a task failed: {python[-1].strip()}"
    conditions = re.search(r"\[([A-Z_.]+)\] ([^\n]*)", text)
    if conditions:
        return f"{conditions[2].strip()} ({conditions[1]})"
    causes = re.findall(r"(?:Caused by|\(TID \d+\) \([^)]*\)): [\w.$]+: ([^\n]*)", text)
    if causes:
        return str(causes[-1]).strip()
    return next((line.strip() for line in text.splitlines() if line.strip()), "Spark failed")
