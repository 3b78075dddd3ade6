"""Events written by hand as Arrow tables: which columns there are, and of which types."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final, TypeAlias

from zipline.dsl.source import EventSource
from zipline.dsl.timestamp import Timestamp
from zipline.errors import RequestError, ZiplineError
from zipline.time import from_micros, to_micros
from zipline.types import parse_type, to_arrow

Row: TypeAlias = Mapping[str, Any]
Types: TypeAlias = Mapping[str, Any]
_PER_SECOND: Final = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}


def event_table(
    source: EventSource, rows: Sequence[Row], needed: Sequence[str], types: Types, keys: Types
) -> Any:
    """Return events as the Arrow table that stands in for a source's.

    Args:
        source: whose table it is; its times may be given as texts.
        rows: the events; a column that one does not have is null there.
        needed: the columns that the features under test read.
        types: column -> type name or Arrow type; before what the source's own schema says.
        keys: column -> Arrow type of the entity's keys, for those that no event has.

    Raises:
        RequestError: a value is not of its column's type, or values have no common one.
    """
    import pyarrow as pa

    place = f"events of source {source.name!r}"
    declared = {name: arrow_type(kind) for name, kind in {**dict(source.declared), **dict(types)}.items()}
    times = {each.column: each for each in (source.event_time, source.knowledge_time) if each is not None}
    columns = {}
    for name in dict.fromkeys([*(name for row in rows for name in row), *needed, *dict(source.declared)]):
        values = [row.get(name) for row in rows]
        if name in declared:
            columns[name] = _typed(values, declared[name], place, name)
        elif name in times:
            columns[name] = _moments(values, times[name], place)
        elif all(value is None for value in values):
            columns[name] = pa.nulls(len(rows), pa.bool_() if name == source.deleted else keys.get(name))
        else:
            columns[name] = _inferred(values, place, name)
    return pa.table(columns)


def untyped(table: Any) -> list[str]:
    """Return the columns in which no event has a value, and which nothing gives a type."""
    import pyarrow as pa

    return [field.name for field in table.schema if pa.types.is_null(field.type)]


def arrow_type(kind: Any) -> Any:
    """Return the Arrow type that a type name, or an Arrow type, stands for."""
    return to_arrow(parse_type(kind)) if isinstance(kind, str) else kind


def typed(values: Sequence[Any], kind: Any, place: str, name: str) -> Any:
    """Return values as an Arrow array of a type, times given as texts included."""
    return _typed(values, arrow_type(kind), place, name)


def _inferred(values: Sequence[Any], place: str, name: str) -> Any:
    import pyarrow as pa

    try:
        found = pa.array(values)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError) as error:
        raise RequestError(
            f"the values of {name!r} have no common type: {str(error).splitlines()[0]}",
            where=place,
            hint=f"declare one, such as schema={{{name!r}: 'string'}}",
        ) from None
    if pa.types.is_timestamp(found.type):
        return pa.array([_aware(value) for value in values], pa.timestamp("us", tz="UTC"))
    return found


def _typed(values: Sequence[Any], kind: Any, place: str, name: str) -> Any:
    import pyarrow as pa

    result = []
    for at, value in enumerate(values):
        try:
            result.append(pa.scalar(_conformed(value, kind), kind))
        except (pa.ArrowException, ZiplineError, ValueError, TypeError, OverflowError, InvalidOperation):
            raise RequestError(f"{value!r} is no {kind}", where=f"{place}, [{at}], {name!r}") from None
    return pa.array([each.as_py() for each in result], kind) if result else pa.array([], kind)


def _conformed(value: Any, kind: Any) -> Any:
    """Return a value in a form that Arrow takes for a type: texts as times, dates and decimals."""
    import pyarrow.types as at

    if value is None:
        return None
    if at.is_timestamp(kind):
        moment = _aware(value)
        return moment if kind.tz else moment.replace(tzinfo=None)
    if at.is_date(kind) and isinstance(value, str):
        return date.fromisoformat(value)
    if at.is_decimal(kind):
        return Decimal(value if not isinstance(value, float) else repr(value))
    if at.is_boolean(kind) and not isinstance(value, bool):
        raise ValueError(value)
    return value


def _moments(values: Sequence[Any], time: Timestamp, place: str) -> Any:
    """Return a time column: integers where the source declares a unit, local readings where it declares a zone."""
    import pyarrow as pa

    def read(at: int, value: Any) -> Any:
        if value is None or (time.unit and isinstance(value, int)):
            return value
        try:
            micros = to_micros(value)
        except RequestError as error:
            raise error.at(f"{place}, [{at}], {time.column!r}") from None
        return micros * _PER_SECOND[time.unit] // 1_000_000 if time.unit else from_micros(micros)

    found = [read(at, value) for at, value in enumerate(values)]
    if time.unit:
        return pa.array(found, pa.int64())
    if time.zone:
        return pa.array([each and each.replace(tzinfo=None) for each in found], pa.timestamp("us"))
    return pa.array(found, pa.timestamp("us", tz="UTC"))


def _aware(value: Any) -> datetime:
    if isinstance(value, datetime) and value.tzinfo is None:
        return value.replace(tzinfo=UTC)
    return from_micros(to_micros(value)) if not isinstance(value, datetime) else value.astimezone(UTC)
