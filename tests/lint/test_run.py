"""Which rules run over what, in which order, and what is ignored."""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import replace

import pytest

import zipline as zl
import zipline.lint.rules
from tests.lint.small import days, repository, source, view
from tests.refusals import refusal
from zipline.errors import ConfigError
from zipline.lint.run import RULES, lint, rule_name
from zipline.repository import Repository
from zipline.settings import LintSettings, Settings

EVENTS = source({"id": [1, 2], "user": [1, None], "ts": days(2), "x": [1, 2]}, id="id")
V = view(EVENTS, [zl.CountDistinct("x"), zl.Count().over("9d"), zl.Count().named("n").over("9d")])
W = view(EVENTS, [zl.Sum("y").over("1d")], name="w")
M = zl.FeatureService("m", [V])


def ignoring(*entries: str) -> Repository:
    return replace(repository(V, W, services=[M]), settings=Settings(lint=LintSettings(entries)))


def rules_of(repository: Repository, *names: str, data: bool = True) -> list[str]:
    return [each.rule for each in lint(repository, names, data=data)]


def test_every_rule_of_the_folder_runs_and_says_what_it_finds() -> None:
    modules = [each.name for each in pkgutil.iter_modules(zipline.lint.rules.__path__)]
    rules = [getattr(importlib.import_module(f"zipline.lint.rules.{name}"), name) for name in modules]
    assert sorted(RULES, key=rule_name) == sorted(rules, key=rule_name)
    assert [rule_name(rule) for rule in RULES if not (rule.__doc__ or "").strip()] == []


def test_errors_come_first() -> None:
    found = lint(ignoring())
    assert [(each.severity, each.rule) for each in found] == [
        ("error", "cannot-be-read"),
        ("warning", "null-key"),
        ("warning", "window-longer-than-data"),
        ("warning", "duplicate-feature"),
        ("note", "growing-lifetime"),
        ("note", "id-without-corrections"),
        ("note", "unused-feature"),
    ]


def test_names_choose_views_and_a_service_stands_for_its_views() -> None:
    assert rules_of(ignoring(), "w") == ["cannot-be-read", "id-without-corrections", "unused-feature"]
    assert "cannot-be-read" not in rules_of(ignoring(), "m")
    assert rules_of(ignoring(), "m", "v") == rules_of(ignoring(), "v")


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    assert "there is no service or view 'ww'" in refusal(lambda: lint(ignoring(), ["ww"]), ConfigError)


def test_without_data_only_the_definitions_are_judged() -> None:
    rules = ["growing-lifetime", "duplicate-feature", "id-without-corrections", "unused-feature"]
    assert rules_of(ignoring(), data=False) == rules


@pytest.mark.parametrize(
    "entry",
    ["window-longer-than-data", "window-longer-than-data:v", "null-key:events", "growing-lifetime:v:x_count_distinct"],
)  # fmt: skip
def test_a_rule_can_be_ignored_everywhere_or_in_one_place(entry: str) -> None:
    rule = entry.partition(":")[0]
    assert rule in rules_of(ignoring())
    assert rule not in rules_of(ignoring(entry))
    assert len(rules_of(ignoring(entry))) == len(rules_of(ignoring())) - 1


def test_what_is_ignored_elsewhere_is_found_here() -> None:
    assert "null-key" in rules_of(ignoring("null-key:w", "growing-lifetime:v:other"))


def test_a_source_of_a_stream_alone_has_no_rows_to_look_at() -> None:
    pushed = zl.EventSource(
        "pushed", stream=zl.Push(), schema={"user": "int", "ts": "timestamp"}, event_time="ts"
    )
    both = view(zl.Union("both", [pushed, source({"user": [1, None], "ts": days(2)}, "kept")]))
    assert rules_of(repository(view(pushed))) == []
    assert rules_of(repository(both)) == ["null-key"]


def test_an_unknown_rule_is_answered_with_the_nearest() -> None:
    message = refusal(lambda: lint(ignoring("null-keys:v")), ConfigError)
    assert message.startswith(
        "[lint]: ignore names 'null-keys', which is no rule\nHint: did you mean 'null-key'? Allowed: "
    )
