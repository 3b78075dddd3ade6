"""Whether a Redis may be written to: it keeps what it is told, and no transaction in its file is without an end."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Final

from redis.exceptions import ResponseError

from zipline.errors import StoreUnavailable

_SECTIONS: Final = ("memory", "persistence", "replication")
_PAUSE: Final = 0.005


def check_server(connection: Any, *, where: str, durable: bool, timeout: float) -> None:
    """Refuse a server that evicts keys, keeps no append-only file or is a replica; mend the file after a restart.

    An append-only file that was cut within a script's MULTI loads without a complaint, and what is written behind the
    cut is applied once more at the next start. So a server that has not rewritten its file since it started does that
    before we write. Nothing says whether it ended cleanly; and a rewrite for nothing costs one fork.

    Args:
        connection: of redis-py, which has just been made.
        where: the server, for messages.
        durable: whether there must be an append-only file.
        timeout: seconds to wait until it is rewritten.

    Raises:
        StoreUnavailable: it must not be written to, or not yet.
    """
    facts = _facts(connection)
    if facts.get("role") == "slave":
        raise StoreUnavailable(
            "it is a replica, which cannot be written to", where=where,
            hint="name the primary, or use redis+sentinel:// which finds it",
        )  # fmt: skip
    policy = facts.get("maxmemory_policy", "noeviction")
    if policy != "noeviction":
        raise StoreUnavailable(
            f"its maxmemory-policy is {policy}, which would delete state and keep the offsets", where=where,
            hint="CONFIG SET maxmemory-policy noeviction, and write it into redis.conf",
        )  # fmt: skip
    if not durable:
        return
    if facts.get("aof_enabled") != "1":
        raise StoreUnavailable(
            "it keeps no append-only file: a restart would lose more than its last second", where=where,
            hint="CONFIG SET appendonly yes, and write it into redis.conf; for tests add ?durable=no to the URL",
        )  # fmt: skip
    _mend(connection, facts, where, timeout)


def _mend(connection: Any, facts: Mapping[str, str], where: str, timeout: float) -> None:
    """Rewrite the append-only file unless that has been done since the server started."""
    deadline = time.monotonic() + timeout
    if not _rewritten(facts) and not _rewriting(facts):
        try:
            _ask(connection, "BGREWRITEAOF")
        except ResponseError as error:
            if "in progress" not in str(error):  # somebody else's is as good
                raise
    while not _rewritten(facts):
        if time.monotonic() > deadline:
            raise StoreUnavailable(
                "it has started anew and is rewriting its append-only file", where=where,
                hint="call again when it has: `redis-cli info persistence` shows aof_rewrite_in_progress:0",
            )  # fmt: skip
        time.sleep(_PAUSE)
        facts = _facts(connection)
        if facts.get("aof_last_bgrewrite_status") != "ok":
            raise StoreUnavailable(
                "it cannot rewrite its append-only file", where=where, hint="see its log: is the disk full?"
            )  # fmt: skip


def _rewritten(facts: Mapping[str, str]) -> bool:
    """Return whether the file has been rewritten since the server started."""
    return facts.get("aof_last_rewrite_time_sec") != "-1" and facts.get("aof_last_bgrewrite_status") == "ok"


def _rewriting(facts: Mapping[str, str]) -> bool:
    return facts.get("aof_rewrite_in_progress") == "1" or facts.get("aof_rewrite_scheduled") == "1"


def _facts(connection: Any) -> dict[str, str]:
    """Return what INFO says."""
    lines = [
        line for section in _SECTIONS for line in _ask(connection, "INFO", section).decode().splitlines()
    ]
    return dict(line.split(":", 1) for line in lines if ":" in line)


def _ask(connection: Any, *words: str) -> Any:
    connection.send_command(*words)
    return connection.read_response()
