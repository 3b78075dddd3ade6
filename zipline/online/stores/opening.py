"""A store from its URL, as zipline.toml or a service gives it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from zipline.online.stores.base import AsyncStore, Store
from zipline.online.stores.redis_address import parse_address, wrong_url
from zipline.settings import OnlineSettings

EMBEDDED: Final = "embedded:"


def open_store(url: str, settings: OnlineSettings | None = None, *, root: Path = Path()) -> Store:
    """Return the store that a URL names; a server is first talked to by the first call.

    Args:
        url: of Redis (`redis`, `redis+sentinel`, `redis+cluster`, each with TLS as `rediss...`), or `embedded:FOLDER`.
            Variables in it have been replaced (`Settings.located`).
        settings: prefix and timeout; the defaults unless given.
        root: where a relative folder is.

    Raises:
        ConfigError: it is none of these; the message shows no secret.
    """
    settings = settings or OnlineSettings()
    seconds = settings.timeout_us / 1e6
    if url.startswith(EMBEDDED):
        from zipline.online.stores.embedded import EmbeddedStore

        return EmbeddedStore(_folder(url, root), timeout=seconds)
    from zipline.online.stores.redis import RedisStore

    return RedisStore(parse_address(url), prefix=settings.prefix, timeout=seconds)


def open_async_store(url: str, settings: OnlineSettings | None = None, *, root: Path = Path()) -> AsyncStore:
    """Return the same for asyncio, to read from; it belongs to the event loop that first uses it.

    Raises:
        ConfigError: as `open_store` says.
    """
    settings = settings or OnlineSettings()
    seconds = settings.timeout_us / 1e6
    if url.startswith(EMBEDDED):
        from zipline.online.stores.embedded import AsyncEmbeddedStore

        return AsyncEmbeddedStore(_folder(url, root), timeout=seconds)
    from zipline.online.stores.async_redis import AsyncRedisStore

    return AsyncRedisStore(parse_address(url), prefix=settings.prefix, timeout=seconds)


def _folder(url: str, root: Path) -> Path:
    name = url.removeprefix(EMBEDDED)
    if not name or name.startswith("//"):
        raise wrong_url(f"{name!r} is not a folder")
    return root / name
