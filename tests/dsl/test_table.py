"""Tables: where rows lie."""

from __future__ import annotations

import zipline as zl
from tests.refusals import refusal


def test_options_in_their_normal_form() -> None:
    assert zl.Csv("a.csv", null="NA").null == ("NA",)
    assert zl.Csv("a.csv", null=("NA", "-")).null == ("NA", "-")
    assert zl.Json("a.json").format == "auto"


def test_frames_are_equal_when_they_hold_the_same_object() -> None:
    rows = [1]
    assert zl.Frame(rows) == zl.Frame(rows)
    assert hash(zl.Frame(rows)) == hash(zl.Frame(rows))
    assert zl.Frame(rows) != zl.Frame([1])
    assert repr(zl.Frame(rows)) == "Frame(builtins.list)"


def test_options_that_change_values_are_meaning() -> None:
    assert zl.Parquet("a.parquet").meaning() == {}
    assert zl.Json("a.json", format="lines").meaning() == {}
    assert zl.Csv("a.csv").meaning() == zl.Csv("b.csv", null="").meaning() == {}
    assert zl.Csv("a.csv", delimiter=";", null=("NA", "-")).meaning() == {
        "delimiter": ";",
        "null": ["-", "NA"],
    }
    assert "lives in the memory of one process" in refusal(zl.Frame([1]).meaning)


def test_refusals() -> None:
    assert refusal(lambda: zl.Parquet("")) == "Parquet: '' is not a path"
    assert refusal(lambda: zl.Csv(3)) == "Csv: 3 is not a path"  # type: ignore[arg-type]
    assert "Json: format='yaml' does not fit" in refusal(lambda: zl.Json("a", format="yaml"))  # type: ignore[arg-type]
    assert "Csv: delimiter=3 does not fit" in refusal(lambda: zl.Csv("a", delimiter=3))  # type: ignore[arg-type]
