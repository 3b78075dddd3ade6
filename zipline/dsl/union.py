"""Union: several event sources with equal columns, read as one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from zipline.display import Displayed, called
from zipline.dsl.definition import Definition, as_pairs, check_name
from zipline.dsl.source import EventSource
from zipline.errors import DefinitionError


class Union(Displayed, Definition):
    """The events of several sources, put together.

    Each member has its own table, times, ids, versions, `select` and `where`: id 1 of one is not id 1 of another. The
    columns that features read (after each member's `select`) and those that hold keys are in every member, in one
    type. Where some members have knowledge times, the events of the others are known as they happen.

    Args:
        name: how the union is called.
        sources: its members, each of another name; their order does not matter.

    >>> from zipline.dsl.table import Parquet
    >>> clicks = EventSource("clicks", table=Parquet("clicks.parquet"), event_time="ts")
    >>> saves = EventSource("saves", table=Parquet("saves.parquet"), event_time="saved_at", delay="1h")
    >>> Union("interactions", [clicks, saves]).has_knowledge
    True
    """

    name: str
    members: tuple[EventSource, ...]
    description: str = ""
    owner: str = ""
    tags: tuple[tuple[str, str], ...] = ()

    def __init__(
        self,
        name: str,
        sources: Sequence[EventSource],
        *,
        description: str = "",
        owner: str = "",
        tags: Mapping[str, str] | None = None,
    ) -> None:
        check_name(name, "a union")
        place = f"union {name!r}"
        members = tuple(sources) if isinstance(sources, (list, tuple)) else ()
        if not members:
            raise DefinitionError(
                "has no sources", where=place, hint="list them: zl.Union('all', [one, other])"
            )
        seen: set[str] = set()
        for member in members:
            if not isinstance(member, EventSource):
                hint = (
                    "list the other union's own sources" if isinstance(member, Union) else "list EventSources"
                )
                raise DefinitionError(f"{called(member)} is not an event source", where=place, hint=hint)
            if member.name in seen:
                raise DefinitionError(
                    f"two sources are called {member.name!r}", where=place,
                    hint="a source is a member once; rename one of two different ones",
                )  # fmt: skip
            seen.add(member.name)
        super().__init__(
            name=name, members=members, description=description, owner=owner, tags=as_pairs(tags, "tags")
        )

    @property
    def has_knowledge(self) -> bool:
        """Whether some member's rows become known at some time of their own."""
        return any(member.has_knowledge for member in self.members)


Source: TypeAlias = EventSource | Union
