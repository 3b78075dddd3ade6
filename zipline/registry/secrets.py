"""Secrets in the locations of tables and streams: what is registered is read by many and kept, so they are refused."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from zipline.dsl.definition import Definition
from zipline.dsl.table import Table
from zipline.errors import DefinitionError

_PASSWORD: Final = re.compile(
    # A password may hold any sign; digits up to a slash are a port.
    r"://[^/@\s]*:(?!\$\{|\d+/)[^@\s]+@|[?&](?:\w*password|token|secret|key)=(?!\$\{)[^&\s]",
    re.I,
)
_SECRET: Final = re.compile(r"password|passwd|secret|token|credential|access.?key", re.I)


def refuse_secrets(place: Definition, source: str) -> None:
    """Refuse a table or a stream whose location holds a password or a key, unless a `${name}` stands for it.

    Raises:
        DefinitionError: it does; the secret is not shown.

    >>> from zipline.dsl.table import Parquet
    >>> refuse_secrets(Parquet("s3://${KEY}:${SECRET}@bucket/orders/"), "orders")
    """
    for field in type(place).model_fields:
        value = getattr(place, field)
        if isinstance(value, Table):
            refuse_secrets(value, source)
        elif any(_is_secret(name, text) for name, text in _texts(field, value)):
            raise DefinitionError(
                f"the {field} of its {type(place).__name__} holds a secret, which the registry would keep for all to "
                "read",
                where=f"source {source!r}",
                hint="write ${NAME} in its place, and give its value in the environment",
            )


def _texts(field: str, value: Any) -> Iterator[tuple[str, str]]:
    """Return the texts of a field, each with its name: a mapping's are its keys."""
    if isinstance(value, str):
        yield field, value
    elif isinstance(value, tuple):
        yield from ((pair[0], str(pair[1])) for pair in value if isinstance(pair, tuple) and len(pair) == 2)


def _is_secret(name: str, text: str) -> bool:
    return bool(_PASSWORD.search(text)) or (bool(_SECRET.search(name)) and "${" not in text)
