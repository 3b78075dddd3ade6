"""Tables on a terminal, lines with tabs in a pipe."""

from __future__ import annotations

import pytest

from tests.cli.terminal import STYLE
from zipline.cli.answer import moment, print_json, print_table

COLUMNS = ("name", "kind", "about")
ROWS = [
    ("shops", "view", "What a shop has sold, day by day, since it was opened."),
    ("x\ty\nz", "a [b]kind[/b]", ""),
]


def seen(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """Return the lines on the terminal, without colours and spaces at their ends."""
    return [line.rstrip() for line in STYLE.sub("", capsys.readouterr().out).splitlines()]


def test_a_pipe_gets_tabs_and_no_others(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(COLUMNS, ROWS)
    assert capsys.readouterr().out.splitlines() == [
        "name\tkind\tabout",
        "shops\tview\tWhat a shop has sold, day by day, since it was opened.",
        "x y z\ta [b]kind[/b]\t",
    ]
    print_table(("", ""), [("a", "b")])
    assert capsys.readouterr().out == "a\tb\n"


def test_a_wide_terminal_has_all_beside_each_other(
    capsys: pytest.CaptureFixture[str], terminal: None
) -> None:
    print_table(COLUMNS, ROWS)
    assert seen(capsys) == [
        "name   kind           about",
        "shops  view           What a shop has sold, day by day, since it was opened.",
        "x y z  a [b]kind[/b]",
    ]


@pytest.mark.parametrize(
    ("columns", "lines"),
    [
        (60, ["name   kind           about",
              "shops  view           What a shop has sold, day by day,",
              "                      since it was opened.",
              "x y z  a [b]kind[/b]"]),
        (44, ["name   kind",
              "shops  view",
              "    What a shop has sold, day by day, since",
              "    it was opened.",
              "x y z  a [b]kind[/b]"]),
    ],
)  # fmt: skip
def test_a_narrow_one_has_the_last_column_folded_or_below(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    terminal: None,
    columns: int,
    lines: list[str],
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    print_table(COLUMNS, ROWS)
    assert seen(capsys) == lines


def test_where_all_columns_give_way_the_first_stays_whole(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, terminal: None
) -> None:
    monkeypatch.setenv("COLUMNS", "30")
    print_table(COLUMNS, ROWS[:1], long_last=False)
    lines = seen(capsys)
    assert lines[1].startswith("shops  view  What a shop")
    assert max(map(len, lines)) <= 30


def test_json_is_text_that_any_reader_takes(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"name": "Zürich"})
    assert capsys.readouterr().out == '{\n  "name": "Zürich"\n}\n'
    with pytest.raises(ValueError, match="JSON"):
        print_json(float("nan"))


def test_a_person_reads_no_parts_of_a_second(terminal: None) -> None:
    assert moment("2026-11-21T15:28:37.373061Z") == "2026-11-21T15:28:37Z"
