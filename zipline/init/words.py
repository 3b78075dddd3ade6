"""What the names of columns suggest: their words, and names made of them."""

from __future__ import annotations

import keyword
import re
from typing import Final

EVENT: Final = frozenset({"event", "occurred", "happened"})
MOMENT: Final = frozenset({"ts", "timestamp", "time", "datetime", "epoch"})
AT: Final = frozenset(
    {
        "at",
        "when",
        "created",
        "ordered",
        "started",
        "start",
        "pickup",
        "departure",
        "ms",
        "us",
        "micros",
        "millis",
    }
)
DAY: Final = frozenset({"date", "day", "ds", "dt"})
KNOWN: Final = frozenset(
    {
        "known", "knowledge", "ingested", "ingest", "ingestion", "loaded", "load", "landed", "received", "inserted",
        "updated", "modified", "processed", "published", "synced", "written", "recorded", "available", "entered",
        "imported", "extracted",
    }
)  # fmt: skip
NEVER: Final = frozenset(
    {
        "birth",
        "birthday",
        "dob",
        "born",
        "expires",
        "expiry",
        "expiration",
        "due",
        "until",
        "deadline",
        "valid",
    }
)
IDS: Final = frozenset({"id", "key", "uuid", "guid"})
EVENT_IDS: Final = frozenset({"id", "event_id", "uuid", "guid", "row_id", "transaction_id", "message_id"})
PEOPLE: Final = frozenset(
    {
        "user", "customer", "client", "account", "member", "person", "driver", "patient", "subscriber", "visitor",
        "player", "employee", "passenger", "host", "guest", "card",
    }
)  # fmt: skip
THINGS: Final = frozenset(
    {
        "product", "item", "merchant", "seller", "shop", "store", "device", "vehicle", "plane", "tailnum", "station",
        "sensor", "machine", "carrier", "airline", "session", "campaign", "page", "url", "ip", "email", "phone",
    }
)  # fmt: skip
DELETED: Final = frozenset(
    {"deleted", "cancelled", "canceled", "withdrawn", "tombstone", "voided", "removed"}
)
PLACES: Final = frozenset(
    {"lat", "lon", "lng", "latitude", "longitude", "zip", "postal", "zipcode", "postcode"}
)
CALENDAR: Final = frozenset({"year", "month", "day", "hour", "minute", "second", "week", "weekday", "dow"})
LABELS: Final = frozenset({"code", "version", "phone", "number", "nr", "no", "index", "row"})
RATES: Final = frozenset(
    {"rate", "ratio", "pct", "percent", "percentage", "share", "score", "temp", "temperature", "age", "rank", "speed",
     "level", "balance", "rating", "avg", "mean", "probability", "prob", "humidity", "pressure"}
)  # fmt: skip


def words(name: str) -> frozenset[str]:
    """Return the words of a column's name, in lower case.

    >>> sorted(words("createdAt_ms"))
    ['at', 'created', 'ms']
    """
    return frozenset(word for word in re.split(r"[^a-z0-9]+", _snake(name)) if word)


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def slug(text: str, otherwise: str) -> str:
    """Return a text as a name that zipline and Python take, or another where nothing is left of it.

    >>> slug("Größe (cm)", "x"), slug("2nd__leg_", "x"), slug("class", "x"), slug("userId", "x"), slug("!", "x")
    ('gr_e_cm', 'x_2nd_leg', 'class_x', 'user_id', 'x')
    """
    name = re.sub(r"[^a-z0-9]+", "_", _snake(text)).strip("_")
    if not name:
        return otherwise
    if not name[0].isalpha():
        name = f"{otherwise}_{name}"
    return f"{name}_{otherwise}" if keyword.iskeyword(name) else name


def singular(name: str) -> str:
    """Return a noun in the singular, as far as its ending tells.

    >>> singular("flights"), singular("entries"), singular("purchases"), singular("boxes"), singular("news")
    ('flight', 'entry', 'purchase', 'box', 'new')
    """
    for ending, other in (
        ("ies", "y"),
        ("xes", "x"),
        ("sses", "ss"),
        ("ches", "ch"),
        ("ss", "ss"),
        ("s", ""),
    ):
        if name.endswith(ending) and len(name) > len(ending) + 1:
            return name.removesuffix(ending) + other
    return name


def entity_name(columns: tuple[str, ...]) -> str:
    """Return how an entity with these keys is called.

    >>> entity_name(("userId",)), entity_name(("origin", "dest")), entity_name(("ID",))
    ('user', 'origin_dest', 'id')
    """
    stems = []
    for column in columns:
        stem = slug(column, "entity")
        shorter = re.sub(r"_(id|key|uuid|guid)$", "", stem)
        stems.append(shorter or stem)
    return "_".join(stems)
