"""What is said of every value that is read online."""

from __future__ import annotations

from enum import StrEnum


class Status(StrEnum):
    """How a value came about."""

    PRESENT = "PRESENT"
    """The entity was found, and the value is not null."""
    NULL = "NULL"
    """The entity was found, and the value is null."""
    NOT_FOUND = "NOT_FOUND"
    """No event of the entity is visible in the view's longest window: the value is that of no events."""
    STALE = "STALE"
    """The view's stream is behind the freshness it declares; the value is what is known so far."""
    ERROR = "ERROR"
    """There is no value; the error says why."""
