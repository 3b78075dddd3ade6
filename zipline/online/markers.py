"""A shard's marker as it is stored: text that a script of Redis can write and a reader takes apart quickly."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from zipline.errors import OnlineError
from zipline.online.calls import Applied, Marker


def marker_bytes(*, ready: bool, cut: int | None, floor: int, logs: Mapping[str, Applied]) -> bytes:
    """Return a marker as it is stored; logs are in the order of their names.

    >>> marker_bytes(ready=True, cut=None, floor=7, logs={"flights:flights:0": Applied(5, 9)})
    b'1||7|flights:flights:0=5,9'
    """
    parts = ["1" if ready else "0", "" if cut is None else str(cut), str(floor)]
    parts += [f"{log}={at.offset},{at.watermark}" for log, at in sorted(logs.items())]
    return "|".join(parts).encode()


@lru_cache(maxsize=4096)  # a marker stays as it is until its shard is written to
def parse_marker(stored: bytes) -> Marker:
    """Return what a stored marker says; others get the same object, so leave it as it is.

    Raises:
        OnlineError: it is no marker.
    """
    try:
        ready, cut, floor, *logs = stored.decode().split("|")
        return Marker(ready == "1", int(cut) if cut else None, int(floor), dict(map(_log, logs)))
    except ValueError:
        raise OnlineError(
            f"the online store holds {stored[:80]!r} where a shard's marker should be",
            hint="another program writes keys that begin with zipline's prefix: give zipline a database of its own",
        ) from None


def _log(text: str) -> tuple[str, Applied]:
    log, _, applied = text.rpartition("=")
    offset, _, watermark = applied.partition(",")
    return log, Applied(int(offset), int(watermark))
