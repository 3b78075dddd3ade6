"""Hold the engines' answers to a case against each other, to the bit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from tests.conformance.engines import ENGINES, LEFT_OUT, TRAINING_SETS, Answer, Case
from tests.conformance.online_engine import why_offline
from tests.conformance.plain import exact


def answers(case: Case, engines: Iterable[str] = tuple(ENGINES)) -> dict[str, Answer]:
    """Return each engine's answer."""
    return {name: ENGINES[name](case) for name in engines}


def agree(case: Case) -> Answer:
    """Return the answer that all engines give, or fail with what differs.

    Online reads are asked where the case can be one: `online_engine.OFFLINE_ONLY` says why some cannot.
    """
    offline = why_offline(case) or "online" in LEFT_OUT
    given = answers(case, TRAINING_SETS if offline else tuple(ENGINES))
    expected = given["reference"]
    wrong = [line for name, answer in given.items() for line in differences(name, answer, expected)]
    assert not wrong, f"{len(wrong)} differences from the reference:\n" + "\n".join(wrong[:20])
    return expected


def differences(engine: str, answer: Answer, expected: Answer) -> list[str]:
    """Return one line for everything in which an answer is not the expected one, to the bit."""
    if list(answer.types.items()) != list(expected.types.items()):
        return [f"{engine}: columns {_unequal(answer.types, expected.types)}"]
    if len(answer.rows) != len(expected.rows):
        return [f"{engine}: {len(answer.rows)} rows instead of {len(expected.rows)}"]
    return [
        f"{engine}: row {at}, {name}: {row[name]!r} instead of {wanted[name]!r}"
        for name in expected.types
        for at, (row, wanted) in enumerate(zip(answer.rows, expected.rows, strict=True))
        if exact(row[name]) != exact(wanted[name])
    ]


def _unequal(given: Mapping[str, str], expected: Mapping[str, str]) -> str:
    if set(given) != set(expected):
        return f"missing {sorted(set(expected) - set(given))}, added {sorted(set(given) - set(expected))}"
    types = {name: (given[name], expected[name]) for name in given if given[name] != expected[name]}
    return f"have types {types}" if types else f"are ordered {list(given)} instead of {list(expected)}"


def expect(case: Case, **columns: list[Any]) -> list[Any]:
    """Return the rows, having checked that all engines agree, and that columns have values worked out by hand."""
    rows = agree(case).rows
    for name, values in columns.items():
        found = [row[name] for row in rows]
        assert [exact(value) for value in found] == [exact(value) for value in values], f"{name}: {found}"
    return [exact(row) for row in rows]
