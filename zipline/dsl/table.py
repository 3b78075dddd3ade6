"""Tables: where rows lie. They say nothing of what the rows mean."""

from __future__ import annotations

from typing import Any, Literal

from zipline.dsl.definition import Definition
from zipline.errors import DefinitionError


class Table(Definition):
    """A table that an engine can scan."""

    def meaning(self) -> dict[str, Any]:
        """Return what of its options can change a value, as plain JSON; where the rows lie does not."""
        return {}


class NoTable(Table):
    """What a source reads that has no table: its events come from a stream alone, and are kept nowhere else.

    It takes a table's place, so that a version that was registered without one finds the table that it got later.
    """


class _Files(Table):
    path: str

    def __init__(self, path: str, **fields: Any) -> None:
        if not isinstance(path, str) or not path:
            raise DefinitionError(f"{path!r} is not a path", where=type(self).__name__)
        Definition.__init__(self, path=path, **fields)


class Parquet(_Files):
    """Parquet files: a path, a glob, a directory (hive partitions become columns) or any fsspec URL.

    Args:
        path: where they are.
        union_by_name: whether the files may differ, as they do where columns were added or made wider in the course of
            time: a column that a file lacks is null there, and one that has several types is read as the type that
            they widen to (int and float as float). Unless given, every file has the same columns and types.

    >>> Parquet("data/flights/*.parquet").path
    'data/flights/*.parquet'
    """

    union_by_name: bool = False

    def __init__(self, path: str, *, union_by_name: bool = False) -> None:
        super().__init__(path, union_by_name=union_by_name)


class Csv(_Files):
    """CSV files with a header line; types are read off all rows of the files.

    Args:
        path: a path, a glob, a directory or any fsspec URL.
        delimiter: between values.
        null: the texts that mean null, beside the empty one.
    """

    delimiter: str = ","
    null: tuple[str, ...] = ()

    def __init__(self, path: str, *, delimiter: str = ",", null: str | tuple[str, ...] = ()) -> None:
        super().__init__(path, delimiter=delimiter, null=(null,) if isinstance(null, str) else tuple(null))

    def meaning(self) -> dict[str, Any]:
        """Return the delimiter and the texts for null, where they are not the usual ones."""
        delimiter = {"delimiter": self.delimiter} if self.delimiter != "," else {}
        nulls = sorted({*self.null} - {""})
        return delimiter | ({"null": nulls} if nulls else {})


class Json(_Files):
    """JSON files, one object a line (or one array of objects).

    Args:
        path: a path, a glob, a directory or any fsspec URL.
        format: `lines` or `array`; found out by looking unless given.
    """

    format: Literal["auto", "lines", "array"] = "auto"

    def __init__(self, path: str, *, format: Literal["auto", "lines", "array"] = "auto") -> None:
        super().__init__(path, format=format)


class Frame(Table):
    """Rows in memory: an Arrow table or record batch reader, a Polars or pandas frame, or a DuckDB relation.

    Two frames are equal when they hold the same object.
    """

    data: Any

    def __init__(self, data: Any) -> None:
        Definition.__init__(self, data=data)

    def meaning(self) -> dict[str, Any]:
        """Refuse: what is in memory has no meaning beyond the process."""
        raise DefinitionError(
            "a Frame lives in the memory of one process, so that nothing else could read it later",
            hint="write the rows to a file and read that: zl.Parquet(path)",
        )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Frame) and self.data is other.data

    def __hash__(self) -> int:
        return id(self.data)

    def __repr__(self) -> str:
        return f"Frame({type(self.data).__module__.partition('.')[0]}.{type(self.data).__name__})"
