"""Delta: a Delta Lake table, at one of its versions."""

from __future__ import annotations

from typing import Any

from zipline.dsl.definition import Definition
from zipline.dsl.table import Table
from zipline.errors import DefinitionError
from zipline.time import TimeLike, to_micros


class Delta(Table):
    """A Delta Lake table, read through deltalake: `pip install 'zipline-features[delta]'`.

    A run reads one version throughout: the newest one as it begins, unless one is said.

    Args:
        path: the table's folder, or its URL.
        version: the version's number.
        at: the version that was the newest at this time, by the times of the log's files, as Delta has it: copying a
            table changes them.

    >>> Delta("lake/orders", version=7).meaning()
    {'version': 7}
    """

    path: str
    version: int | None = None
    at_us: int | None = None

    def __init__(self, path: str, version: int | None = None, at: TimeLike | None = None) -> None:
        if not isinstance(path, str) or not path:
            raise DefinitionError(f"{path!r} is not a path", where="Delta")
        if version is not None and at is not None:
            raise DefinitionError("has both version and at", where="Delta", hint="give one of them")
        if version is not None and (type(version) is not int or version < 0):
            raise DefinitionError(f"version={version!r} is not the number of a version", where="Delta")
        Definition.__init__(self, path=path, version=version, at_us=None if at is None else to_micros(at))

    def meaning(self) -> dict[str, Any]:
        """Return the version, where one is said."""
        pinned = {"version": self.version, "at_us": self.at_us}
        return {name: value for name, value in pinned.items() if value is not None}
