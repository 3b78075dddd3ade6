"""Iceberg: an Apache Iceberg table, at one of its snapshots."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zipline.dsl.definition import Definition, as_pairs
from zipline.dsl.table import Table
from zipline.errors import DefinitionError
from zipline.time import TimeLike, to_micros


class Iceberg(Table):
    """An Apache Iceberg table, read through pyiceberg: `pip install 'zipline-features[iceberg]'`.

    A run reads one snapshot throughout: the current one as it begins, unless one is said.

    Args:
        table: `namespace.table` where there is a catalog; else the table's folder, or its `metadata.json`, or a URL.
        catalog: the catalog's name; its properties may stand in pyiceberg's own configuration.
        properties: of the catalog or, without one, of the files, such as `{"uri": "http://...", "token": "${TOKEN}"}`.
        snapshot: the snapshot's id.
        at: the snapshot that was the current one at this time.

    >>> Iceberg("shop.orders", catalog="prod", snapshot=7).meaning()
    {'snapshot': 7}
    """

    table: str
    catalog: str | None = None
    properties: tuple[tuple[str, str], ...] = ()
    snapshot: int | None = None
    at_us: int | None = None

    def __init__(
        self,
        table: str,
        *,
        catalog: str | None = None,
        properties: Mapping[str, str] | None = None,
        snapshot: int | None = None,
        at: TimeLike | None = None,
    ) -> None:
        if not isinstance(table, str) or not table:
            raise DefinitionError(f"{table!r} is neither the name of a table nor a path", where="Iceberg")
        if snapshot is not None and at is not None:
            raise DefinitionError("has both snapshot and at", where="Iceberg", hint="give one of them")
        if snapshot is not None and type(snapshot) is not int:
            raise DefinitionError(f"snapshot={snapshot!r} is not the id of a snapshot", where="Iceberg")
        Definition.__init__(
            self, table=table, catalog=catalog, properties=as_pairs(properties, "properties"), snapshot=snapshot,
            at_us=None if at is None else to_micros(at),
        )  # fmt: skip

    def meaning(self) -> dict[str, Any]:
        """Return the snapshot, where one is said."""
        pinned = {"snapshot": self.snapshot, "at_us": self.at_us}
        return {name: value for name, value in pinned.items() if value is not None}

    def __repr__(self) -> str:
        catalog = f", catalog={self.catalog!r}" if self.catalog else ""
        return f"Iceberg({self.table!r}{catalog})"

    def __str__(self) -> str:
        return repr(self)
