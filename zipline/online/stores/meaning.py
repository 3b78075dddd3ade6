"""What every call does, once, over a place that holds keys and values; a step is one atomic turn at the place.

`scripts/*.lua` say the same to Redis; the store suite holds both to it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from zipline.errors import OnlineError
from zipline.online import calls
from zipline.online.calls import NOWHERE, Appended, Applied, Call, Fetched, Gone, Listed, Meta, Sets, Shard
from zipline.online.stores.place import Place, document, index_set, segment

MOST_DELTAS: Final = 100
"""Documents that one step appends to, unless one offset brings more: a long script holds up everybody's reads."""
MOST_IN_STEP: Final = 20_000
"""Documents that one step may append to: about as many as a script does within the time that a read may take."""
LARGEST: Final = 512 * 1024 * 1024
"""Bytes of a value; Redis refuses longer ones."""
_DROPPED_AT_ONCE: Final = 1000


def step(place: Place, call: Call) -> Any:
    """Make a call at a place, and return its answer.

    Raises:
        OnlineError: what is asked for breaks a rule of the calls; nothing has been written.
    """
    return _STEPS[type(call)](place, call)


def check_log(log: str) -> None:
    """Refuse a log's name that would not be one part of a marker."""
    if "|" in log:
        raise OnlineError(f"{log!r} cannot be the name of a log", hint="a topic's name has no '|'")


def check_appending(call: calls.Append | calls.AppendFacts) -> None:
    """Refuse a step with more deltas than it may have, or of a log that cannot be."""
    check_log(call.log)
    if len(call.deltas) > MOST_IN_STEP:
        raise OnlineError(
            f"{len(call.deltas)} documents are appended to in one step; at most {MOST_IN_STEP} may be",
            where=f"shard {call.shard.number} of {call.shard.fill}",
        )


def too_large(shard: Shard, entity: bytes) -> OnlineError:
    """Return the error for a document that would become longer than a value may be."""
    return OnlineError(
        f"the document of {entity!r} would become longer than {LARGEST} bytes",
        where=f"shard {shard.number} of {shard.fill}",
        hint="an exact window keeps all its events: give it a hop, or `limit=`",
    )


def _read_meta(place: Place, call: calls.ReadMeta) -> Meta | None:
    return place.meta(call.shard)


def _create_shard(place: Place, call: calls.CreateShard) -> Meta:
    meta = place.meta(call.shard)
    if meta is None:
        meta = Meta(ready=False, cut=call.cut, floor=call.floor)
        place.set_meta(call.shard, meta)
    return meta


def _append(place: Place, call: calls.Append) -> Appended | Gone:
    check_appending(call)
    meta = place.meta(call.shard)
    if meta is None:
        return Gone()
    stored = meta.bulk.get(call.log, NOWHERE) if call.bulk else _offset(meta, call.log)
    if stored != call.start:
        return Appended(False, stored)
    _check_sizes(place, call.shard, call.deltas)
    for entity, name, value in call.segments:
        place.set(call.shard, segment(entity, name), value)
    sizes = _append_all(place, call.shard, call.deltas)
    if call.bulk:
        meta = replace(meta, bulk={**meta.bulk, call.log: call.stop})
    else:
        meta = _moved(meta, call.log, call.stop, call.watermark)
    place.set_meta(call.shard, meta)
    return Appended(True, call.stop, sizes)


def _append_facts(place: Place, call: calls.AppendFacts) -> Appended | Gone:
    check_appending(call)
    meta = place.meta(call.shard)
    if meta is None:
        return Gone()
    stored = _offset(meta, call.log)
    if stored < call.least:
        return Appended(False, stored)
    _check_sizes(place, call.shard, call.deltas)
    sizes = _append_all(place, call.shard, call.deltas)
    stop = max(stored, call.stop)
    place.set_meta(call.shard, _moved(meta, call.log, stop, call.watermark))
    return Appended(True, stop, sizes)


def _offset(meta: Meta, log: str) -> int:
    applied = meta.logs.get(log)
    return NOWHERE if applied is None else applied.offset


def _moved(meta: Meta, log: str, stop: int, watermark: int) -> Meta:
    before = meta.logs.get(log)
    if before is not None:
        watermark = max(watermark, before.watermark)
    return replace(meta, logs={**meta.logs, log: Applied(stop, watermark)})


def _check_sizes(place: Place, shard: Shard, deltas: tuple[tuple[bytes, bytes], ...]) -> None:
    for entity, delta in deltas:
        if place.size(shard, document(entity)) + len(delta) > LARGEST:
            raise too_large(shard, entity)


def _append_all(place: Place, shard: Shard, deltas: tuple[tuple[bytes, bytes], ...]) -> tuple[int, ...]:
    return tuple([place.append(shard, document(entity), delta) for entity, delta in deltas])


def _compact(place: Place, call: calls.Compact) -> bool:
    meta = place.meta(call.shard)
    key = document(call.entity)
    stored = place.get(call.shard, key) or b""
    read = stored[: call.length]
    if meta is None or len(read) != call.length or hashlib.sha1(read).digest() != call.digest:
        return False
    whole = call.head + stored[call.length :]
    if whole:
        place.set(call.shard, key, whole)
    else:
        place.delete(call.shard, key)
    for name in call.dropped:
        place.delete(call.shard, segment(call.entity, name))
    for name, value in call.segments:
        place.set(call.shard, segment(call.entity, name), value)
    if call.floor is not None and call.floor > meta.floor:
        place.set_meta(call.shard, replace(meta, floor=call.floor))
    return True


def _set_ready(place: Place, call: calls.SetReady) -> bool:
    meta = place.meta(call.shard)
    if meta is None:
        return False
    if not meta.ready and all(meta.bulk.get(log, NOWHERE) == chunk for log, chunk in call.bulk):
        meta = replace(meta, ready=True)
        place.set_meta(call.shard, meta)
    return meta.ready


def _list_entities(place: Place, call: calls.ListEntities) -> Listed:
    keys, cursor = place.keys(call.shard, call.cursor, call.count)
    kind = b"x" if call.ids else b"d"
    return Listed(tuple([key[1:] for key in keys if key[:1] == kind]), cursor)


def _drop_shard(place: Place, call: calls.DropShard) -> bool:
    place.set_meta(call.shard, None)  # first: from here on nothing is written
    keys, cursor = place.keys(call.shard, 0, _DROPPED_AT_ONCE)
    for key in keys:
        place.delete(call.shard, key)
    return cursor == 0


def _index_add(place: Place, call: calls.IndexAdd) -> Sets | Appended | Gone:
    check_log(call.log)
    meta = place.meta(call.shard)
    if meta is None:
        return Gone()
    stored = meta.index.get(call.log, NOWHERE)
    if stored < call.start:
        return Appended(False, stored)
    added: dict[bytes, set[bytes]] = {}
    for each, version in call.versions:
        added.setdefault(each, set()).add(version)
    sets = {
        each: tuple(sorted({*_versions(place, call.shard, each), *versions}))
        for each, versions in added.items()
    }
    for each, versions in sets.items():
        place.set(call.shard, index_set(each), _packed(versions))
    return Sets(sets)


def _index_commit(place: Place, call: calls.IndexCommit) -> Sets | Appended | Gone:
    check_log(call.log)
    meta = place.meta(call.shard)
    if meta is None:
        return Gone()
    stored = meta.index.get(call.log, NOWHERE)
    if stored < call.least:
        return Appended(False, stored)
    now = {each: _versions(place, call.shard, each) for each, _ in call.sets}
    changed = {each: now[each] for each, digest in call.sets if set_digest(now[each]) != digest}
    if changed:
        return Sets(changed)
    for each, digest in call.dropped:
        if set_digest(_versions(place, call.shard, each)) == digest:
            place.delete(call.shard, index_set(each))
    stop = max(stored, call.stop)
    place.set_meta(call.shard, replace(meta, index={**meta.index, call.log: stop}))
    return Appended(True, stop)


def set_digest(versions: Iterable[bytes]) -> bytes:
    """Return the SHA-1 of an id's versions, one after another, as `IndexCommit` has it."""
    return hashlib.sha1(b"".join(versions)).digest()


def _versions(place: Place, shard: Shard, id: bytes) -> tuple[bytes, ...]:
    """Return the versions of an id: each stands behind its length, in four bytes."""
    packed, at, versions = place.get(shard, index_set(id)) or b"", 0, []
    while at < len(packed):
        start = at + 4
        at = start + int.from_bytes(packed[at:start], "big")
        versions.append(packed[start:at])
    return tuple(versions)


def _packed(versions: Iterable[bytes]) -> bytes:
    return b"".join([len(version).to_bytes(4, "big") + version for version in versions])


def _read(place: Place, call: calls.Read) -> Fetched:
    shard = call.shard
    return Fetched(
        place.marker(shard),
        tuple([place.get(shard, document(entity)) for entity in call.entities]),
        tuple([place.get(shard, segment(entity, name)) for entity, name in call.segments]),
    )


def _read_all(place: Place, call: calls.ReadAll) -> tuple[Fetched, ...]:
    return tuple([_read(place, each) for each in call.reads])


def _get_entry(place: Place, call: calls.GetEntry) -> bytes | None:
    return place.entry(call.name)


def _put_entry(place: Place, call: calls.PutEntry) -> bool:
    if place.entry(call.name) != call.expected:
        return False
    place.set_entry(call.name, call.value or None)
    return True


def _list_entries(place: Place, call: calls.ListEntries) -> tuple[str, ...]:
    return tuple(sorted(name for name in place.entries() if name.startswith(call.prefix)))


_STEPS: Final[Mapping[type, Callable[[Place, Any], Any]]] = {
    calls.ReadMeta: _read_meta,
    calls.CreateShard: _create_shard,
    calls.Append: _append,
    calls.AppendFacts: _append_facts,
    calls.Compact: _compact,
    calls.SetReady: _set_ready,
    calls.ListEntities: _list_entities,
    calls.DropShard: _drop_shard,
    calls.IndexAdd: _index_add,
    calls.IndexCommit: _index_commit,
    calls.Read: _read,
    calls.ReadAll: _read_all,
    calls.GetEntry: _get_entry,
    calls.PutEntry: _put_entry,
    calls.ListEntries: _list_entries,
}
