"""What is shown of features that were read online."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zipline.display.card import Card
from zipline.display.values import exact_moment, shown_value

if TYPE_CHECKING:
    from zipline.online.features import Features


def features_card(features: Features) -> Card:
    """Return the card of what was read online: each value, how it came about, and how far behind its stream was."""
    rows = [
        [name, shown_value(value), str(features.statuses[name]), features.errors.get(name, "")]
        for name, value in features.items()
    ]
    behind = [
        f"{view} {lag.total_seconds():.1f} s" for view, lag in features.freshness.items() if lag is not None
    ]
    facts = [("at", exact_moment(features.time)), ("behind", ", ".join(behind))]
    shown = 4 if features.errors else 3
    columns = ("feature", "value", "status", "error")[:shown]
    return Card("Features", features.service, "", facts, columns, [row[:shown] for row in rows])
