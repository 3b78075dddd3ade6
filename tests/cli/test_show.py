"""`zipline show`: what a view or a service is, in the code and in the registry."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from tests.cli.conftest import Ran
from tests.cli.modules import change
from tests.cli.terminal import STYLE

Run = Callable[..., Ran]
UNION = """
import zipline as zl

visit = zl.Entity("visit", keys=["person", "place"])
seen = zl.EventSource("seen", table=zl.Csv("seen.csv", delimiter=";"), event_time=zl.Timestamp("ts", unit="ms"),
                      id="n", deleted="gone", corrections="7d", schema={"score": "double"}, on_error="skip")
heard = zl.EventSource("heard", table=zl.Csv("heard.csv"), event_time="at", delay="1h", where="score > 0")
visits = zl.FeatureView(
    "visits", entity=visit, source=zl.Union("noticed", [seen, heard]), keys={"place": "spot"}, tags={"team": "x"},
    features=[
        zl.Sum("score", where="score < 9").named("low").over(zl.Window("7d", offset="1d"), "30d"),
        zl.Count(),
        zl.Derived("share", "low_30d / count"),
    ],
)
"""


def test_a_view_in_the_code(repo: Path, run: Run) -> None:
    assert run("show", "shops") == Ran(
        0,
        "name\tview shops\n"
        "owner\tops\n"
        "code\tnot applied yet\n"
        "entity\tshop\n"
        "source\tsales: Csv('sales.csv')\n"
        "times\thappened at sold_at\n"
        "used by\tprice_model (ml), shop_model\n"
        "\n"
        "feature\ttype\twindow\twhat\n"
        "price_sum_1d\tfloat64\t1d\tSum('price')\n",
        "",
    )


def test_what_is_read_online(repo: Path, run: Run) -> None:
    shops = 'owner="ops"'
    table = 'zl.Csv("sales.csv"),'
    change(
        repo, (table, f'{table} stream=zl.Kafka("sales"),'), (shops, f'{shops}, online=True, freshness="90s"')
    )
    assert run("apply", "--yes").code == 0
    change(repo, ("90s", "5m"))
    lines = run("show", "shops").out.splitlines()
    assert "online\tyes, stale after 5m" in lines
    assert "source\tsales: Csv('sales.csv'), Kafka('sales')" in lines
    pinned = json.loads(run("show", "shops@1", "--json").out)
    assert (pinned["online"], pinned["freshness"]) == (True, "90s")
    (member,) = pinned["source"]["members"]
    assert (member["table"], member["stream"], member["moves"]) == (
        "Csv('sales.csv')",
        "Kafka('sales')",
        True,
    )
    assert (
        run("plan").out.splitlines()[1]
        == "*\tview\tshops\t1\t1\tfreshness\t90s\t5m\tprice_model, shop_model\tops, ml"
    )
    items = json.loads(run("show", "items", "--json").out)
    assert (items["online"], items["freshness"]) == (False, None)
    assert "online" not in json.loads(run("show", "price_model", "--json").out)
    assert "Kafka('sales')" in run("search", "kafka").out


def test_a_service_in_the_code(repo: Path, run: Run) -> None:
    assert run("show", "price_model").out == (
        "name\tservice price_model\n"
        "owner\tml\n"
        "code\tnot applied yet\n"
        "time\tasked_at\n"
        "keys\tshop=at_shop, item\n"
        "views\tshops, items\n"
        "\n"
        "feature\ttype\twhat\n"
        "shops__price_sum_1d\tfloat64\tSum('price') 1d\n"
        "items__count\tint64\tCount() lifetime\n"
    )


def test_a_union_shows_its_members(repo: Path, run: Run) -> None:
    (repo / "union.py").write_text(UNION)
    (repo / "seen.csv").write_text("ts;person;spot;n;gone;score\n1704067200000;p;s;1;false;2\n")
    (repo / "heard.csv").write_text("at,person,spot,score\n2024-01-01,p,s,1.5\n")
    ran = run("show", "visits")
    assert ran.err == ""
    assert ran.out == (
        "name\tview visits\n"
        "tags\tteam=x\n"
        "code\tnot applied yet\n"
        "entity\tvisit (person, place=spot)\n"
        "union\tnoticed of seen, heard\n"
        "source\tseen: Csv('seen.csv', delimiter=';')\n"
        "times\thappened at Timestamp('ts', unit='ms')\n"
        "id\tn, deleted 'gone', corrections 7d\n"
        "schema\tscore double\n"
        "on error\tskip\n"
        "source\theard: Csv('heard.csv')\n"
        "times\thappened at at, known 1h later\n"
        "where\tscore > 0\n"
        "\n"
        "feature\ttype\twindow\twhat\n"
        "low_7d_offset_1d\tfloat64\t7d offset 1d\tSum('score', where='score < 9')\n"
        "low_30d\tfloat64\t30d\tSum('score', where='score < 9')\n"
        "count\tint64\tlifetime\tCount()\n"
        "share\tfloat64\t\tlow_30d / count\n"
    )
    ran = run("preview", "visits", "--at", "2024-01-05")
    assert ran.out == (
        "person\tplace\tstatus\tlow_7d_offset_1d\tlow_30d\tcount\tshare\np\ts\tPRESENT\t3.5\t3.5\t2\t1.75\n"
    )


def test_a_table_that_is_not_there_leaves_the_types_open(repo: Path, run: Run) -> None:
    (repo / "sales.csv").unlink()
    ran = run("show", "items")
    assert (ran.code, ran.out.splitlines()[-1]) == (0, "count\t?\tlifetime\tCount()")
    assert ran.err.startswith("Note: the features' types are not known: ")
    assert json.loads(run("show", "items", "--json").out)["features"] == [
        {"name": "count", "type": None, "window": "lifetime", "what": "Count()"}
    ]


def test_versions_come_from_the_registry(repo: Path, run: Run) -> None:
    assert run("apply", "--yes").code == 0
    change(repo, ('owner="ops"', 'owner="ops", deprecated="use items"'), ('over("1d")', 'over("1d", "30d")'))
    assert "code\tdiffers from the current version: see zipline plan\n" in run("show", "shops").out
    assert run("apply", "--yes").code == 0
    assert "versions\t1, 2 (current)\n" in run("show", "shops").out
    change(
        repo,
        ("shop_model = ", "_ = "),
        ('"sales.csv"', '"gone.csv"'),
        ("items = ", "_ = lambda: "),
        (", items]", "]"),
    )
    (repo / "sales.csv").unlink()
    first = run("show", "shops@1")
    assert (first.code, first.err) == (0, "")
    assert "deprecated" not in first.out
    assert "used by\tprice_model@1 (ml), shop_model@1\n" in first.out
    assert first.out.endswith("what\nprice_sum_1d\tfloat64\t1d\tSum('price')\n")
    assert "deprecated\tuse items\n" in run("show", "shops@2").out
    document = json.loads(run("show", "price_model@2", "--json").out)
    assert [document[name] for name in ("version", "versions", "current", "usage")] == [2, [1, 2], 2, []]
    assert document["views"] == [
        {"name": "shops", "version": 2, "owner": "ops"}, {"name": "items", "version": 1, "owner": ""},
    ]  # fmt: skip
    assert [each["type"] for each in document["features"]] == ["float64", "float64", "int64"]


def test_uses_are_told_where_they_are_written_down(repo: Path, run: Run) -> None:
    (repo / "zipline.toml").write_text("[registry]\nrecord_usage = true\n")
    assert run("apply", "--yes").code == 0
    asked = ("--observations", "asked.csv", "--time", "asked_at", "--out", "train.parquet")
    for name in ("shops", "shops", "shop_model", "items@1"):
        assert run("training-set", name, *asked).code == 0
    for command in ("show", "preview", "explain"):
        assert run(command, "shops").code == 0
    usage = json.loads(run("show", "shops", "--json").out)["usage"]
    assert [(each["version"], each["by"], each["times"]) for each in usage] == [
        (1, "training set", 2), (1, "service shop_model", 1),
    ]  # fmt: skip
    assert "used\t@1 by training set, 2 times, last 2" in run("show", "shops").out


def test_one_feature(repo: Path, run: Run) -> None:
    out = run("show", "shops:price_sum_1d").out
    assert out.splitlines()[-2:] == ["feature\ttype\twindow\twhat", "price_sum_1d\tfloat64\t1d\tSum('price')"]


def test_a_terminal_folds_what_is_long(repo: Path, run: Run, terminal: None) -> None:
    change(
        repo,
        (
            "How often it sold.",
            "How often it sold, in all the shops there are and at any price whatever, " * 2,
        ),
    )
    lines = STYLE.sub("", run("show", "items").out).splitlines()
    assert lines[0] == "view items"
    assert lines[1].startswith("  about    How often it sold, in all")
    assert lines[2].startswith("           ")
    assert max(map(len, lines)) <= 100


def test_what_is_not_there_is_said(repo: Path, run: Run) -> None:
    for name, message in (
        ("shop", "there is no service or view 'shop' in "),
        ("shops:price", "view 'shops': has no feature 'price'\n"),
        ("shops@1", "no version of 'shops' is registered in "),
        ("shops@x", "'shops@x' names no service, view or feature\n"),
    ):
        ran = run("show", name)
        assert (ran.code, ran.out) == (1, "")
        assert ran.err.startswith(f"Error: {message}")
