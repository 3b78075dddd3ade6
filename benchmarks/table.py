"""Write the README's table of benchmarks from the files in ``benchmarks/results``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"
BEGIN, END = "<!-- benchmarks: begin -->", "<!-- benchmarks: end -->"
HEADER = "| benchmark | measure | zipline | rival | ratio | target |\n|---|---|---:|---:|---:|---|\n"


class NoPlaceForTable(Exception):
    """The file has no pair of marks between which the table belongs."""


def load(folder: Path = RESULTS) -> list[dict[str, Any]]:
    """Return every measure in the folder's JSON files, by name of file."""
    return [measure for file in sorted(folder.glob("*.json")) for measure in json.loads(file.read_text())]


def markdown(measures: list[dict[str, Any]]) -> str:
    """Return the table: a row for each measure, targets that were missed marked so."""
    return HEADER + "".join(_row(measure) for measure in measures)


def replaced(text: str, table: str) -> str:
    """Return ``text`` with ``table`` between its marks.

    >>> replaced(f"a {BEGIN}old{END} b", "new").splitlines()[1]
    'new'
    """
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        message = f"no {BEGIN} followed by {END}. Hint: put both where the table belongs"
        raise NoPlaceForTable(message)
    return f"{before}{BEGIN}\n{table}{END}{after}"


def _row(measure: dict[str, Any]) -> str:
    rival = ""
    if measure["rival"] is not None:
        value = _value(measure["rival"], measure["unit"])
        rival = f"{value} ({measure['rival_name']} {measure['rival_version']})"
    cells = (
        f"`{measure['benchmark']}`, S = {measure['scale']:g}",
        measure["measure"],
        _value(measure["zipline"], measure["unit"]),
        rival,
        "" if measure["ratio"] is None else f"{measure['ratio']:.3g}",
        measure["detail"]["target"] + ("" if measure["detail"]["met"] else ", **missed**"),
    )
    return f"| {' | '.join(cells)} |\n"


def _value(value: float, unit: str) -> str:
    return f"{value:.3g} {unit}"
