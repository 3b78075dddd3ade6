"""Applied: what was in the code at the last `apply`, with the facts that may change without a new version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final, TypeVar

from zipline.dsl.streams import Stream
from zipline.dsl.table import Table
from zipline.registry.codec import decode, encode
from zipline.registry.reading import read_json, understood

FORMAT: Final = 1

D = TypeVar("D", Table, Stream)


@dataclass(frozen=True)
class Facts:
    """What the code said of a view or a service that affects no value, and the version that it was.

    Attributes:
        online, freshness_us: of a view.
    """

    version: int
    description: str = ""
    owner: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    deprecated: str = ""
    online: bool = False
    freshness_us: int | None = None

    def to_json(self) -> dict[str, Any]:
        """Return them as they lie in a file; what a view that is not online says of that is left out."""
        said = asdict(self)
        return {name: each for name, each in said.items() if each or name not in ("online", "freshness_us")}


@dataclass(frozen=True)
class Applied:
    """One applied state.

    Attributes:
        applied_at: UTC, ISO 8601.
        views, services: the facts of each, by name.
        sources: where each source's rows lie, by name.
        streams: where those sources' events come from as they happen that have a stream, by name.
    """

    applied_at: str
    views: Mapping[str, Facts] = field(default_factory=dict)
    services: Mapping[str, Facts] = field(default_factory=dict)
    sources: Mapping[str, Table] = field(default_factory=dict)
    streams: Mapping[str, Stream] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return it as it lies in its file."""
        return {
            "format": FORMAT,
            "applied_at": self.applied_at,
            "views": {name: facts.to_json() for name, facts in self.views.items()},
            "services": {name: facts.to_json() for name, facts in self.services.items()},
            "sources": {name: encode(table) for name, table in self.sources.items()},
        } | ({"streams": {name: encode(each) for name, each in self.streams.items()}} if self.streams else {})


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
            sources={name: _definition(each, Table) for name, each in data["sources"].items()},
            streams={name: _definition(each, Stream) for name, each in data.get("streams", {}).items()},
        )


def _facts(data: Any) -> Facts:
    facts = Facts(**data)
    if type(facts.version) is not int or facts.version < 1:
        raise ValueError(f"{facts.version!r} is not a version")
    if type(facts.online) is not bool or type(facts.freshness_us) not in (int, type(None)):
        raise ValueError(
            f"online={facts.online!r}, freshness_us={facts.freshness_us!r} is not how a view is read"
        )
    for text in (facts.description, facts.owner, facts.deprecated, *facts.tags, *facts.tags.values()):
        _text(text)
    return facts


def _definition(data: Any, kind: type[D]) -> D:
    found = decode(data)
    if not isinstance(found, kind):
        raise ValueError(f"{type(found).__name__} is not a {kind.__name__.lower()}")
    return found


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is not a text")
    return value
