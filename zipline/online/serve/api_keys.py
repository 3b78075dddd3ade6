"""API keys: who may read which services and push to which sources; a file of hashes, never of keys.

A key is 256 random bits, so its SHA-256 is kept, not a slow hash: those protect what people think up and can be
guessed, and would cost every request milliseconds. A key begins with an id that is no secret, by which it is found;
then the hashes are compared in constant time.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import msgspec

from zipline.errors import ConfigError, nearest

FORMAT: Final = 1
EVERY: Final = "*"
"""As a scope: every service, or every source."""
_NOBODY: Final = hashlib.sha256(b"").hexdigest()


@dataclass(frozen=True)
class ApiKey:
    """A key as the file holds it.

    Attributes:
        name: who has it.
        id: the part of the key by which it is found.
        sha256: of the whole key, in hexadecimal.
        services: that may be read; `*` is every one.
        push: sources that rows may be pushed to; `*` is every one.
        metrics: whether `/metrics` may be read.
        created_at: UTC, ISO 8601.
    """

    name: str
    id: str
    sha256: str
    services: tuple[str, ...] = ()
    push: tuple[str, ...] = ()
    metrics: bool = False
    created_at: str = ""

    def reads(self, service: str) -> bool:
        """Return whether a service may be read, `name` or `name@version`."""
        return EVERY in self.services or service.partition("@")[0] in self.services

    def pushes(self, source: str) -> bool:
        """Return whether rows may be pushed to a source."""
        return EVERY in self.push or source in self.push


class KeyFile:
    """The keys in a file; one that changes is read again, and one that cannot be read opens nothing.

    Args:
        path: of the file; it need not exist yet.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._seen: tuple[int, int, int] | None = None
        self._keys: Mapping[str, ApiKey] = {}

    def exists(self) -> bool:
        """Return whether there is a file."""
        return self.path.exists()

    def find(self, key: str) -> ApiKey | None:
        """Return what a key may do, or None where nobody was given it.

        Raises:
            ConfigError: the file is gone, torn, or of another format.
        """
        found = self._current().get(key.split("_", 2)[1] if key.startswith("zl_") else "")
        digest = hashlib.sha256(key.encode()).hexdigest()
        same = hmac.compare_digest(digest, found.sha256 if found else _NOBODY)
        return found if same else None

    def listed(self) -> list[ApiKey]:
        """Return the keys in the order of their names; none where there is no file.

        Raises:
            ConfigError: as `find` does, but for the file that is absent.
        """
        return sorted(self._current().values(), key=lambda key: key.name) if self.exists() else []

    def add(
        self, name: str, *, services: Sequence[str] = (), push: Sequence[str] = (), metrics: bool = False
    ) -> str:
        """Make a key, and return it: this is the only time that it is seen.

        Raises:
            ConfigError: the name is taken, or the key may do nothing.
        """
        if not (services or push or metrics):
            raise ConfigError(
                f"the key {name!r} may do nothing", hint="say --service NAME, --push SOURCE or --metrics"
            )
        known = self.listed()
        if name in [each.name for each in known]:
            raise ConfigError(
                f"there is a key {name!r}", where=str(self.path), hint="revoke it first, or take another name"
            )
        key = f"zl_{secrets.token_hex(8)}_{secrets.token_urlsafe(32)}"
        digest, now = (
            hashlib.sha256(key.encode()).hexdigest(),
            datetime.now(UTC).isoformat(timespec="seconds"),
        )
        made = ApiKey(
            name, key.split("_", 2)[1], digest, tuple(services), tuple(push), metrics,
            now.replace("+00:00", "Z"),
        )  # fmt: skip
        self._write([*known, made])
        return key

    def revoke(self, name: str) -> None:
        """Take a key away: servers that read this file refuse it from their next request on.

        Raises:
            ConfigError: there is none of that name.
        """
        known = self.listed()
        if name not in (names := [each.name for each in known]):
            raise ConfigError(f"there is no key {name!r}", where=str(self.path), hint=nearest(name, names))
        self._write([each for each in known if each.name != name])

    def _write(self, keys: Sequence[ApiKey]) -> None:
        content = {"format": FORMAT, "keys": [asdict(each) for each in keys]}
        self.path.parent.mkdir(parents=True, exist_ok=True)
        partial = self.path.with_name(f".{self.path.name}.{uuid4().hex}.partial")
        try:
            with os.fdopen(os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
                file.write(msgspec.json.format(msgspec.json.encode(content)) + b"\n")
                file.flush()
                os.fsync(file.fileno())
            partial.replace(self.path)
        finally:
            partial.unlink(missing_ok=True)

    def _current(self) -> Mapping[str, ApiKey]:
        """Return the keys by id, read anew where the file is another one than before."""
        try:
            now = self.path.stat()
            state = (now.st_mtime_ns, now.st_size, now.st_ino)
            if state != self._seen:
                self._keys = _read(self.path.read_bytes())
                self._seen = state
        except (OSError, ValueError, KeyError, TypeError) as error:
            self._seen = None
            raise ConfigError(
                f"the file of API keys cannot be read: {error}", where=str(self.path),
                hint="nobody is let in until it can; make keys with `zipline key add`",
            ) from None  # fmt: skip
        return self._keys


def _read(content: bytes) -> Mapping[str, ApiKey]:
    data: Any = msgspec.json.decode(content)
    if data["format"] != FORMAT:
        raise ValueError(f"its format is {data['format']!r}, not {FORMAT}")
    keys = [ApiKey(**entry) for entry in data["keys"]]
    return {each.id: replace(each, services=tuple(each.services), push=tuple(each.push)) for each in keys}
