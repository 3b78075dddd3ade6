"""Where commands go, and again after a redirection; no I/O, so that threads and asyncio share it."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any, Final, NamedTuple, TypeAlias

from redis.crc import key_slot
from redis.exceptions import AskError, MovedError, NoScriptError

from zipline.errors import StoreUnavailable
from zipline.online.stores.redis_address import RedisAddress
from zipline.online.stores.redis_calls import Command, Words
from zipline.online.stores.redis_errors import unavailable

Host: TypeAlias = tuple[str, int]
_TURNS: Final = 8


class Parcel(NamedTuple):
    """Commands for one server, sent one after another without waiting; host None is the only server."""

    host: Host | None
    commands: Sequence[Words]
    writes: bool


Routed: TypeAlias = Generator[list[Parcel], list[list[Any]], list[Any]]
"""Yields parcels and is sent the replies to each, errors among them; returns the replies to all commands in order."""


class _Errand(NamedTuple):
    at: int
    host: Host | None
    whole: bool = False
    asking: bool = False


class OneServer:
    """A single server, or the one that Sentinels name."""

    def __init__(self, where: str) -> None:
        self._where = where

    def exchange(self, commands: Sequence[Command]) -> Routed:
        """Send all to it; a script that it does not know goes there again in full."""
        return _exchange(commands, [_Errand(at, None) for at in range(len(commands))], None, self._where)


class Slots:
    """A cluster: which server has which slot, asked from any of its servers and learnt from its redirections."""

    def __init__(self, seeds: Sequence[Host], where: str) -> None:
        self._seeds = list(seeds)
        self._where = where
        self._hosts: dict[int, Host] = {}

    def exchange(self, commands: Sequence[Command]) -> Routed:
        """Send each to the server of its slot; a lost server makes us ask again for the slots, next time."""
        if not self._hosts:
            yield from self._ask()
        try:
            errands = [_Errand(at, self._host(command.key)) for at, command in enumerate(commands)]
            return (yield from _exchange(commands, errands, self, self._where))
        except StoreUnavailable:
            self._hosts = {}
            raise

    def moved(self, error: MovedError, sender: Host) -> Host:
        """Note and return where a slot is now."""
        self._hosts[error.slot_id] = host = _told(error, sender)
        return host

    def _host(self, key: bytes) -> Host:
        host = self._hosts.get(key_slot(key))
        if host is None:
            raise StoreUnavailable(
                f"slot {key_slot(key)} of the cluster has no server", where=self._where,
                hint="see `redis-cli cluster info`; call again when it is served",
            )  # fmt: skip
        return host

    def _ask(self) -> Generator[list[Parcel], list[list[Any]], None]:
        last: Exception | None = None
        for seed in tuple(self._seeds):
            try:
                ((reply,),) = yield [Parcel(seed, [("CLUSTER", "SLOTS")], False)]
            except StoreUnavailable as error:
                last = error
                continue
            if isinstance(reply, Exception):
                last = unavailable(reply, f"Redis at {seed[0]}:{seed[1]}")
                continue
            self._hosts = _served(reply, seed)
            self._seeds = list(dict.fromkeys([*self._hosts.values(), *self._seeds]))
            return
        assert last is not None  # there is a seed at least
        raise last


def routes_of(address: RedisAddress) -> OneServer | Slots:
    """Return how commands find their server."""
    return Slots(address.hosts, str(address)) if address.kind == "cluster" else OneServer(str(address))


def _served(reply: Sequence[Any], asked: Host) -> dict[int, Host]:
    """Return slot -> server from a reply to CLUSTER SLOTS."""
    hosts: dict[int, Host] = {}
    for first, last, primary, *_ in reply:
        host = (primary[0].decode() if primary[0] else asked[0], int(primary[1]))
        hosts.update(dict.fromkeys(range(first, last + 1), host))
    return hosts


def _told(error: AskError, sender: Host) -> Host:
    return (error.host or sender[0], int(error.port))


def _exchange(commands: Sequence[Command], errands: list[_Errand], slots: Slots | None, where: str) -> Routed:
    replies: list[Any] = [None] * len(commands)
    for _ in range(_TURNS):
        parcels, order = _parcels(commands, errands)
        answers = yield parcels
        errands = []
        for parcel, sent, answered in zip(parcels, order, answers, strict=True):
            for errand, reply in zip(sent, answered, strict=True):
                if errand is None:  # the reply to ASKING
                    continue
                if isinstance(reply, Exception):
                    errands.append(_again(errand, reply, slots, parcel.host, where))
                else:
                    replies[errand.at] = reply
        if not errands:
            return replies
    raise StoreUnavailable(
        f"a command was sent on {_TURNS} times", where=where, hint="the cluster is being changed: call again"
    )


def _parcels(
    commands: Sequence[Command], errands: Sequence[_Errand]
) -> tuple[list[Parcel], list[list[_Errand | None]]]:
    """Return what goes to each server, and for which errand each of its commands is."""
    by_host: dict[Host | None, tuple[list[Words], list[_Errand | None]]] = {}
    for errand in errands:
        words, sent = by_host.setdefault(errand.host, ([], []))
        if errand.asking:
            words.append(("ASKING",))
            sent.append(None)
        words.append(words_of(commands[errand.at], whole=errand.whole))
        sent.append(errand)
    writes = any(commands[errand.at].writes for errand in errands)
    parcels = [Parcel(host, words, writes) for host, (words, _) in by_host.items()]
    return parcels, [sent for _, sent in by_host.values()]


def words_of(command: Command, *, whole: bool = False) -> Words:
    """Return a command as it is sent: a script by its name, or whole."""
    if command.script is None:
        return command.words
    if whole:
        return ("EVAL", command.script.text, *command.words)
    return ("EVALSHA", command.script.sha, *command.words)


def _again(
    errand: _Errand, error: Exception, slots: Slots | None, sender: Host | None, where: str
) -> _Errand:
    """Return where a refused command goes now: none of these errors has applied it.

    Raises:
        StoreUnavailable, OnlineError: it was refused for good.
    """
    if isinstance(error, NoScriptError) and not errand.whole:
        return errand._replace(whole=True)
    if slots is not None and sender is not None:
        if isinstance(error, MovedError):  # an AskError too, so it comes first
            return errand._replace(host=slots.moved(error, sender), asking=False)
        if isinstance(error, AskError):
            return errand._replace(host=_told(error, sender), asking=True)
        where = f"Redis at {sender[0]}:{sender[1]}"
    raise unavailable(error, where) from error
