"""The store that a command works on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from zipline.errors import ConfigError

if TYPE_CHECKING:
    from zipline.store import FeatureStore


def open_store(repo: Path | None, profile: str | None = None) -> FeatureStore:
    """Return the store of a repository; of the one that the current folder is in, unless given.

    Raises:
        ConfigError: there is none. (In Python a store without one takes definitions as objects; here it has nothing.)
    """
    from zipline.repository import find_root
    from zipline.store import FeatureStore

    if repo is None and find_root(Path.cwd()) is None:
        raise ConfigError(
            f"{Path.cwd()} is in no feature repository: neither it nor a folder above has a zipline.toml",
            hint="go into one, or name it: --repo PATH",
        )
    return FeatureStore(repo, profile=profile)
