"""Changes: how the code differs from what was applied last, and whom that reaches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, TypeAlias

Mark: TypeAlias = Literal["+", "~", "-", "*"]


class FieldChange(NamedTuple):
    """One value that differs: where it stands (`features.late_7d.window.length`), before and after, None if absent."""

    path: str
    before: Any
    after: Any


@dataclass(frozen=True)
class Change:
    """What happens to one view, service or source.

    Attributes:
        kind: `view`, `service` or `source`.
        mark: `+` new, `~` another version, `-` removed, `*` the same version with other facts: description, owner,
            tags, deprecation, where the rows lie.
        version: the version after it; None where it is removed, and of a source.
        previous: the version that was applied before; None where there was none, and of a source.
        fields: what differs.
        reaches: the services that read it, by name.
        owners: its owner and those services', each once.
    """

    kind: Literal["view", "service", "source"]
    name: str
    mark: Mark
    version: int | None = None
    previous: int | None = None
    fields: tuple[FieldChange, ...] = ()
    reaches: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return it as values of JSON."""
        return {
            "kind": self.kind,
            "name": self.name,
            "mark": self.mark,
            "version": self.version,
            "previous": self.previous,
            "fields": [field._asdict() for field in self.fields],
            "reaches": list(self.reaches),
            "owners": list(self.owners),
        }


@dataclass(frozen=True)
class Changes:
    """All that differs: views first, then services, then sources, each by name."""

    changes: tuple[Change, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether the code is what was applied last."""
        return not self.changes

    def to_json(self) -> dict[str, Any]:
        """Return them as values of JSON."""
        return {"changes": [change.to_json() for change in self.changes]}
