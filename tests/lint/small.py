"""Small views over rows in memory, and what the rules find in them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

import zipline as zl
from zipline.lint.finding import Finding
from zipline.lint.run import lint
from zipline.repository import Repository

DAY = 86_400_000_000
T0 = 1_700_000_000_000_000  # 14 November 2023, in microseconds


def times(*micros: int | None) -> pa.Array:
    """Return a column of times."""
    return pa.array(micros, pa.timestamp("us"))


def days(count: int) -> pa.Array:
    """Return times a day apart from each other."""
    return times(*(T0 + n * DAY for n in range(count)))


def source(rows: dict[str, Any], name: str = "events", **options: Any) -> zl.EventSource:
    """Return a source of rows in memory, whose event time is `ts`."""
    return zl.EventSource(name, table=zl.Frame(pa.table(rows)), **{"event_time": "ts"} | options)


def view(
    events: Any, features: Sequence[Any] | None = None, name: str = "v",
    keys: dict[str, str] | None = None,
) -> zl.FeatureView:  # fmt: skip
    """Return a view by user, of a count over a day unless features are given."""
    return zl.FeatureView(
        name, entity=zl.Entity("user"), source=events, keys=keys, features=features or [zl.Count().over("1d")]
    )


def repository(*views: zl.FeatureView, services: Sequence[zl.FeatureService] = ()) -> Repository:
    """Return a repository of these definitions."""
    return Repository(
        Path(), views={each.name: each for each in views}, services={each.name: each for each in services}
    )


def found(rule: str, *views: zl.FeatureView, services: Sequence[zl.FeatureService] = ()) -> list[Finding]:
    """Return what one rule finds in these views."""
    return [each for each in lint(repository(*views, services=services)) if each.rule == rule]


def said(finding: Finding) -> str:
    """Return a finding in one line."""
    return f"{finding.severity}: {finding.where}: {finding.message}"
