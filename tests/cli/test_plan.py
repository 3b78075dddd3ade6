"""`zipline plan` and `zipline apply`: what differs, whom it reaches, and who says yes."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Ran
from tests.cli.modules import change
from tests.cli.terminal import COMMAND, on_terminal
from zipline.cli.differences import difference, field_document
from zipline.registry import FieldChange

Run = Callable[..., Ran]
HEAD = "mark\tkind\tname\tversion\tprevious\tpath\tbefore\tafter\treaches\towners\n"


@pytest.fixture
def applied(repo: Path, run: Run) -> Path:
    """Return a repository whose definitions have been applied."""
    assert run("apply", "--yes").code == 0
    return repo


def test_everything_is_new_before_the_first_apply(repo: Path, run: Run) -> None:
    ran = run("plan")
    assert ran == Ran(
        2,
        HEAD + "+\tview\titems\t1\t\t\t\t\tprice_model\tml\n"
        "+\tview\tshops\t1\t\t\t\t\tprice_model, shop_model\tops, ml\n"
        "+\tservice\tprice_model\t1\t\t\t\t\t\tml\n"
        "+\tservice\tshop_model\t1\t\t\t\t\t\t\n"
        "+\tsource\tsales\t\t\t\t\t\tprice_model, shop_model\tml\n",
        "",
    )
    assert not (repo / "registry").exists()


def test_nothing_differs_after_it(applied: Path, run: Run) -> None:
    said = "Nothing differs from what was applied last.\n"
    assert run("plan") == Ran(0, "", said)
    assert run("plan", "--json") == Ran(0, '{\n  "changes": []\n}\n', "")
    assert run("apply", "--yes") == Ran(0, "", said)


def test_a_change_has_its_fields_and_its_reach(applied: Path, run: Run) -> None:
    change(
        applied,
        ('zl.Sum("price").over("1d")', 'zl.Sum("price", where="price > 2").named("price_sum").over("1d")'),
    )
    change(applied, ("How often it sold.", "How often one was sold."))
    ran = run("plan")
    assert (ran.code, ran.err) == (2, "")
    assert ran.out == HEAD + (
        "*\tview\titems\t1\t1\tdescription\tHow often it sold.\tHow often one was sold.\tprice_model\tml\n"
        "~\tview\tshops\t2\t1\tfeatures.price_sum_1d.where\t\tprice > 2\tprice_model, shop_model\tops, ml\n"
        "~\tservice\tprice_model\t2\t1\tviews.shops.view\tshops@1\tshops@2\t\tml\n"
        "~\tservice\tshop_model\t2\t1\tviews.shops.view\tshops@1\tshops@2\t\t\n"
    )


def test_json_holds_the_values_themselves(applied: Path, run: Run) -> None:
    change(applied, ('event_time="sold_at"', 'event_time="sold_at", delay="1h"'))
    ran = run("plan", "--json")
    (_, shops, *_) = json.loads(ran.out)["changes"]
    assert (ran.code, shops) == (2, {
        "kind": "view", "name": "shops", "mark": "~", "version": 2, "previous": 1,
        "fields": [{"path": "source.delay", "before": None, "after": "1h"}],
        "reaches": ["price_model", "shop_model"], "owners": ["ops", "ml"],
    })  # fmt: skip


def test_data_that_moved_are_no_new_version_and_passwords_are_hidden(applied: Path, run: Run) -> None:
    (applied / "moved").mkdir()
    (applied / "sales.csv").rename(applied / "moved" / "sales.csv")
    change(applied, ("sales.csv", "moved/sales.csv"))
    lines = run("plan").out.splitlines()
    assert lines[1:] == [
        "*\tsource\tsales\t\t\ttable.path\tsales.csv\tmoved/sales.csv\tprice_model, shop_model\tml"
    ]
    field = FieldChange(
        "table.connection", "postgresql://ann:old@db/shop", "postgresql://ann:${PASSWORD}@db/shop"
    )
    assert difference(field) == "postgresql://ann:***@db/shop -> postgresql://ann:${PASSWORD}@db/shop"
    assert field_document(field)["before"] == "postgresql://ann:***@db/shop"


def test_apply_gives_numbers_and_says_them(applied: Path, run: Run) -> None:
    change(applied, ("zl.Count()", 'zl.Count().over("7d")'))
    ran = run("apply", "--yes")
    assert (ran.code, ran.err) == (0, "Registered items@2, price_model@2.\n")
    assert ran.out.startswith(HEAD + "~\tview\titems\t2\t1\tfeatures.count\t")
    change(applied, ('zl.Count().over("7d")', "zl.Count()"))
    ran = run("apply", "--yes", "--json")
    assert [(each["name"], each["version"]) for each in json.loads(ran.out)["changes"]] == [
        ("items", 1), ("price_model", 1),
    ]  # fmt: skip
    change(applied, ("How often", "How much"))
    assert run("apply", "--yes").err == "Applied; no version is new.\n"


def test_apply_does_not_ask_where_nobody_can_answer(repo: Path, run: Run) -> None:
    ran = subprocess.run(
        [*COMMAND, "apply"], check=False, capture_output=True, text=True, stdin=subprocess.DEVNULL
    )
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr == (
        "Error: zipline apply asks before it writes, and here is no terminal to ask on\n"
        "Hint: see zipline plan, then: zipline apply --yes\n"
    )
    assert run("apply", "--json") == Ran(
        1,
        "",
        "Error: --json answers a program, which cannot be asked\nHint: add --yes; or: zipline plan --json\n",
    )
    assert not (repo / "registry").exists()


def test_on_a_terminal_it_shows_the_plan_and_asks(applied: Path) -> None:
    change(applied, ("zl.Count()", 'zl.Count().over("7d")'), ("shop_model = ", "_ = "))
    change(applied, ('zl.FeatureService("shop_model"', 'print if True else zl.FeatureService("shop_model"'))
    refused = on_terminal(applied, "apply", typed="n\n")
    assert (refused.code, refused.err) == (1, "")
    assert refused.text.endswith("Nothing was applied.\n")
    seen = on_terminal(applied, "apply", typed="y\n")
    assert (seen.code, seen.err) == (0, "")
    lines = [line for line in seen.text.splitlines() if line not in ("y", "")]
    assert lines == [
        "~ view items@2 (was @1)           reaches price_model; owned by ml",
        "    features.count     - {aggregation: Count}",
        "    features.count_7d  + {aggregation: Count, window: {length: 7d}}",
        "~ service price_model@2 (was @1)  owned by ml",
        "    views.items.features  - count",
        "    views.items.features  + count_7d",
        "    views.items.view      items@1 -> items@2",
        "- service shop_model@1",
        "2 of a new version, 1 removed",
        "Apply? [y/N] Registered items@2, price_model@2.",
    ]
    assert "\x1b[33m" in seen.raw


def test_a_definition_that_does_not_fit_its_table_ends_with_1(repo: Path, run: Run) -> None:
    change(repo, ('zl.Sum("price")', 'zl.Sum("prize")'))
    ran = run("plan")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith("Error: view 'shops', feature 'prize_sum_1d'")
