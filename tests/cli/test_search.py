"""`zipline search`: where a word stands, the best place first."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Ran
from tests.cli.modules import change

Run = Callable[..., Ran]
MODELS = ("price_model", "shop_model")
HEAD = "name\tkind\tplace\ttext\n"


def test_names_come_before_columns_and_descriptions(repo: Path, run: Run) -> None:
    change(repo, ("How often it sold.", "How often\\n  a shop's item sold."))
    assert run("search", "Shop") == Ran(
        0,
        HEAD + "shops\tview\tname\t\n"
        "shop_model\tservice\tname\t\n"
        "items\tview\tdescription\tHow often a shop's item sold.\n"
        "price_model\tservice\tcolumn\tat_shop\n",
        "",
    )


@pytest.mark.parametrize(
    ("word", "lines"),
    [
        ("price", "price_model\tservice\tname\t\nshops:price_sum_1d\tfeature\tname\tSum('price') 1d\n"),
        ("ops", "shops\tview\towner\tops\n" + "".join(f"{m}\tservice\texpression\tshops\n" for m in MODELS)),
        ("sold_at", "sales\tsource\tcolumn\tsold_at\n"),
        ("sales.csv", "sales\tsource\texpression\tCsv('sales.csv')\n"),
        ("sum 1d", "shops:price_sum_1d\tfeature\tname\tSum('price') 1d\n"),
        ("often sold", "items\tview\tdescription\tHow often it sold.\n"),
    ],
)
def test_every_place_is_searched(repo: Path, run: Run, word: str, lines: str) -> None:
    ran = run("search", word)
    assert ran.code == 0
    assert ran.out == HEAD + lines


def test_whole_words_come_before_parts_of_words(repo: Path, run: Run) -> None:
    change(
        repo,
        (
            "zl.Count()",
            'zl.Count().named("pricey"), zl.Count().named("overprice"), zl.Count().named("price")',
        ),
    )
    names = [line.split("\t")[0] for line in run("search", "price").out.splitlines()[1:]]
    assert names == ["items:price", "price_model", "shops:price_sum_1d", "items:pricey", "items:overprice"]


def test_the_registry_is_searched_for_what_the_code_has_no_more(repo: Path, run: Run) -> None:
    assert run("apply", "--yes").code == 0
    change(repo, ("zl.Count()", 'zl.Max("price")'), ("How often", "How dear"))
    assert run("apply", "--yes").code == 0
    ran = run("search", "count", "--json")
    assert json.loads(ran.out) == [
        {"kind": "feature", "name": "items@1:count", "place": "name", "text": "count", "in": 1}
    ]
    assert run("search", "often").out == HEAD + "items@1\tview\tdescription\tHow often it sold.\n"
    assert run("search", "price_sum_1d").out == HEAD + "shops:price_sum_1d\tfeature\tname\tSum('price') 1d\n"


def test_nothing_is_no_error(repo: Path, run: Run) -> None:
    assert run("search", "zebra") == Ran(0, "", "Nothing matches 'zebra'.\n")
    assert run("search", "zebra", "--json") == Ran(0, "[]\n", "")
    assert run("search", " ") == Ran(0, "", "Nothing matches ' '.\n")
