"""JSON as the registry writes it: one text per value for hashing, and a text for people and git."""

from __future__ import annotations

import hashlib
import json
from typing import Any


def canonical_json(value: Any) -> bytes:
    """Return the one text of a JSON value: keys sorted, no spaces, ASCII only.

    >>> canonical_json({"b": [1.0, None], "a": "é"})
    b'{"a":"\\\\u00e9","b":[1.0,null]}'
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def digest(value: Any) -> str:
    """Return the SHA-256 of a JSON value's canonical text, in hexadecimal."""
    return hashlib.sha256(canonical_json(value)).hexdigest()


def pretty_json(value: Any) -> bytes:
    """Return a JSON value as it lies in files: indented, keys sorted, with a newline at the end."""
    return (json.dumps(value, sort_keys=True, indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode()
