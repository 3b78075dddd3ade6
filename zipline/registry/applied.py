"""Applied: what was in the code at the last `apply`, with the facts that may change without a new version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from zipline.dsl.table import Table


@dataclass(frozen=True)
class Facts:
    """What the code said of a view or a service that affects no value, and the version that it was."""

    version: int
    description: str = ""
    owner: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    deprecated: str = ""


@dataclass(frozen=True)
class Applied:
    """One applied state.

    Attributes:
        applied_at: UTC, ISO 8601.
        views, services: the facts of each, by name.
        sources: where each source's rows lie, by name.
    """

    applied_at: str
    views: Mapping[str, Facts] = field(default_factory=dict)
    services: Mapping[str, Facts] = field(default_factory=dict)
    sources: Mapping[str, Table] = field(default_factory=dict)
