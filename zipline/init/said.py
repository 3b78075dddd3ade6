"""What the user says of the columns, and how messages list them."""

from __future__ import annotations

from collections.abc import Sequence

from zipline.errors import ConfigError, nearest
from zipline.init.columns import Column


def found_column(name: str, columns: Sequence[Column], place: str) -> Column:
    """Return a column by name.

    Raises:
        ConfigError: there is none; the message lists them.
    """
    for column in columns:
        if column.name == name:
            return column
    raise ConfigError(
        f"there is no column {name!r}", where=place, hint=nearest(name, (column.name for column in columns))
    )


def listed(columns: Sequence[Column]) -> str:
    """Return the columns and their types as a sentence."""
    return "The columns are " + ", ".join(f"{column.name} ({column.type})" for column in columns)
