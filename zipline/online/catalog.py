"""The catalog: what is served, kept in the online store itself, so that a reader needs nothing beside it.

Entries: `view/NAME@N` and `service/NAME@N` are registered versions as the registry writes them, `service/NAME` says
which of a service's versions is read, `fills/NAME@N` which fills a view's version has. Each is written only over what
was read, so that two writers never lose what the other wrote.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from typing import Final, TypeVar

from zipline.errors import OnlineError, RegistryError, nearest
from zipline.online.calls import GetEntry, ListEntries, PutEntry
from zipline.online.fills import Fill
from zipline.online.steps import Steps
from zipline.registry.json import canonical_json
from zipline.registry.reading import RESTORE, read_json, understood
from zipline.registry.records import FORMAT as RECORDS
from zipline.registry.records import Record
from zipline.registry.stored import read_record, record_json
from zipline.time import from_micros

FORMAT: Final = 1
"""Of the entries that are not records."""

T = TypeVar("T")


def publish(records: Iterable[Record]) -> Steps[None]:
    """Write registered versions of views and services, so that readers find them; none is read differently yet.

    What was published before takes the facts of today: where its streams are, its freshness. A service of which
    nothing was published yet is read in the version given.

    Args:
        records: as `registry.served.served` gives them; a service's views are among them or were published before.

    Raises:
        OnlineError: another definition is published under that name and version, by another registry.
    """
    for record in records:
        yield from _publish(record)


def switch(service: str, version: int) -> Steps[int | None]:
    """Read a service in another version from now on; return the one that was read before, None if none was.

    Raises:
        OnlineError: that version was never published.
    """
    if (yield GetEntry(f"service/{service}@{version}")) is None:
        raise (yield from _missing("service", service, version))
    entry = f"service/{service}"
    return (yield from _change(entry, lambda content: (_pointer(version), _pointed(entry, content))))


def services() -> Steps[Mapping[str, int]]:
    """Return the services that can be read, each with the version that is."""
    found: dict[str, int] = {}
    for entry in (yield ListEntries("service/")):
        if "@" not in entry:
            version = _pointed(entry, (yield GetEntry(entry)))
            found |= {entry.removeprefix("service/"): version} if version is not None else {}
    return found


def service_records(name: str, version: int | None = None) -> Steps[tuple[Record, Mapping[str, Record]]]:
    """Return the record of a service and those of the views that it pins, by name.

    Args:
        name: of the service.
        version: of it; the one that is read unless given.

    Raises:
        OnlineError: it was never published, or its entry is not what was.
    """
    if version is None:
        version = _pointed(f"service/{name}", (yield GetEntry(f"service/{name}")))
    entry = f"service/{name}@{version}"
    content = (yield GetEntry(entry)) if version is not None else None
    if version is None or content is None:
        raise (yield from _missing("service", name, version))
    with _understood(entry):
        pins: Mapping[str, int] = read_json(content, _place(entry), RECORDS)["views"]
        pinned = sorted(pins.items())
    views: dict[str, Record] = {}
    for view, number in pinned:
        views[view] = yield from view_record(view, number)
    with _understood(entry):
        record = read_record(
            content,
            _place(entry),
            kind="service",
            name=name,
            version=version,
            view=lambda view, _: views[view],
        )
    return record, views


def view_record(name: str, version: int) -> Steps[Record]:
    """Return the record of a view's version.

    Raises:
        OnlineError: it was never published, or its entry is not what was.
    """
    entry = f"view/{name}@{version}"
    content = yield GetEntry(entry)
    if content is None:
        raise (yield from _missing("view", name, version))
    with _understood(entry):
        return read_record(content, _place(entry), kind="view", name=name, version=version, view=_no_view)


def fills(view: str, version: int) -> Steps[tuple[Fill, ...]]:
    """Return the fills of a view's version, oldest first."""
    entry = f"fills/{view}@{version}"
    return _read_fills(entry, (yield GetEntry(entry)), view, version)[0]


def add_fill(view: str, version: int, *, shards: int, cut: int | None, history: int, now: int) -> Steps[Fill]:
    """Return a new fill of a view's version, with the next number; its shards are still to be made.

    A number is never given twice, also not that of a fill that was dropped.

    Args:
        view, version: whose it is.
        shards, cut, history: as in `Fill`.
        now: microseconds since the epoch.
    """
    entry, created_at = f"fills/{view}@{version}", f"{from_micros(now):%Y-%m-%dT%H:%M:%S.%fZ}"

    def added(content: bytes | None) -> tuple[bytes, Fill]:
        known, number = _read_fills(entry, content, view, version)
        fill = Fill(view, version, number, shards, cut, history, created_at)
        return _fills_bytes((*known, fill), number + 1), fill

    return (yield from _change(entry, added))


def drop_fill(fill: Fill) -> Steps[bool]:
    """Take a fill from the catalog; return whether it was there. Its shards are still to be dropped."""
    entry = f"fills/{fill.view}@{fill.version}"

    def dropped(content: bytes | None) -> tuple[bytes | None, bool]:
        known, number = _read_fills(entry, content, fill.view, fill.version)
        if fill not in known:
            return content, False
        return _fills_bytes(tuple(each for each in known if each != fill), number), True

    return (yield from _change(entry, dropped))


def _publish(record: Record) -> Steps[None]:
    yield from _change(f"{record.kind}/{record.title}", lambda before: (_published(record, before), None))
    if record.kind == "service":
        yield from _change(
            f"service/{record.name}", lambda before: (before or _pointer(record.version), None)
        )


def _change(entry: str, changed: Callable[[bytes | None], tuple[bytes | None, T]]) -> Steps[T]:
    """Change an entry by a pure function of what it holds, again whenever another writer was quicker."""
    while True:
        before = yield GetEntry(entry)
        after, answer = changed(before)
        if after is None or after == before or (yield PutEntry(entry, before, after)):
            return answer


def _published(record: Record, before: bytes | None) -> bytes:
    """Return a record's entry; refuse to write it over another definition's."""
    if before is not None and _identity(before) not in (record.identity, None):
        raise OnlineError(
            f"another definition is published as {record.title}, of another registry",
            where=_place(f"{record.kind}/{record.title}"),
            hint="give each registry an online store of its own, or a prefix: [online] in zipline.toml",
        )
    return canonical_json(record_json(record))


def _identity(content: bytes) -> str | None:
    """Return the identity that an entry claims; None where it is torn, and may be written again."""
    try:
        data = json.loads(content)
    except ValueError:
        return None
    return data.get("identity") if isinstance(data, dict) else None


def _pointer(version: int) -> bytes:
    return canonical_json({"format": FORMAT, "version": version})


def _pointed(entry: str, content: bytes | None) -> int | None:
    if content is None:
        return None
    with _understood(entry):
        return int(read_json(content, _place(entry), FORMAT)["version"])


def _fills_bytes(known: tuple[Fill, ...], following: int) -> bytes:
    return canonical_json({"format": FORMAT, "fills": [asdict(fill) for fill in known], "next": following})


def _read_fills(entry: str, content: bytes | None, view: str, version: int) -> tuple[tuple[Fill, ...], int]:
    """Return the fills of an entry, and the number that the next one gets."""
    if content is None:
        return (), 1
    with _understood(entry):
        data = read_json(content, _place(entry), FORMAT)
        known = tuple(Fill(**each) for each in data["fills"])
        if any((fill.view, fill.version) != (view, version) for fill in known):
            raise ValueError("it has fills of another version")
        return known, int(data["next"])


def _missing(kind: str, name: str, version: int | None) -> Steps[OnlineError]:
    """Return the refusal of a version that is not published, with those that are."""
    entries: list[str] = yield ListEntries(f"{kind}/")
    published = [each.removeprefix(f"{kind}/") for each in entries]
    title = name if version is None else f"{name}@{version}"
    others = [each for each in published if "@" in each] if version is not None else published
    return OnlineError(
        f"{kind} {title!r} is not in the online store",
        hint=(f"{nearest(title, others)}; " if others else "")
        + "put it there: zipline apply, then zipline materialize",
    )


def _no_view(name: str, version: int) -> Record:
    raise ValueError(f"a view pins no {name}@{version}")


def _place(entry: str) -> str:
    return f"online store, {entry}"


@contextmanager
def _understood(entry: str) -> Iterator[None]:
    """Refuse an entry that zipline has not written so."""
    try:
        with understood(_place(entry)):
            yield
    except RegistryError as error:
        hint = "publish it again: zipline materialize" if error.hint == RESTORE else error.hint
        raise OnlineError(error.message, where=error.where, hint=hint) from error
