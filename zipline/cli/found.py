"""What `zipline search` finds, and in which order."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from zipline.cli.answer import one_line
from zipline.cli.looking import records_of, registry_of
from zipline.cli.searched import Item, items_of
from zipline.registry.records import KINDS

if TYPE_CHECKING:
    from zipline.dsl.feature_service import FeatureService
    from zipline.dsl.feature_view import FeatureView
    from zipline.store import FeatureStore

PLACES: Final = ("name", "tag", "owner", "description", "column", "expression")
"""Where a word may stand, the best place first."""
INSIDE: Final = 3


@dataclass(frozen=True)
class Match:
    """An item that matches.

    Attributes:
        item: what matches.
        place, text: the best place where it does, and what stands there.
        rank: the smaller the better: inside a word or not, the place, how well.
    """

    item: Item
    place: str
    text: str
    rank: tuple[bool, int, int]

    @property
    def told(self) -> str:
        """What a person wants to read: the text, but what the item is where that is its name, or a feature's column."""
        said = self.place == "name" or (self.place == "column" and self.item.kind == "feature")
        return self.item.summary if said else self.text

    @property
    def document(self) -> dict[str, Any]:
        """What JSON says of it."""
        item = self.item
        where = "code" if item.version is None else item.version
        return {"kind": item.kind, "name": item.title, "place": self.place, "text": self.text, "in": where}


def found_in(store: FeatureStore, word: str) -> list[Match]:
    """Return what matches all parts of a text: words and their beginnings by place, then what is inside of words."""
    parts = word.lower().split()
    matches = (match for item in _items(store) if (match := _match(item, parts)))
    return sorted(matches, key=lambda match: (*match.rank, match.item.version is not None, match.item.title))


def _items(store: FeatureStore) -> Iterator[Item]:
    """Give what the code has, then what only the registry has, newer versions first: nothing twice."""
    seen: set[tuple[Any, ...]] = set()
    for definition, version in _definitions(store):
        for item in items_of(definition, version):
            if item.meaning not in seen:
                seen.add(item.meaning)
                yield item


def _definitions(store: FeatureStore) -> Iterator[tuple[FeatureService | FeatureView, int | None]]:
    for service in store.services.values():
        yield service, None
    for view in store.views.values():
        yield view, None
    for kind in KINDS:
        for name in registry_of(store).names(kind):
            for record in reversed(list(records_of(store, kind, name))):
                yield record.definition, record.version


def _match(item: Item, parts: Sequence[str]) -> Match | None:
    """Return where the best of the parts stands, if every part stands somewhere."""
    best = [min(_standing(item, part), default=None) for part in parts]
    found = [each for each in best if each is not None]
    if not found or len(found) < len(best):
        return None
    inside, place, how, text = min(found)
    return Match(item, PLACES[place], one_line(text), (inside, place, how))


def _standing(item: Item, part: str) -> Iterable[tuple[bool, int, int, str]]:
    for place, text in item.texts:
        how = _how(part, text.lower())
        if how is not None:
            yield how == INSIDE, PLACES.index(place), how, text


def _how(part: str, text: str) -> int | None:
    """Return how well a part stands in a text: 0 as all of it, 1 as a word, 2 as the beginning of one, 3 inside one.

    >>> [_how("late", text) for text in ("late", "late_7d", "how lately", "plates", "early")]
    [0, 1, 2, 3, None]
    """
    if part not in text:
        return None
    if part == text:
        return 0
    escaped = re.escape(part)
    if re.search(rf"(?<![a-z0-9]){escaped}(?![a-z0-9])", text):
        return 1
    return 2 if re.search(rf"(?<![a-z0-9]){escaped}", text) else INSIDE
