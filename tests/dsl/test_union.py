"""Unions: their members, and what cannot be one."""

from __future__ import annotations

from typing import Any

import pytest

import zipline as zl
from tests.refusals import refusal

CLICKS = zl.EventSource("clicks", table=zl.Parquet("clicks.parquet"), event_time="ts")
SAVES = zl.EventSource("saves", table=zl.Parquet("saves.parquet"), event_time="saved_at", delay="1h")


def test_a_source_is_its_only_member_and_a_union_has_several() -> None:
    assert CLICKS.members == (CLICKS,)
    assert zl.Union("interactions", [CLICKS, SAVES]).members == (CLICKS, SAVES)


def test_rows_are_known_at_a_time_of_their_own_if_some_members_are() -> None:
    assert zl.Union("interactions", [CLICKS, SAVES]).has_knowledge
    assert not zl.Union("interactions", [CLICKS]).has_knowledge


def test_equal_unions_are_equal() -> None:
    assert zl.Union("both", [CLICKS, SAVES]) == zl.Union("both", [CLICKS, SAVES])
    assert hash(zl.Union("both", (CLICKS, SAVES))) == hash(zl.Union("both", [CLICKS, SAVES]))


@pytest.mark.parametrize(
    ("sources", "message"),
    [
        ([], "union 'both': has no sources\nHint: list them: zl.Union('all', [one, other])"),
        (CLICKS, "union 'both': has no sources\nHint: list them"),
        (["clicks"], "union 'both': 'clicks' is not an event source\nHint: list EventSources"),
        ([zl.Union("inner", [CLICKS])], "is not an event source\nHint: list the other union's own sources"),
        (
            [CLICKS, SAVES, CLICKS],
            (
                "union 'both': two sources are called 'clicks'\n"
                "Hint: a source is a member once; rename one of two different ones"
            ),
        ),
    ],
)
def test_refusals(sources: Any, message: str) -> None:
    assert message in refusal(lambda: zl.Union("both", sources), zl.DefinitionError)


def test_its_name_is_a_name() -> None:
    assert "'a__b' cannot name a union" in refusal(lambda: zl.Union("a__b", [CLICKS]))


def test_a_view_has_a_source_or_a_union() -> None:
    def view(source: Any) -> zl.FeatureView:
        return zl.FeatureView("v", entity=zl.Entity("user"), source=source, features=[zl.Count()])

    union = zl.Union("both", [CLICKS, SAVES])
    assert view(union).source == union
    assert refusal(lambda: view([CLICKS, SAVES])).endswith(
        "is no source\nHint: give a zl.EventSource, or a zl.Union of several"
    )
