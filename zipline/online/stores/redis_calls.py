"""The calls as commands of Redis, and its replies as answers; no I/O, so that threads and asyncio share it."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple, TypeAlias

from zipline.online import calls
from zipline.online.calls import Appended, Applied, Call, Fetched, Gone, Listed, Meta, Sets, Shard
from zipline.online.stores import redis_scripts as scripts
from zipline.online.stores.meaning import LARGEST, check_appending, check_log, too_large
from zipline.online.stores.redis_names import Names, ShardNames, beginning
from zipline.online.stores.redis_scripts import Script

_SCANNED: Final = 1000
_SCANS_AT_ONCE: Final = 100


Word: TypeAlias = bytes | str | int
Words: TypeAlias = tuple[Word, ...]


class Command(NamedTuple):
    """A command of Redis.

    Attributes:
        key: says which server of a cluster it goes to.
        words: as they are sent; of a script, what follows its name.
        script: which it runs.
        writes: whether it may change something.
    """

    key: bytes
    words: Words
    script: Script | None = None
    writes: bool = False


Talk: TypeAlias = Generator[Sequence[Command], Sequence[Any], Any]
"""A call's talk with the servers: commands that may all be sent at once, their replies, and in the end the answer."""


class Talks:
    """Makes the talk of each call.

    Args:
        names: of the keys.
        by_slot: whether commands may only name keys of one slot, as in a cluster.
    """

    def __init__(self, names: Names, *, by_slot: bool) -> None:
        self._names = names
        self._by_slot = by_slot
        self._dropped_to: dict[Shard, int] = {}
        self._talks: Mapping[type, Callable[[Any], Talk]] = {
            calls.ReadMeta: self._read_meta,
            calls.CreateShard: self._create_shard,
            calls.Append: self._append,
            calls.AppendFacts: self._append,
            calls.Compact: self._compact,
            calls.SetReady: self._set_ready,
            calls.ListEntities: self._list_entities,
            calls.DropShard: self._drop_shard,
            calls.IndexAdd: self._index_add,
            calls.IndexCommit: self._index_commit,
            calls.Read: self._read,
            calls.ReadAll: self._read_all,
            calls.GetEntry: self._get_entry,
            calls.PutEntry: self._put_entry,
            calls.ListEntries: self._list_entries,
        }

    def talk(self, call: Call) -> Talk:
        """Return the talk of a call."""
        return self._talks[type(call)](call)

    # --- writing

    def _read_meta(self, call: calls.ReadMeta) -> Talk:
        key = self._names.shard(call.shard).meta
        (reply,) = yield (Command(key, ("HGETALL", key)),)
        return _meta(reply)

    def _create_shard(self, call: calls.CreateShard) -> Talk:
        names = self._names.shard(call.shard)
        cut: Word = "" if call.cut is None else call.cut
        (reply,) = yield (_script(scripts.CREATE, (names.meta, names.marker), (cut, call.floor)),)
        return _meta(reply)

    def _append(self, call: calls.Append | calls.AppendFacts) -> Talk:
        check_appending(call)
        (reply,) = yield (_append_command(self._names.shard(call.shard), call),)
        if reply is None:
            return Gone()
        first, stored, *sizes = reply
        if first == -1:
            raise too_large(call.shard, call.deltas[stored - 1][0])
        return Appended(first == 1, int(stored), tuple(sizes))

    def _compact(self, call: calls.Compact) -> Talk:
        names = self._names.shard(call.shard)
        segments = [names.segment(call.entity, name) for name, _ in call.segments]
        dropped = [
            names.segment(call.entity, name) for name in set(call.dropped) - {s[0] for s in call.segments}
        ]
        floor: Word = "" if call.floor is None else call.floor
        (reply,) = yield (
            _script(
                scripts.COMPACT,
                (names.meta, names.marker, names.document(call.entity), *segments, *dropped),
                (
                    call.length,
                    call.digest.hex(),
                    call.head,
                    floor,
                    len(segments),
                    *(v for _, v in call.segments),
                ),
            ),
        )
        return reply == 1

    def _set_ready(self, call: calls.SetReady) -> Talk:
        names = self._names.shard(call.shard)
        arguments: list[Word] = []
        for log, chunk in call.bulk:
            arguments += [f"b:{log}", chunk]
        (reply,) = yield (_script(scripts.READY, (names.meta, names.marker), arguments),)
        return reply == 1

    def _list_entities(self, call: calls.ListEntities) -> Talk:
        names = self._names.shard(call.shard)
        kind = names.sets if call.ids else names.documents
        words = ("SCAN", call.cursor, "MATCH", beginning(kind), "COUNT", max(call.count, _SCANNED))
        ((cursor, keys),) = yield (Command(names.meta, words),)
        return Listed(tuple([key[len(kind) :] for key in keys]), int(cursor))

    def _drop_shard(self, call: calls.DropShard) -> Talk:
        """Delete facts and marker first, then what a scan finds: nothing is written to the shard in between.

        Where the scan is, is kept in memory: another process that goes on with the work begins anew.
        """
        names = self._names.shard(call.shard)
        yield (Command(names.meta, ("DEL", names.meta, names.marker), writes=True),)
        cursor = self._dropped_to.pop(call.shard, 0)
        for _ in range(_SCANS_AT_ONCE):
            words = ("SCAN", cursor, "MATCH", beginning(names.tag), "COUNT", _SCANNED)
            ((next_cursor, keys),) = yield (Command(names.meta, words),)
            if keys:
                yield (Command(names.meta, ("UNLINK", *keys), writes=True),)
            cursor = int(next_cursor)
            if cursor == 0:
                return True
        self._dropped_to[call.shard] = cursor
        return False

    # --- the id index

    def _index_add(self, call: calls.IndexAdd) -> Talk:
        check_log(call.log)
        names = self._names.shard(call.shard)
        added: dict[bytes, dict[bytes, None]] = {}
        for each, version in call.versions:
            added.setdefault(each, {})[version] = None
        new: list[Word] = []
        for versions in added.values():
            new += [len(versions), *versions]
        keys = (names.meta, *map(names.index_set, added))
        (reply,) = yield (_script(scripts.INDEX_ADD, keys, (f"i:{call.log}", call.start, *new)),)
        if reply is None:
            return Gone()
        if reply[0] == 0:
            return Appended(False, int(reply[1]))
        return Sets(dict(zip(added, map(tuple, reply[1:]), strict=True)))

    def _index_commit(self, call: calls.IndexCommit) -> Talk:
        check_log(call.log)
        names = self._names.shard(call.shard)
        both = (*call.sets, *call.dropped)
        keys = (names.meta, *(names.index_set(each) for each, _ in both))
        asked: Words = (
            f"i:{call.log}",
            call.least,
            call.stop,
            len(call.sets),
            *(digest.hex() for _, digest in both),
        )
        (reply,) = yield (_script(scripts.INDEX_COMMIT, keys, asked),)
        if reply is None:
            return Gone()
        if reply[0] == 2:
            return Sets({call.sets[at - 1][0]: tuple(members) for at, members in reply[1:]})
        return Appended(reply[0] == 1, int(reply[1]))

    # --- reading

    def _read(self, call: calls.Read) -> Talk:
        (fetched,) = yield from self._read_all(calls.ReadAll((call,)))
        return fetched

    def _read_all(self, call: calls.ReadAll) -> Talk:
        """Fetch every key once, however often it is asked for: one MGET, or one for each slot of a cluster."""
        if not call.reads:
            return ()
        slots: dict[bytes, list[bytes]] = {}
        wanted = []
        for read in call.reads:
            names = self._names.shard(read.shard)
            keys = [names.marker, *map(names.documents.__add__, read.entities)]
            keys += [names.segment(*each) for each in read.segments]
            wanted.append(keys)
            slots.setdefault(names.tag if self._by_slot else b"", []).extend(keys)
        distinct = [dict.fromkeys(keys) for keys in slots.values()]
        replies = yield [Command(next(iter(keys)), ("MGET", *keys)) for keys in distinct]
        found: dict[bytes, bytes | None] = {}
        for keys_of_slot, values in zip(distinct, replies, strict=True):
            found.update(zip(keys_of_slot, values, strict=True))
        fetched = []
        for read, keys in zip(call.reads, wanted, strict=True):
            marker, *values = map(found.__getitem__, keys)
            count = len(read.entities)
            fetched.append(Fetched(marker, tuple(values[:count]), tuple(values[count:])))
        return tuple(fetched)

    # --- the catalog

    def _get_entry(self, call: calls.GetEntry) -> Talk:
        key = self._names.catalog
        (reply,) = yield (Command(key, ("HGET", key, call.name)),)
        return reply

    def _put_entry(self, call: calls.PutEntry) -> Talk:
        expected = (0, b"") if call.expected is None else (1, call.expected)
        words = (call.name, *expected, call.value)
        (reply,) = yield (_script(scripts.PUT_ENTRY, (self._names.catalog,), words),)
        return reply == 1

    def _list_entries(self, call: calls.ListEntries) -> Talk:
        key = self._names.catalog
        (reply,) = yield (Command(key, ("HKEYS", key)),)
        return tuple(sorted(name for each in reply if (name := each.decode()).startswith(call.prefix)))


def _script(script: Script, keys: Sequence[bytes], arguments: Iterable[Word]) -> Command:
    return Command(keys[0], (len(keys), *keys, *arguments), script, writes=True)


def _append_command(names: ShardNames, call: calls.Append | calls.AppendFacts) -> Command:
    keys = [names.documents + entity for entity, _ in call.deltas]
    values = [delta for _, delta in call.deltas]
    strict, field, asked = "0", f"l:{call.log}", 0
    if isinstance(call, calls.AppendFacts):
        asked = call.least
    else:
        strict, asked = "1", call.start
        if call.bulk:
            field = f"b:{call.log}"
        keys += [names.segment(entity, name) for entity, name, _ in call.segments]
        values += [value for *_, value in call.segments]
    given: Words = (field, strict, asked, call.stop, call.watermark, len(call.deltas), LARGEST, *values)
    return _script(scripts.APPEND, (names.meta, names.marker, *keys), given)


def _meta(flat: Sequence[bytes]) -> Meta | None:
    """Return a shard's facts from fields and values in turn."""
    if not flat:
        return None
    facts: dict[str, str] = {}
    parts: dict[str, dict[str, str]] = {"l": {}, "b": {}, "i": {}}
    for field, value in zip(flat[::2], flat[1::2], strict=True):
        kind, colon, log = field.decode().partition(":")
        (parts[kind] if colon else facts)[log or kind] = value.decode()
    return Meta(
        ready=facts["ready"] == "1",
        cut=int(facts["cut"]) if facts["cut"] else None,
        floor=int(facts["floor"]),
        logs={log: Applied(*map(int, text.split(","))) for log, text in parts["l"].items()},
        bulk={log: int(text) for log, text in parts["b"].items()},
        index={log: int(text) for log, text in parts["i"].items()},
    )
