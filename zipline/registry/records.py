"""Record: one registered version, with all that is needed to compute it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias

from zipline.dsl.feature_service import FeatureService
from zipline.dsl.feature_view import FeatureView
from zipline.types import DataType

FORMAT: Final = 1
"""Of records; a change of what they hold, or of how identities are made, is another number."""

Kind: TypeAlias = Literal["view", "service"]
Schemas: TypeAlias = Mapping[str, Mapping[str, DataType]]
"""Source name -> column -> type, of table columns."""

KINDS: Final[tuple[Kind, ...]] = ("service", "view")
"""In the order in which a name is looked for."""
FOLDERS: Final[Mapping[Kind, str]] = {"service": "services", "view": "views"}


@dataclass(frozen=True)
class Record:
    """A version of a view or a service; it never changes.

    Attributes:
        kind, name, version: `carrier_delays@2` is version 2 of the view `carrier_delays`.
        identity: the SHA-256 of the canonical JSON of `meaning`, in hexadecimal.
        meaning: what affects its values, as JSON.
        definition: as it was in the code; a service's views are the pinned versions.
        schemas: of a view, of exactly the columns that it reads, the types with which it was registered.
        ties: of a view, of the sources with ids, the other columns that their tables had then: where nothing else
            orders versions of an id, all columns do. They are no part of what the version is.
        views: of a service, the versions of the views it pins, by name.
        registered_at: UTC, ISO 8601.
    """

    kind: Kind
    name: str
    version: int
    identity: str
    meaning: Mapping[str, Any]
    definition: FeatureView | FeatureService
    schemas: Schemas = field(default_factory=dict)
    views: Mapping[str, int] = field(default_factory=dict)
    registered_at: str = ""
    ties: Schemas = field(default_factory=dict)

    @property
    def title(self) -> str:
        """How it is named in requests: `carrier_delays@2`."""
        return f"{self.name}@{self.version}"
