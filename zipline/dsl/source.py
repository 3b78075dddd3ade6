"""EventSource: a table or a stream read as events, with what is known about time, identity and corrections."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Literal

from zipline.display import Displayed, called
from zipline.dsl.definition import Definition, as_pairs, as_tuple, check_name
from zipline.dsl.snapshot import Snapshot
from zipline.dsl.streams.stream import Stream
from zipline.dsl.table import NoTable, Table
from zipline.dsl.timestamp import Timestamp, as_timestamp
from zipline.errors import DefinitionError
from zipline.time import parse_duration
from zipline.types import parse_type


class EventSource(Displayed, Definition):
    """Events: the rows of a table, or of a stream, or of both, each at one moment of event time.

    Args:
        name: how the source is called.
        table: where the rows lie. A source without one cannot be trained on; it has a stream and a schema.
        stream: where the same rows come from as they happen, for features that are read online: `zl.Kafka(...)` or
            `zl.Push()`. Its columns are the table's. Where neither a column nor a delay says when a row became known,
            its arrival does, in the stream and in what is trained on the stream's log.
        event_time: when an event happened. A `Snapshot` says this itself, and all that follows up to `corrections`.
        knowledge_time: when the system could first have known the row (arrival, landing or write time).
        delay: declares the knowledge time as the event time plus this duration, where no column holds it.
        id: the columns that identify an event. Later rows with the same id correct it.
        deleted: a boolean column; a row where it is true withdraws the event.
        sequence: orders rows of one id and one knowledge time, such as a log position.
        corrections: how long after a version a correction may still come; a later one is a new event. Needed of a
            source with an id that is read online.
        moves: whether a later version of an id may be of another entity. `False` is a promise that it never is, which
            makes a stream cheaper to apply. Offline, where all versions are looked at together, it changes nothing; yet
            it is part of a version's identity, as the online state of one version is kept in one way only, and a
            promise that is not kept would change what is read there.
        select: columns to add or replace, as expressions over the table's own columns.
        where: keeps the rows for which it is true, judged on the version that wins.
        schema: column -> type, such as `{"amount": "double", "tags": "string[]"}`. The text of CSV and JSON files is
            read as these types; a column of another table has its type, or one that is held by it without loss. Where
            there is no table these are the stream's columns, all of them.
        on_error: what happens to rows that cannot be read: a malformed line, a value not of its declared type, a text
            that is no time. They are an `error`, or `skip` leaves them out and `left_out()` counts them.

    A row whose event time, key, id or declared knowledge time is null belongs to nobody: it is left out and counted.
    """

    name: str
    table: Table
    stream: Stream | None = None
    event_time: Timestamp
    knowledge_time: Timestamp | None = None
    delay_us: int = 0
    id: tuple[str, ...] = ()
    deleted: str | None = None
    sequence: str | None = None
    corrections_us: int | None = None
    stays: bool = False
    select: tuple[tuple[str, str], ...] = ()
    where: str | None = None
    declared: tuple[tuple[str, str], ...] = ()
    on_error: Literal["error", "skip"] = "error"
    description: str = ""
    owner: str = ""
    tags: tuple[tuple[str, str], ...] = ()

    def __init__(
        self,
        name: str,
        *,
        table: Table | None = None,
        stream: Stream | None = None,
        event_time: str | Timestamp | None = None,
        knowledge_time: str | Timestamp | None = None,
        delay: str | timedelta | None = None,
        id: str | Sequence[str] | None = None,
        deleted: str | None = None,
        sequence: str | None = None,
        corrections: str | timedelta | None = None,
        moves: bool = True,
        select: Mapping[str, str] | None = None,
        where: str | None = None,
        schema: Mapping[str, str] | None = None,
        on_error: Literal["error", "skip"] = "error",
        description: str = "",
        owner: str = "",
        tags: Mapping[str, str] | None = None,
    ) -> None:
        table = _rows(table, stream, schema, f"source {name!r}")
        identity: tuple[str, ...] = ()
        if isinstance(table, Snapshot):
            said = {
                "event_time": event_time, "knowledge_time": knowledge_time, "delay": delay, "id": id,
                "deleted": deleted, "sequence": sequence, "corrections": corrections,
            }  # fmt: skip
            _refuse(said, on_error, f"source {name!r}")
            event_time, identity = table.date, table.id
        elif event_time is None:
            raise DefinitionError(
                "has no event_time", where=f"source {name!r}",
                hint="name the column that says when an event happened: event_time='...'",
            )  # fmt: skip
        elif id is not None:
            identity = as_tuple(id, "an id")
        super().__init__(
            name=check_name(name, "a source"),
            table=table,
            stream=stream,
            event_time=as_timestamp(event_time),
            knowledge_time=as_timestamp(knowledge_time) if knowledge_time is not None else None,
            delay_us=_delay(table, delay),
            id=identity,
            deleted=deleted,
            sequence=sequence,
            corrections_us=parse_duration(corrections, what="corrections")
            if corrections is not None
            else None,
            stays=not moves,
            select=as_pairs(select, "select"),
            where=where,
            declared=as_pairs(schema, "schema"),
            on_error=on_error,
            description=description,
            owner=owner,
            tags=as_pairs(tags, "tags"),
        )
        self._check()

    def _check(self) -> None:
        from zipline.expressions import parse

        place = f"source {self.name!r}"
        if self.knowledge_time is not None and self.delay_us:
            raise DefinitionError(
                "has both knowledge_time and delay", where=place, hint="the column says more: drop delay"
            )
        versions = {
            "deleted": self.deleted, "sequence": self.sequence, "corrections": self.corrections_us,
            "moves=False": self.stays,
        }  # fmt: skip
        for option, said in versions.items():
            if said and not self.id:
                raise DefinitionError(
                    f"has {option} but no id", where=place,
                    hint="name the columns that identify an event: id='...'",
                )  # fmt: skip
        for column, kind in self.declared:
            try:
                parse_type(kind)
            except DefinitionError as error:
                raise error.at(f"{place}, schema, column {column!r}") from None
        for column, text in (*self.select, *([("where", self.where)] if self.where is not None else [])):
            try:
                parse(text)
            except DefinitionError as error:
                raise error.at(f"{place}, {column}") from None

    @property
    def members(self) -> tuple[EventSource, ...]:
        """The sources whose events these are: itself; a `Union` has several."""
        return (self,)

    @property
    def has_table(self) -> bool:
        """Whether its events lie in a table, so that there is a past to train on."""
        return not isinstance(self.table, NoTable)

    @property
    def moves(self) -> bool:
        """Whether a later version of an id may be of another entity."""
        return not self.stays

    @property
    def has_knowledge(self) -> bool:
        """Whether rows become known at some time of their own."""
        return self.knowledge_time is not None or self.delay_us > 0 or isinstance(self.table, Snapshot)


def _rows(table: Table | None, stream: Stream | None, schema: Mapping[str, str] | None, place: str) -> Table:
    """Return the table to read, after a look at whether there is one or a stream, and what is needed with each."""
    if table is not None and not isinstance(table, Table):
        raise DefinitionError(
            f"table={called(table)} is not a table",
            where=place,
            hint="write zl.Parquet(...) or zl.Frame(...)",
        )
    if stream is not None and not isinstance(stream, Stream):
        raise DefinitionError(
            f"stream={called(stream)} is not a stream", where=place, hint="write zl.Kafka(...) or zl.Push()"
        )
    if stream is not None and isinstance(table, Snapshot):
        raise DefinitionError(
            "has a stream, and its table is a Snapshot", where=place,
            hint="versions of a snapshot are what differs between copies, which a stream has none of: "
            "stream the changes themselves, with id= and deleted=",
        )  # fmt: skip
    if table is None and stream is None:
        raise DefinitionError(
            "has neither a table nor a stream",
            where=place,
            hint="say where its rows lie: table=zl.Parquet(...)",
        )
    if table is None and not schema:
        raise DefinitionError(
            "has a stream, and neither a table nor a schema", where=place,
            hint="name the columns and their types: schema={'carrier': 'string', 'delay': 'double'}",
        )  # fmt: skip
    return NoTable() if table is None else table


def _refuse(said: Mapping[str, object], on_error: str, place: str) -> None:
    """Refuse what a snapshot says itself: its versions are the changes between its copies."""
    if on_error == "skip":
        raise DefinitionError(
            "has on_error='skip', and its table is a Snapshot", where=place,
            hint="a row that is skipped would be missing from its copy, which says that it was deleted",
        )  # fmt: skip
    for option, value in said.items():
        if value is not None:
            raise DefinitionError(
                f"has {option}, and its table is a Snapshot", where=place,
                hint="drop it: a Snapshot's date, id and delay say when its rows changed and when that was known",
            )  # fmt: skip


def _delay(table: Table, delay: str | timedelta | None) -> int:
    if isinstance(table, Snapshot):
        return table.delay_us
    return parse_duration(delay, what="delay") if delay is not None else 0
