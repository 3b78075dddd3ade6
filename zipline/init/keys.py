"""Which columns name what features describe, and which identify an event."""

from __future__ import annotations

from collections.abc import Sequence

from zipline.errors import ConfigError
from zipline.init import words
from zipline.init.columns import Column
from zipline.init.said import found_column, listed


def entity_candidates(columns: Sequence[Column], nouns: Sequence[str]) -> list[Column]:
    """Return the columns that can be an entity's key, the likeliest first.

    A key is an integer or a text, called like one or like a person or thing, and it recurs.

    Args:
        columns: what was seen, without the times.
        nouns: how the events are called: of `flights`, `flight_id` is an event's id, not an entity's.
    """
    scored = [(_score(column, nouns), column) for column in columns if _can_be_key(column)]
    likely = [(score, column) for score, column in scored if score > 0]
    return [
        column for _, column in sorted(likely, key=lambda pair: (pair[0], pair[1].distinct), reverse=True)
    ]


def chosen_entity(text: str, columns: Sequence[Column]) -> tuple[Column, ...]:
    """Return the key columns that the user names, as COLUMN or COLUMN,COLUMN.

    Raises:
        ConfigError: there is no such column, or it cannot be a key.
    """
    names = [text] if any(column.name == text for column in columns) else text.split(",")
    chosen = tuple(found_column(name.strip(), columns, "--entity") for name in names)
    for column in chosen:
        if column.kind is None or not column.kind.is_key:
            raise ConfigError(
                f"{column.name!r} is {column.type}, which cannot be a key", where="--entity",
                hint=f"keys are integers, texts, dates and the like, not floats. {listed(columns)}",
            )  # fmt: skip
    if len(set(names)) < len(names):
        raise ConfigError(f"{text!r} names a column twice", where="--entity", hint="name each once")
    return chosen


def event_id(columns: Sequence[Column], nouns: Sequence[str], taken: Sequence[Column]) -> Column | None:
    """Return the column that identifies an event: called like one, or like a key and unique."""
    for column in columns:
        if column in taken or not _can_be_key(column) or column.nulls:
            continue
        if _names_an_event(column.name, nouns):
            return column
    for column in columns:
        if column in taken or not _can_be_key(column):
            continue
        if column.is_unique and column.rows > 1 and words.words(column.name) & words.IDS:
            return column
    return None


def _can_be_key(column: Column) -> bool:
    fit = column.kind is not None and column.kind.kind in ("int64", "string")
    flag = column.is_flag and not words.words(column.name) & words.IDS
    return fit and column.filled > 0 and not flag and column.micros is None


def _names_an_event(name: str, nouns: Sequence[str]) -> bool:
    if words.words(name) & (words.PEOPLE | words.THINGS):
        return False
    return words.slug(name, "") in (*words.EVENT_IDS, *(f"{words.singular(noun)}_id" for noun in nouns))


def _score(column: Column, nouns: Sequence[str]) -> int:
    named = words.words(column.name)
    hinted = named & (words.IDS | words.PEOPLE | words.THINGS)
    if column.kind is not None and column.kind.kind == "int64" and not hinted:
        return 0  # a measure
    score = 4 if named & words.IDS else 0
    score += 3 if named & words.PEOPLE else 2 if named & words.THINGS else 0
    score -= 5 if _names_an_event(column.name, nouns) else 0
    if column.distinct == 1:
        return score - (3 if hinted else 6)
    recurrence = column.distinct / column.filled
    score += 2 if recurrence <= 0.67 else -4 if recurrence >= 0.95 else 0
    return score + (1 if column.distinct >= 20 else -1 if column.distinct < 5 else 0)
