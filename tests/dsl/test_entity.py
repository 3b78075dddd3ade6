"""Entities: their keys, and what cannot be one."""

from __future__ import annotations

import zipline as zl
from tests.refusals import refusal


def test_keys_are_the_name_unless_given() -> None:
    assert zl.Entity("user").keys == ("user",)
    assert zl.Entity("pair", keys=["user", "merchant"]).keys == ("user", "merchant")


def test_refusals() -> None:
    assert "'a b' cannot name an entity" in refusal(lambda: zl.Entity("a b"))
    assert "[] is not an entity's keys" in refusal(lambda: zl.Entity("user", keys=[]))
    assert "an entity's keys lists each column once" in refusal(lambda: zl.Entity("user", keys=["a", "a"]))
