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
    from zipline.store import FeatureStore

    check_found(repo)
    return FeatureStore(repo, profile=profile)


def check_found(repo: Path | None) -> None:
    """Refuse to go on where no repository is named and the current folder is in none.

    Raises:
        ConfigError: that is so.
    """
    from zipline.configuration import find_root

    if repo is None and find_root(Path.cwd()) is None:
        raise ConfigError(
            f"{Path.cwd()} is in no feature repository: neither it nor a folder above has a zipline.toml",
            hint="go into one, or name it: --repo PATH",
        )
