"""The types that feature values have: a small lattice that Arrow's types are widened into."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from zipline.errors import DefinitionError, nearest

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class DataType:
    """One type of section 1: `kind` and, where the kind has parts, its parts.

    Attributes:
        kind: bool int64 float64 decimal string binary date timestamp list struct vector map null.
        precision, scale: of a decimal.
        element: of a list, a vector (float32 or float64) or a map's value.
        key: of a map.
        fields: of a struct, in order.
        size: of a vector.
    """

    kind: str
    precision: int = 0
    scale: int = 0
    element: DataType | None = None
    key: DataType | None = None
    fields: tuple[tuple[str, DataType], ...] = field(default=())
    size: int = 0

    @property
    def is_numeric(self) -> bool:
        """Whether sums and means take it: int, float, decimal, bool."""
        return self.kind in ("int64", "float64", "decimal", "bool")

    @property
    def is_orderable(self) -> bool:
        """Whether minimum and maximum take it: all but lists and structs."""
        return self.kind not in ("list", "struct", "vector", "map", "null")

    @property
    def is_key(self) -> bool:
        """Whether an entity can be named by it: all orderable ones but floats."""
        return self.is_orderable and self.kind not in ("float64", "float32")

    def __str__(self) -> str:
        match self.kind:
            case "decimal":
                return f"decimal({self.precision},{self.scale})"
            case "list":
                return f"list<{self.element}>"
            case "vector":
                return f"vector<{self.element}, {self.size}>"
            case "map":
                return f"map<{self.key}, {self.element}>"
            case "struct":
                return "struct<" + ", ".join(f"{name}: {each}" for name, each in self.fields) + ">"
            case _:
                return self.kind


BOOL: Final = DataType("bool")
INT64: Final = DataType("int64")
FLOAT64: Final = DataType("float64")
FLOAT32: Final = DataType("float32")
STRING: Final = DataType("string")
BINARY: Final = DataType("binary")
DATE: Final = DataType("date")
TIMESTAMP: Final = DataType("timestamp")
NULL: Final = DataType("null")

NAMES: Final = {
    "bool": BOOL, "boolean": BOOL,
    "int": INT64, "integer": INT64, "int64": INT64, "bigint": INT64, "long": INT64,
    "float": FLOAT64, "float64": FLOAT64, "double": FLOAT64,
    "string": STRING, "varchar": STRING, "text": STRING,
    "binary": BINARY, "blob": BINARY,
    "date": DATE, "timestamp": TIMESTAMP,
}  # fmt: skip


def decimal(precision: int, scale: int) -> DataType:
    """Return decimal128(precision, scale)."""
    return DataType("decimal", precision=precision, scale=scale)


def list_of(element: DataType) -> DataType:
    """Return the type of lists of `element`."""
    return DataType("list", element=element)


def struct_of(*fields: tuple[str, DataType]) -> DataType:
    """Return the type of structs with these fields, in order."""
    return DataType("struct", fields=fields)


def map_of(key: DataType, value: DataType) -> DataType:
    """Return the type of maps; only results have it."""
    return DataType("map", key=key, element=value)


class Columns(dict[str, DataType]):
    """Column -> type, of a table; and of other columns that it has, why they cannot be read.

    Attributes:
        untaken: column -> why, and what to do.
    """

    def __init__(self, types: Mapping[str, DataType], untaken: Mapping[str, str] | None = None) -> None:
        super().__init__(types)
        self.untaken = dict(untaken or getattr(types, "untaken", {}))


def parse_type(name: str) -> DataType:
    """Return the type that a user names in `request={...}` or `CAST(x AS ...)`.

    >>> parse_type("double"), str(parse_type("decimal(10,2)"))
    (DataType(kind='float64', precision=0, scale=0, element=None, key=None, fields=(), size=0), 'decimal(10,2)')
    """
    import re

    lowered = name.strip().lower()
    if lowered in NAMES:
        return NAMES[lowered]
    match = re.fullmatch(r"(?:decimal|numeric)\(\s*(\d+)\s*,\s*(\d+)\s*\)", lowered)
    if match and 1 <= int(match[1]) <= 38 and int(match[2]) <= int(match[1]):
        return decimal(int(match[1]), int(match[2]))
    if lowered.endswith("[]"):
        return list_of(parse_type(lowered[:-2]))
    raise DefinitionError(f"{name!r} is not a type", hint=nearest(lowered, [*NAMES, "decimal(p,s)"]))


def from_arrow(arrow: pa.DataType, *, where: str = "column") -> DataType:
    """Return the widened type of an Arrow type; maps, intervals and the like are refused by name."""
    import pyarrow.types as at

    if at.is_dictionary(arrow):
        return from_arrow(arrow.value_type, where=where)
    for test, kind in (
        (at.is_boolean, BOOL), (at.is_integer, INT64), (at.is_floating, FLOAT64), (at.is_date, DATE),
        (at.is_timestamp, TIMESTAMP), (at.is_null, NULL),
    ):  # fmt: skip
        if test(arrow):
            return kind
    if at.is_string(arrow) or at.is_large_string(arrow) or at.is_string_view(arrow):
        return STRING
    if (
        at.is_binary(arrow)
        or at.is_large_binary(arrow)
        or at.is_fixed_size_binary(arrow)
        or at.is_binary_view(arrow)
    ):
        return BINARY
    if at.is_decimal(arrow) and arrow.precision <= 38 and 0 <= arrow.scale <= arrow.precision:
        return decimal(arrow.precision, arrow.scale)
    if at.is_fixed_size_list(arrow) and at.is_floating(arrow.value_type):
        element = FLOAT64 if at.is_float64(arrow.value_type) else FLOAT32
        return DataType("vector", element=element, size=arrow.list_size)
    if at.is_list(arrow) or at.is_large_list(arrow) or at.is_fixed_size_list(arrow):
        return list_of(from_arrow(arrow.value_type, where=where))
    if at.is_struct(arrow):
        return struct_of(*((each.name, from_arrow(each.type, where=where)) for each in arrow))
    raise DefinitionError(
        f"has type {arrow}, which zipline does not take", where=where,
        hint="cast it, or leave it out: bool, int, float, decimal up to 38 digits, string, binary, date, timestamp, "
        "lists and structs of these",
    )  # fmt: skip


def to_arrow(kind: DataType) -> pa.DataType:
    """Return the Arrow type in which values of `kind` are handed out."""
    import pyarrow as pa

    simple = {
        "bool": pa.bool_, "int64": pa.int64, "float64": pa.float64, "float32": pa.float32, "string": pa.string,
        "binary": pa.binary, "date": pa.date32, "null": pa.null,
    }  # fmt: skip
    if kind.kind in simple:
        return simple[kind.kind]()
    if kind.kind == "timestamp":
        return pa.timestamp("us", tz="UTC")
    if kind.kind == "decimal":
        return pa.decimal128(kind.precision, kind.scale)
    if kind.kind == "struct":
        return pa.struct([pa.field(name, to_arrow(each)) for name, each in kind.fields])
    assert kind.element is not None
    if kind.kind == "list":
        return pa.list_(to_arrow(kind.element))
    if kind.kind == "vector":
        return pa.list_(to_arrow(kind.element), kind.size)
    assert kind.key is not None
    return pa.map_(to_arrow(kind.key), to_arrow(kind.element))
