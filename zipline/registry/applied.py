"""Applied: what was in the code at the last `apply`, with the facts that may change without a new version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from zipline.dsl.table import Table
from zipline.registry.codec import decode, encode
from zipline.registry.reading import read_json, understood

FORMAT: Final = 1


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

    def to_json(self) -> dict[str, Any]:
        """Return it as it lies in its file."""
        return {
            "format": FORMAT,
            "applied_at": self.applied_at,
            "views": {name: asdict(facts) for name, facts in self.views.items()},
            "services": {name: asdict(facts) for name, facts in self.services.items()},
            "sources": {name: encode(table) for name, table in self.sources.items()},
        }


def read_applied(content: bytes, place: str) -> Applied:
    """Return the state that a file holds.

    Raises:
        RegistryError: the file is torn, of another format, or not zipline's.
    """
    data = read_json(content, place, FORMAT)
    with understood(place):
        return Applied(
            applied_at=_text(data["applied_at"]),
            views={name: _facts(each) for name, each in data["views"].items()},
            services={name: _facts(each) for name, each in data["services"].items()},
            sources={name: _table(each) for name, each in data["sources"].items()},
        )


def _facts(data: Any) -> Facts:
    facts = Facts(**data)
    if type(facts.version) is not int or facts.version < 1:
        raise ValueError(f"{facts.version!r} is not a version")
    for text in (facts.description, facts.owner, facts.deprecated, *facts.tags, *facts.tags.values()):
        _text(text)
    return facts


def _table(data: Any) -> Table:
    table = decode(data)
    if not isinstance(table, Table):
        raise ValueError(f"{type(table).__name__} is not a table")
    return table


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is not a text")
    return value
