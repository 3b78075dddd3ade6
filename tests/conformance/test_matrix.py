"""Every aggregation with every option, over every window kind, from every source kind, on every engine.

Online reads take the cells in turn, each from one source kind: replaying them all takes minutes.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.conformance.cells import OPTIONS, SOURCES, WINDOWS, Cell, view_of
from tests.conformance.check import answers, differences
from tests.conformance.dataset import observations
from tests.conformance.engines import TRAINING_SETS, Case
from tests.conformance.online_engine import why_offline
from zipline import aggregations

MATRIX = Path("build/conformance-matrix")
Counts = Counter[tuple[str, str, str, str, str]]
"""(aggregation, option, window kind, source kind, engine) -> values compared."""


def compare(
    source: str,
    names: list[str],
    engines: Sequence[str] = TRAINING_SETS,
    cells_of: Sequence[Cell] | None = None,
) -> tuple[Counts, list[str]]:
    """Return how many values were compared for each cell of some aggregations, or of some cells, and what differs."""
    view, cells = view_of(SOURCES[source], names, chosen=cells_of)
    given = answers(Case(view, observations(), **SOURCES[source].request), engines)
    expected = given[engines[0]]
    counts: Counts = Counter()
    wrong: list[str] = []
    for engine, answer in given.items():
        wrong += [f"{source}, {line}" for line in differences(engine, answer, expected)]
        for column, cell in cells.items():
            counts[cell.aggregation, cell.option, cell.window, source, engine] += sum(
                column in row for row in answer.rows
            )
    return counts, wrong


@pytest.mark.parametrize("source", ["plain", "deleted", "hindsight"])
@pytest.mark.parametrize("name", ["Sum", "LastK", "CountDistinct"])
def test_a_corner(source: str, name: str) -> None:
    _, wrong = compare(source, [name])
    assert not wrong, "\n".join(wrong[:20])


CELLS = [
    Cell(name, option, window)
    for name, options in OPTIONS.items()
    for option in options
    for window in WINDOWS
]
STREAMED = [
    name
    for name, kind in SOURCES.items()
    if not why_offline(Case(view_of(kind, ["Sum"])[0], observations(), **kind.request))
]


@pytest.mark.parametrize("source", STREAMED)
def test_every_cell_online_from_some_source(source: str) -> None:
    share = CELLS[STREAMED.index(source) :: len(STREAMED)]
    counts, wrong = compare(source, list(OPTIONS), ("duckdb", "online"), share)
    assert not wrong, "\n".join(wrong[:20])
    assert all(counts[cell.aggregation, cell.option, cell.window, source, "online"] for cell in share)


def test_every_cell() -> None:
    """The whole matrix: no cell may be empty or differ. It is written to build/conformance-matrix.{json,md}."""
    counts: Counts = Counter()
    wrong: list[str] = []
    for source in SOURCES:
        found, lines = compare(source, list(OPTIONS))
        counts += found
        wrong += lines
    write(counts)
    empty = [
        (name, option, window, source, engine)
        for name in aggregations.__all__
        for option in OPTIONS.get(name, {"plain": None})
        for window in WINDOWS
        for source in SOURCES
        for engine in TRAINING_SETS
        if not counts[name, option, window, source, engine]
    ]
    assert not empty, f"{len(empty)} empty cells: {empty[:10]}"
    assert not wrong, f"{len(wrong)} differences:\n" + "\n".join(wrong[:30])


def write(counts: Counts) -> None:
    """Write the matrix as JSON, and as a table of aggregation and option by window kind, summed over sources."""
    MATRIX.parent.mkdir(exist_ok=True)
    rows = [{"cell": list(cell), "values": values} for cell, values in sorted(counts.items())]
    MATRIX.with_suffix(".json").write_text(json.dumps(rows, indent=0))
    lines = [
        f"Values compared to the bit, over {len(SOURCES)} source kinds ({', '.join(SOURCES)}).",
        "",
        f"| aggregation | option | engine | {' | '.join(WINDOWS)} |",
        f"|---|---|---|{'---|' * len(WINDOWS)}",
    ]
    for name, option, engine in dict.fromkeys((cell[0], cell[1], cell[4]) for cell in sorted(counts)):
        sums = [sum(counts[name, option, window, source, engine] for source in SOURCES) for window in WINDOWS]
        lines.append(f"| {name} | {option} | {engine} | {' | '.join(map(str, sums))} |")
    MATRIX.with_suffix(".md").write_text("\n".join(lines) + "\n")
