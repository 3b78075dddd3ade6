"""What goes wrong with a Redis, in words: where, what, and the way out; never a password."""

from __future__ import annotations

import builtins
from typing import Final

from redis.exceptions import (
    AuthenticationError,
    AuthorizationError,
    BusyLoadingError,
    ConnectionError,  # noqa: A004  redis-py's own, no OSError
    ResponseError,
    TimeoutError,  # noqa: A004  redis-py's own, no OSError
)

from zipline.errors import OnlineError, StoreUnavailable

_AGAIN: Final = "what was called may or may not have been applied; call again when it answers"
_HINTS: Final = {
    "LOADING": "it has just started and reads its file: call again in a moment",
    "OOM": "its memory is full: give it more `maxmemory`, or drop fills that nothing reads",
    "READONLY": "it is a replica: name the primary, or use redis+sentinel:// which finds it",
    "MASTERDOWN": "a replica has lost its primary: call again when one is elected",
    "CLUSTERDOWN": "some of the cluster's slots have no server: see `redis-cli cluster info`",
    "TRYAGAIN": "a slot is on its way to another server: call again in a moment",
    "MISCONF": "it cannot write to its disk: see its log",
    "NOREPLICAS": "it has fewer replicas than `min-replicas-to-write`",
    "BUSY": "a script of somebody else holds it up",
    "NOPERM": "let the user do: ACL SETUSER ... ~zl:* +@read +@write +@scripting +@connection +info +bgrewriteaof"
    " (in a cluster +cluster|slots)",
    "NOAUTH": "name user and password in the URL: redis://user:password@host",
    "WRONGPASS": "user or password are not those of the server",
    "NOSCRIPT": "it forgot a script as soon as it had it: is it behind a proxy?",
}


def unavailable(error: Exception, where: str) -> OnlineError:
    """Return what to raise in place of an error of redis-py or of a socket.

    Args:
        where: the server.
    """
    if isinstance(error, OnlineError):
        return error
    if isinstance(error, ResponseError | AuthenticationError | AuthorizationError | BusyLoadingError):
        return _refused(error, where)
    if isinstance(error, TimeoutError | builtins.TimeoutError):
        what = "it did not answer in time"
    elif isinstance(error, ConnectionError | OSError):
        what = f"it cannot be reached: {error}"
    else:
        what = f"{type(error).__name__}: {error}"
    return StoreUnavailable(what, where=where, hint=_AGAIN)


def _refused(error: Exception, where: str) -> OnlineError:
    """Return the error for a reply that is one; redis-py takes its first word away."""
    code = getattr(error, "status_code", None)
    text = f"{code} {error}" if code and code != "ERR" else str(error)
    if "WRONGTYPE" in text:
        return OnlineError(
            f"it holds something else under a name of ours: {text}", where=where,
            hint="another program writes keys that begin with zipline's prefix: give zipline a database of its own",
        )  # fmt: skip
    kind = next((kind for kind in _HINTS if kind in text), None)
    return StoreUnavailable(f"it refused: {text}", where=where, hint=_HINTS[kind] if kind else None)
