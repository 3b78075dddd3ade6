"""`zipline list` and `zipline explain`."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Ran
from tests.cli.modules import change

Run = Callable[..., Ran]


def test_a_list_that_is_piped_has_a_line_each(repo: Path, run: Run) -> None:
    assert run("list") == Ran(
        0,
        "kind\tname\tversion\tkeys\tfeatures\towner\tdescription\n"
        "service\tprice_model\t\tshop=at_shop\t2\tml\t\n"
        "service\tshop_model\t\t\t1\t\t\n"
        "view\tshops\t\tshop\t1\tops\t\n"
        "view\titems\t\titem\t1\t\tHow often it sold.\n",
        "",
    )


def test_outside_a_repository_there_is_nothing_to_list(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run("list") == Ran(
        1,
        "",
        f"Error: {tmp_path} is in no feature repository: neither it nor a folder above has a zipline.toml\n"
        "Hint: go into one, or name it: --repo PATH\n",
    )


def test_a_description_of_several_lines_is_one(repo: Path, run: Run) -> None:
    features = (repo / "features.py").read_text().replace('"How often it sold."', '"How often\\n\\tit sold."')
    (repo / "features.py").write_text(features)
    assert run("list").out.splitlines()[-1] == "view\titems\t\titem\t1\t\tHow often it sold."


def test_a_list_on_a_terminal_is_a_table(repo: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    features = (repo / "features.py").read_text().replace("How often", "[b]Often[/b]")
    (repo / "features.py").write_text(features)
    monkeypatch.setattr(type(sys.stdout), "isatty", lambda self: True)
    ran = run("list")
    assert ran.code == 0
    assert "\t" not in ran.out
    assert "price_model" in ran.out
    assert "[b]Often[/b] it sold." in ran.out


def test_a_list_has_versions_and_says_what_has_changed(repo: Path, run: Run) -> None:
    assert run("apply", "--yes").code == 0
    change(repo, ('owner="ops"', 'owner="ops", deprecated="use items"'), ("zl.Count()", 'zl.Count("price")'))
    lines = run("list").out.splitlines()
    assert lines[1:] == [
        "service\tprice_model\t1 changed\tshop=at_shop\t2\tml\t",
        "service\tshop_model\t1\t\t1\t\t",
        "view\tshops\t1\tshop\t1\tops\tdeprecated: use items",
        "view\titems\t1 changed\titem\t1\t\tHow often it sold.",
    ]
    assert json.loads(run("list", "--json").out)[3] == {
        "kind": "view", "name": "items", "version": 1, "changed": True, "keys": {"item": "item"}, "features": 1,
        "owner": "", "tags": {}, "description": "How often it sold.", "deprecated": "",
    }  # fmt: skip


def test_explain_as_json_has_the_parts(repo: Path, run: Run) -> None:
    document = json.loads(run("explain", "shops:price_sum_1d", "--json").out)
    assert document["name"] == "shops:price_sum_1d"
    assert [part["title"].partition(":")[0] for part in document["parts"]] == [
        "Plan",
        "Observations",
        "Sweep 1",
    ]
    assert "  Derive nothing" in document["parts"][0]["lines"]


def test_explain_needs_no_observations(repo: Path, run: Run) -> None:
    ran = run("explain", "price_model")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("Plan\n")
    assert "Csv('sales.csv')" in ran.out
    assert run("explain", "shops").code == 0


def test_explain_takes_observations_times_and_keys(repo: Path, run: Run) -> None:
    arguments = ("--observations", "asked.csv", "--time", "asked_at", "--key", "shop=at_shop")
    ran = run("explain", "shops", *arguments)
    assert ran.code == 0
    assert "asked.csv" in ran.out
    assert run("explain", "shops", "--key", "shop=at_shop").code == 0
