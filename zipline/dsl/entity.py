"""Entity: what features describe, named by the columns that identify it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from zipline.display import Displayed
from zipline.dsl.definition import Definition, as_pairs, as_tuple, check_name


class Entity(Displayed, Definition):
    """A thing that features describe, such as a carrier, a user, or a (user, merchant) pair.

    Args:
        name: how the entity is called.
        keys: the names of its key parts; the entity's own name unless given.

    >>> Entity("route", keys=["origin", "dest"]).keys
    ('origin', 'dest')
    """

    name: str
    keys: tuple[str, ...]
    description: str = ""
    owner: str = ""
    tags: tuple[tuple[str, str], ...] = ()

    def __init__(
        self,
        name: str,
        keys: str | Sequence[str] | None = None,
        *,
        description: str = "",
        owner: str = "",
        tags: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(
            name=check_name(name, "an entity"),
            keys=as_tuple(keys if keys is not None else name, "an entity's keys"),
            description=description,
            owner=owner,
            tags=as_pairs(tags, "tags"),
        )
