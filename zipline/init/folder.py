"""Files written into a folder where none of them is yet: all of them, or none."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from zipline.errors import ConfigError


def write_new(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write files, by their path inside the folder, and make the folders they need.

    Raises:
        ConfigError: some of them exist, or a file stands where a folder must be; then nothing is written.
    """
    taken = [name for name in files if (folder / name).exists() or (folder / name).is_symlink()]
    blocked = [parent for parent in _parents(folder, files) if parent.exists() and not parent.is_dir()]
    if blocked:
        raise ConfigError(f"{blocked[0]} is a file, not a folder", hint="name another folder")
    if taken:
        raise ConfigError(
            f"{folder} already has {', '.join(taken)}",
            hint="nothing was written: name another folder, or move them away",
        )
    for name, content in files.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("xb") as file:  # created, never replaced, even when somebody is quicker
            file.write(content)


def _parents(folder: Path, files: Mapping[str, bytes]) -> list[Path]:
    needed = [folder, *folder.parents]
    needed += [parent for name in files for parent in (folder / name).parents if folder in parent.parents]
    return list(dict.fromkeys(needed))
