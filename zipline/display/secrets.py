"""Texts without the secrets that stand in them: what is shown may be seen by anybody."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

HIDDEN: Final = "***"
_PASSWORD: Final = re.compile(
    r"(://[^/@\s:]*:)(?!\$\{)[^\s]*(@)|([?&;](?:\w*password|token|secret)=)(?!\$\{)[^&;\s']*", re.IGNORECASE
)
_SECRET: Final = re.compile(r"token|secret|password|credential|(^|[^a-z])key|account", re.IGNORECASE)


def without_secrets(text: str) -> str:
    """Return a text with the passwords of addresses hidden; `${NAME}` is no secret.

    >>> without_secrets("postgresql://ann:s3:cr@t@db/shop"), without_secrets("s3://me:${PASSWORD}@host/a.parquet")
    ('postgresql://ann:***@db/shop', 's3://me:${PASSWORD}@host/a.parquet')
    """
    return _PASSWORD.sub(
        lambda match: f"{match[1]}{HIDDEN}{match[2]}" if match[1] else f"{match[3]}{HIDDEN}", text
    )


def plainly(value: Any, name: str = "") -> Any:
    """Return a value of JSON with its secrets hidden: in addresses, and in properties and options of clients.

    >>> plainly({"path": "s3://me:abc@host", "properties": [["token", "abc"], ["s3.secret-access-key", "${KEY}"]]})
    {'path': 's3://me:***@host', 'properties': [['token', '***'], ['s3.secret-access-key', '${KEY}']]}
    """
    if name in ("properties", "options"):
        pairs = value.items() if isinstance(value, Mapping) else value or ()
        return [[key, _property(str(key), each)] for key, each in pairs]
    if isinstance(value, str):
        return without_secrets(value)
    if isinstance(value, Mapping):
        return {key: plainly(each, str(key)) for key, each in value.items()}
    return [plainly(each) for each in value] if isinstance(value, (list, tuple)) else value


def _property(name: str, value: Any) -> Any:
    if _SECRET.search(name) and "${" not in str(value):
        return HIDDEN
    return without_secrets(value) if isinstance(value, str) else value
