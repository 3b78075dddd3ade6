"""The scripts of `scripts/*.lua`, as Redis gets them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib.resources import files
from typing import Final


@dataclass(frozen=True)
class Script:
    """A script and the name that Redis knows it by once it has run.

    Attributes:
        text: with the library before it.
        sha: SHA-1 of the text in hex.
    """

    text: str
    sha: str


def _loaded(name: str) -> Script:
    folder = files("zipline.online.stores") / "scripts"
    text = "\n".join((folder / f"{part}.lua").read_text(encoding="utf-8") for part in ("library", name))
    return Script(text, hashlib.sha1(text.encode()).hexdigest())


CREATE: Final = _loaded("create")
APPEND: Final = _loaded("append")
COMPACT: Final = _loaded("compact")
READY: Final = _loaded("ready")
INDEX_ADD: Final = _loaded("index_add")
INDEX_COMMIT: Final = _loaded("index_commit")
PUT_ENTRY: Final = _loaded("put_entry")
