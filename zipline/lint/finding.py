"""Finding: what a rule has to say, where, and the figures it saw."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from zipline.time import UNITS, from_micros

Severity: TypeAlias = Literal["error", "warning", "note"]


@dataclass(frozen=True)
class Finding:
    """Something in a definition that will hurt.

    Attributes:
        severity: `error` can not give what is meant, `warning` seldom does, `note` costs or confuses.
        message: what is so, with the figures in words.
        hint: what to do about it.
        view, feature, source: where; those that apply.
        figures: what was seen, for machines.
        rule: the rule's name; filled in where the rules are run.
    """

    severity: Severity
    message: str
    hint: str
    view: str | None = None
    feature: str | None = None
    source: str | None = None
    figures: Mapping[str, Any] = field(default_factory=dict)
    rule: str = ""

    @property
    def where(self) -> str:
        """The definition, as messages name it."""
        parts = [
            f"{kind} {name!r}"
            for kind, name in (("view", self.view), ("feature", self.feature), ("source", self.source))
            if name is not None
        ]
        return ", ".join(parts)

    @property
    def places(self) -> tuple[str, ...]:
        """The names by which `[lint] ignore` may speak of it: view, view:feature, source."""
        feature = f"{self.view}:{self.feature}" if self.feature is not None else None
        return tuple(name for name in (self.view, feature, self.source) if name is not None)

    def to_json(self) -> dict[str, Any]:
        """Return it as a JSON object."""
        return {
            "rule": self.rule,
            "severity": self.severity,
            "where": {"view": self.view, "feature": self.feature, "source": self.source},
            "message": self.message,
            "figures": dict(self.figures),
            "hint": self.hint,
        }


def percent(part: int, whole: int) -> str:
    """Return a share as people read it; a little is never nothing, nearly all never all.

    >>> percent(1, 3), percent(1, 100_000), percent(99_999, 100_000), percent(5, 5)
    ('33.3 %', 'under 0.1 %', 'over 99.9 %', '100 %')
    """
    if part >= whole:
        return "100 %"
    share = 100 * part / whole
    if 0 < share < 0.1:
        return "under 0.1 %"
    return "over 99.9 %" if share > 99.9 else f"{share:.1f} %"


def span(micros: int) -> str:
    """Return a duration in its two largest units.

    >>> span(93_600_000_000), span(604_800_000_000), span(0)
    ('1d 2h', '7d', '0s')
    """
    parts = []
    for unit in ("d", "h", "m", "s", "ms", "us"):
        count, micros = divmod(micros, UNITS[unit])
        if count:
            parts.append(f"{count}{unit}")
        if len(parts) == 2:
            break
    return " ".join(parts) or "0s"


def moment(micros: int) -> str:
    """Return a time as ISO 8601 text.

    >>> moment(0)
    '1970-01-01T00:00:00Z'
    """
    return from_micros(micros).isoformat().replace("+00:00", "Z")
