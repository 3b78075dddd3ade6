"""`zipline history`: versions, what changed from one to the next, and which is current."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Ran
from tests.cli.modules import change
from tests.cli.terminal import STYLE

Run = Callable[..., Ran]
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z")


@pytest.fixture
def versions(repo: Path, run: Run) -> Path:
    """Return a repository where `shops` had two versions and is at the first again, and `items` is gone."""
    for step in ((), (('over("1d")', 'over("1d", "30d")'),), (('over("1d", "30d")', 'over("1d")'),)):
        change(repo, *step)
        assert run("apply", "--yes").code == 0
    change(repo, ("[shops, items]", "[shops]"), ("items = ", "_ = lambda: "))
    assert run("apply", "--yes").code == 0
    return repo


def test_a_pipe_gets_a_line_for_each_field(versions: Path, run: Run) -> None:
    ran = run("history", "shops")
    assert (ran.code, ran.err) == (0, "")
    assert TIME.sub("T", ran.out) == (
        "version\tregistered\tcurrent\tpath\tbefore\tafter\n"
        "1\tT\tyes\t\t\t\n"
        "2\tT\t\tfeatures.price_sum_30d\t\t{aggregation: Sum, column: price, window: {length: 30d}}\n"
    )


def test_a_service_names_the_versions_of_its_views(versions: Path, run: Run) -> None:
    ran = run("history", "shop_model@2")
    assert "views.shops.view\tshops@1\tshops@2\n" in ran.out
    assert "views.shops.features\t\tprice_sum_30d\n" in ran.out


def test_json_has_identities_and_fields(versions: Path, run: Run) -> None:
    document = json.loads(run("history", "price_model", "--json").out)
    assert {name: document[name] for name in ("kind", "name", "current")} == {
        "kind": "service", "name": "price_model", "current": 3,
    }  # fmt: skip
    assert [(each["version"], each["current"]) for each in document["versions"]] == [
        (1, False),
        (2, False),
        (3, True),
    ]
    assert len({each["identity"] for each in document["versions"]}) == 3
    assert {
        "path": "views.items",
        "before": {"features": ["count"], "view": "items@1"},
        "after": None,
    } in document["versions"][2]["fields"]


def test_a_terminal_has_the_newest_first(
    versions: Path, run: Run, monkeypatch: pytest.MonkeyPatch, terminal: None
) -> None:
    out = STYLE.sub("", run("history", "shops").out)
    assert [line.rstrip() for line in TIME.sub("T", out).splitlines()] == [
        "shops@2  T",
        "    features.price_sum_30d  + {aggregation: Sum, column: price, window: {length: 30d}}",
        "shops@1  T  current",
    ]
    out = STYLE.sub("", run("history", "items").out)
    assert out.splitlines()[-1] == "Removed: it is in the registry, but not in what was applied last."


def test_a_name_that_was_never_registered(versions: Path, run: Run) -> None:
    ran = run("history", "shop")
    assert ran == Ran(
        1,
        "",
        f"Error: no version of 'shop' is registered in {versions / 'registry'}\n"
        "Hint: did you mean 'shops'? Allowed: 'price_model', 'shop_model', 'items', 'shops'\n",
    )


def test_before_the_first_apply_there_is_none(repo: Path, run: Run) -> None:
    ran = run("history", "shops")
    assert ran.err == (
        f"Error: no version of 'shops' is registered in {repo / 'registry'}\n"
        "Hint: register what the code defines: zipline apply\n"
    )
