"""What terminals and notebooks show: everything that matters, safely, at once, whatever is wrong."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import zipline as zl
from tests.refusals import refusal
from zipline.display import Displayed
from zipline.display.card import Card
from zipline.display.text import ROWS, WIDTH, card_text
from zipline.dsl import Table, Union

EVENTS = pa.table(
    {"user": ["a"], "ts": pa.array([1], pa.timestamp("us")), "x": [1.5], "word": ["w"], "n": [1], "tags": [["t"]]}
)  # fmt: skip
EVIL = '<script>alert("x")</script> & \x1b[31m'


def view(table: Table, **options: Any) -> zl.FeatureView:
    return zl.FeatureView(
        "user_facts",
        entity=zl.Entity("user"),
        source=zl.EventSource("facts", table=table, event_time="ts", select={"y": "n * 2"}),
        features=[
            zl.Sum("x").over("1d", zl.Window("7d", hop="1d", offset="1h")),
            zl.Last("word", where="n > 1").named("big_word"),
            zl.Max("y").over("1d"),
            zl.Count(by="word").over("1d"),
            zl.Derived("share", "x_sum_1d / x_sum_7d_offset_1h"),
        ],
        **options,
    )


IN_MEMORY = """
FeatureView user_facts
  What users do.
  entity  user
  source  facts: Frame(pyarrow.Table), event time ts
  owner   ann
  tags    team=web

  feature             type                window                 what
  x_sum_1d            float64             1d                     Sum('x')
  x_sum_7d_offset_1h  float64             7d offset 1h hop 1d    Sum('x')
  big_word            string              lifetime               Last('word', where='n > 1')
  y_max_1d            int64               1d                     Max('y')
  count_by_word_1d    map<string, int64>  1d                     Count(by='word')
  share               float64                                    x_sum_1d / x_sum_7d_offset_1h
"""


def described(**options: Any) -> zl.FeatureView:
    return view(zl.Frame(EVENTS), description="What users do.", owner="ann", tags={"team": "web"}, **options)


def test_a_view_shows_what_it_is() -> None:
    shown = [line.split() for line in repr(described()).splitlines()]
    assert shown == [line.split() for line in IN_MEMORY.strip().splitlines()]
    assert str(described()) == repr(described())
    assert "deprecated  use user_facts@2" in repr(described(deprecated="use user_facts@2"))


def test_streams_and_what_is_read_online_are_shown() -> None:
    orders = zl.EventSource(
        "orders", stream=zl.Kafka("orders", options={"sasl_plain_password": "hush"}), event_time="ts", id="n",
        corrections="1d", moves=False, schema={"user": "string", "n": "int", "ts": "timestamp"},
    )  # fmt: skip
    live = zl.FeatureView(
        "live", entity=zl.Entity("user"), source=orders, features=[zl.Count()], online=True, freshness="5m"
    )
    stream = "Kafka('orders', options={'sasl_plain_password': '***'})"
    shown = [line.split(maxsplit=1) for line in repr(orders).splitlines()[1:]]
    assert ["stream", stream] in shown
    assert ["versions", "corrections 1d, of one entity each"] in shown
    assert "table" not in [each[0] for each in shown]
    shown = [line.split(maxsplit=1) for line in repr(live).splitlines()[1:] if line]
    assert ["source", f"orders: {stream}, event time ts"] in shown
    assert ["online", "yes, stale after 5m"] in shown
    assert "hush" not in live._repr_html_() + orders._repr_html_()
    both = zl.EventSource("both", table=zl.Csv("a.csv"), stream=zl.Push(), event_time="ts")
    assert "both    Csv('a.csv'), Push()  event time ts" in repr(Union("one", [both]))
    stored = zl.FeatureView("v", entity=zl.Entity("user"), source=both, features=[zl.Count()], online=True)
    assert ["online", "yes"] in [line.split(maxsplit=1) for line in repr(stored).splitlines()[1:] if line]


@pytest.mark.parametrize("data", [pl.DataFrame(EVENTS), EVENTS.to_batches()[0], pd.DataFrame({"x": [1.5]})])
def test_rows_in_memory_tell_types(data: Any) -> None:
    assert re.search(r"x_sum_1d +float64", repr(view(zl.Frame(data))))


@pytest.mark.parametrize("path", ["events.parquet", "events/", "events/*.parquet", "events/**/*.parquet"])
def test_a_local_file_tells_types_by_its_footer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    (tmp_path / "events" / "day=1").mkdir(parents=True)
    for place in ("events.parquet", "events/one.parquet", "events/day=1/two.parquet"):
        pq.write_table(EVENTS, tmp_path / place)
    (tmp_path / "zipline.toml").touch()
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")  # relative paths are of the repository
    assert re.search(r"share +float64", repr(view(zl.Parquet(path))))


@pytest.mark.parametrize(
    "table",
    [
        zl.Parquet("nowhere.parquet"),
        zl.Parquet("s3://nowhere/a.parquet"),
        zl.Parquet("${nowhere}/a.parquet"),
        zl.Csv("nowhere.csv"),
        zl.Frame(object()),
        zl.Frame(pl.LazyFrame({"x": [1]})),
    ],
)
def test_what_cannot_be_told_at_a_glance_is_left_open(table: Table) -> None:
    shown = repr(view(table))
    assert re.search(r"x_sum_1d +\? +1d +Sum\('x'\)", shown)
    assert "a training set's schema has it" in shown
    assert "<div" in view(table)._repr_html_()


def test_a_torn_file_and_a_wrong_column_leave_the_others_open(tmp_path: Path) -> None:
    (tmp_path / "torn.parquet").write_bytes(b"PAR1 and no more")
    assert re.search(r"x_sum_1d +\?", repr(view(zl.Parquet(str(tmp_path / "torn.parquet")))))
    pq.write_table(EVENTS.drop_columns("word"), tmp_path / "other.parquet")
    shown = repr(view(zl.Parquet(str(tmp_path / "other.parquet"))))
    assert re.search(r"x_sum_1d +float64", shown)
    assert re.search(r"big_word +\?", shown)


def test_a_folder_of_many_files_is_not_walked(tmp_path: Path) -> None:
    for i in range(1_001):
        (tmp_path / f"{i:04}.txt").touch()
    pq.write_table(EVENTS, tmp_path / "z.parquet")
    from zipline.display.kinds import MOST_ENTRIES, _files

    assert len(list(_files(tmp_path))) <= MOST_ENTRIES
    repr(view(zl.Parquet(str(tmp_path))))


def test_declared_types_need_no_file() -> None:
    source = zl.EventSource("e", table=zl.Csv("nowhere.csv"), event_time="ts", schema={"x": "double"})
    shown = zl.FeatureView("v", entity=zl.Entity("u"), source=source, features=[zl.Sum("x")])
    assert re.search(r"x_sum +float64", repr(shown))


def test_parts_of_views_and_unions() -> None:
    whole = described()
    assert repr(whole["y_max_1d"]).splitlines()[0] == "Selection user_facts"
    assert len(repr(whole["y_max_1d"]).splitlines()) == len(repr(whole).splitlines()) - 5
    bound = repr(whole.bind("payer", keys={"user": "paid_by"}))
    assert bound.startswith("BoundView payer (of user_facts)\n")
    assert "keys    user=paid_by" in bound
    union = Union(
        "both",
        [whole.source.members[0], zl.EventSource("late", table=zl.Csv("b.csv"), event_time="t", delay="90m")],
    )
    assert [line.split(maxsplit=2) for line in repr(union).splitlines()[2:]] == [
        ["source", "rows", "times"],
        ["facts", "Frame(pyarrow.Table)", "event time ts"],
        ["late", "Csv('b.csv')", "event time t, known 90m later"],
    ]  # fmt: skip
    both = zl.FeatureView("v", entity=zl.Entity("user"), source=union, features=[zl.Sum("x")])
    assert "union   both of facts, late" in repr(both)
    assert re.search(r"x_sum +float64", repr(both))
    assert repr(zl.Entity("route", ["origin", "dest"])) == "Entity route\n  keys  origin, dest"


def test_a_source_shows_all_that_is_declared() -> None:
    source = zl.EventSource(
        "s", table=zl.Csv("a.csv"), event_time=zl.Timestamp("ts", unit="ms"), knowledge_time="known", id="id",
        deleted="gone", sequence="lsn", corrections="30d", select={"y": "n * 2"}, where="n > 0", on_error="skip",
    )  # fmt: skip
    facts = dict(
        line.split(maxsplit=1) for line in repr(source).replace("on error", "on_error").splitlines()[1:]
    )
    assert facts == {
        "table": "Csv('a.csv')",
        "times": "event time Timestamp('ts', unit='ms'), known at known",
        "id": "id",
        "versions": "deleted gone, sequence lsn, corrections 30d",
        "select": "y: n * 2",
        "where": "n > 0",
        "on_error": "skip",
    }


def test_a_service_shows_its_columns() -> None:
    service = zl.FeatureService(
        "model",
        [described()["x_sum_1d"], zl.Derived("per_price", "user_facts__x_sum_1d / price")],
        request={"price": "double"}, time="asked_at", keys={"user": "who"}, owner="bob",
    )  # fmt: skip
    assert [line.split() for line in repr(service).splitlines()] == [
        ["FeatureService", "model"],
        ["time", "asked_at"],
        ["keys", "user=who"],
        ["request", "price", "double"],
        ["views", "user_facts"],
        ["owner", "bob"],
        [],
        ["column", "type", "window", "what"],
        ["user_facts__x_sum_1d", "float64", "1d", "Sum('x')"],
        ["per_price", "float64", "user_facts__x_sum_1d", "/", "price"],
    ]


def test_a_training_set_is_shown_without_being_computed(tmp_path: Path) -> None:
    asked = tmp_path / "asked.parquet"
    pq.write_table(pa.table({"user": ["a"], "t": pa.array([9], pa.timestamp("us"))}), asked)
    store = zl.FeatureStore()
    result = store.training_set(asked, described(), time="t", as_of="2024-06-01", hindsight=True)
    shown = repr(result)
    assert shown.startswith("TrainingSet of 6 features\n")
    assert "as of  2024-06-01T00:00:00Z" in shown
    assert "user_facts__share" in shown
    assert "note: hindsight" in shown
    assert re.search(r"user_facts__y_max_1d +int64 +Max\('y'\) 1d", shown)
    gone = store.training_set(tmp_path / "gone.parquet", view(zl.Csv("nowhere.csv")), time="t")
    assert "?: a type that takes a look at the data: .schema has it" in repr(gone)
    every = store.snapshot(described(), at="2024-01-01")
    assert "every entity that can be seen" in repr(every)
    assert "2024-01-01T00:00:00Z" in repr(every)


def test_a_store_shows_its_definitions_and_their_versions(tmp_path: Path) -> None:
    pq.write_table(EVENTS, tmp_path / "e.parquet")
    (tmp_path / "zipline.toml").touch()
    (tmp_path / "shown_features.py").write_text(
        "import zipline as zl\n"
        "e = zl.EventSource('e', table=zl.Parquet('e.parquet'), event_time='ts')\n"
        "v = zl.FeatureView('v', entity=zl.Entity('user'), source=e, features=[zl.Count()], owner='ann')\n"
        "s = zl.FeatureService('s', [v])\n"
    )
    store = zl.FeatureStore(tmp_path)
    lines = [line.split() for line in repr(store).splitlines()]
    assert lines[0] == ["FeatureStore", tmp_path.name]
    assert lines[2] == ["applied", "never"]
    assert lines[-2:] == [["view", "v", "1", "user", "e", "ann"], ["service", "s", "1"]]
    store.apply()
    assert [line.split() for line in repr(store).splitlines()][-2] == [
        "view",
        "v",
        "@1",
        "1",
        "user",
        "e",
        "ann",
    ]
    for file in (tmp_path / "registry" / "applied").iterdir():
        file.write_text("torn")
    assert "view" in repr(store)
    assert repr(store.find("v@1")).startswith("FeatureView v@1\n")
    assert repr(store.find("s@1")).startswith("FeatureService s@1\n")


def test_a_registered_version_has_the_types_of_what_it_selects(tmp_path: Path) -> None:
    pq.write_table(EVENTS, tmp_path / "e.parquet")
    (tmp_path / "zipline.toml").touch()
    (tmp_path / "replaced_features.py").write_text(
        "import zipline as zl\n"
        "e = zl.EventSource('e', table=zl.Parquet('e.parquet'), event_time='ts', select={'x': 'x > 1'})\n"
        "v = zl.FeatureView('v', entity=zl.Entity('user'), source=e, features=[zl.Last('x')])\n"
    )
    store = zl.FeatureStore(tmp_path)
    store.apply()
    asked = pa.table({"user": ["a"], "t": ["2024-01-01"]})
    for shown in (store.find("v@1"), store.training_set(asked, "v@1", time="t")):
        (line,) = [line.split() for line in repr(shown).splitlines() if "x_last" in line]
        assert line[1] == "bool"


def test_the_empty_store_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert "no definitions here" in repr(zl.FeatureStore())


def test_passwords_are_not_shown() -> None:
    shown = repr(view(zl.Parquet("s3://ann:secret@host/e.parquet")))
    assert "s3://ann:***@host" in shown
    assert "secret" not in shown + view(zl.Parquet("s3://ann:secret@host/e.parquet"))._repr_html_()


class Tags(HTMLParser):
    """Collects elements, attributes and text; every element is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def parsed(html: str) -> Tags:
    tags = Tags()
    tags.feed(html)
    tags.close()
    assert tags.open == []
    return tags


def test_html_holds_no_script_and_nothing_from_elsewhere() -> None:
    evil = described().model_copy(update={"description": EVIL, "owner": EVIL, "tags": ((EVIL, EVIL),)})
    service = zl.FeatureService("s", [evil], description=EVIL, owner=EVIL)
    asked = pl.DataFrame({"user": ["a"], "t": [0], EVIL: [1]})
    training = zl.FeatureStore().training_set(asked, evil, time=zl.Timestamp("t", unit="s"))
    for each in (evil, service, evil.source, evil.entity, evil["share"], training, zl.FeatureStore()):
        tags = parsed(each._repr_html_())
        assert not {tag for tag, _ in tags.seen} & {"script", "img", "link", "iframe", "object"}
        assert not [
            a for _, attributes in tags.seen for a in attributes if a.startswith("on") or a in ("src", "href")
        ]
        assert "url(" not in tags.text
        assert "@import" not in tags.text
    assert EVIL in parsed(evil._repr_html_()).text
    assert "\x1b" not in repr(evil)
    assert r"\x1b[31m" in repr(evil)


def test_colours_are_the_notebooks_own() -> None:
    html = described()._repr_html_()
    assert "color:inherit" in html
    assert not re.findall(r"(?<!-)(?:color|background):#", html)


def test_a_long_definition_stays_on_one_screen() -> None:
    columns = {f"c{i}": [1] for i in range(300)}
    source = zl.EventSource("s", table=zl.Frame(pa.table({"ts": ["2024-01-01"], **columns})), event_time="ts")
    features = [zl.Sum(name, where="c1 > " + "0" * 300).named(f"{name}_" + "x" * 90) for name in columns]
    wide = zl.FeatureView(
        "v", entity=zl.Entity("u"), source=source, features=features, description="d " * 500
    )
    lines = repr(wide).splitlines()
    assert len(lines) <= 24
    assert max(map(len, lines)) <= WIDTH
    assert lines[-1] == f"  and {300 - ROWS} more features"
    assert "and 100 more features" in wide._repr_html_()


def test_many_facts_and_notes_are_cut() -> None:
    text = card_text(Card("K", "n", "", [(f"f{i}", "x") for i in range(20)], notes=["n" * 500] * 9))
    assert "and 12 more" in text
    assert text.count("note:") == 3


class Broken(Displayed):
    name = EVIL

    def card(self) -> Card:
        raise RuntimeError("half made")


def test_showing_never_raises() -> None:
    assert repr(Broken()).startswith("<Broken <script>")
    assert "<script>" not in Broken()._repr_html_()
    half = zl.FeatureView.__new__(zl.FeatureView)
    assert repr(half) == "<FeatureView>"
    assert "&lt;FeatureView&gt;" in half._repr_html_()


def test_definitions_still_hash_and_compare() -> None:
    assert described() == described()
    assert hash(described()) == hash(described())
    assert len({zl.Sum("x"), zl.Sum("x"), zl.Sum("y")}) == 2


def test_errors_call_definitions_by_their_names() -> None:
    source: Any = zl.EventSource("e", table=zl.Frame(EVENTS), event_time="ts")
    assert refusal(lambda: zl.FeatureService("s", [source])).startswith(
        "service 's': EventSource('e') is not a view\n"
    )

    def wrong(**options: Any) -> zl.FeatureView:
        return zl.FeatureView("v", **{"entity": zl.Entity("u"), "source": source, "features": []} | options)

    assert "EventSource('e') is not a feature" in refusal(lambda: wrong(features=[source]))
    assert "source=Entity('u') is no source" in refusal(lambda: wrong(source=zl.Entity("u")))
    assert "Entity('u') is not an event source" in refusal(lambda: Union("u", [zl.Entity("u")]))  # type: ignore[list-item]
    assert "table=EventSource('e') is not a table" in refusal(
        lambda: zl.EventSource("f", table=source, event_time="t")
    )
    assert "<TrainingSet> is not a view" in refusal(
        lambda: zl.FeatureStore().explain(zl.TrainingSet.__new__(zl.TrainingSet))  # type: ignore[arg-type]
    )
