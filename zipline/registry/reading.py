"""Files of the registry as JSON that is known to be whole and of a known format."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from zipline.errors import RegistryError, ZiplineError

RESTORE: Final = "restore the file as it was written, from git or a backup"


def read_json(content: bytes, place: str, known: int) -> dict[str, Any]:
    """Return a file's JSON object.

    Args:
        content: the file's.
        place: how messages call it.
        known: the format that this zipline writes, the newest that it reads.

    Raises:
        RegistryError: it is no JSON object, or of an unknown format.
    """
    try:
        data = json.loads(content, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise RegistryError(f"is torn or no JSON: {error}", where=place, hint=RESTORE) from None
    if not isinstance(data, dict) or type(data.get("format")) is not int:
        raise RegistryError("is no file of a registry: it has no format number", where=place, hint=RESTORE)
    if data["format"] != known:
        raise RegistryError(
            f"has format {data['format']}; this zipline knows format {known}", where=place,
            hint="a newer zipline wrote it: upgrade this one (pip install --upgrade zipline-features)"
            if data["format"] > known
            else RESTORE,
        )  # fmt: skip
    return data


@contextmanager
def understood(place: str) -> Iterator[None]:
    """Refuse, as content that zipline has not written, whatever does not decode within."""
    try:
        yield
    except RegistryError:
        raise
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError, ZiplineError) as error:
        said = error.message if isinstance(error, ZiplineError) else str(error)
        said = f"there is no {said}" if isinstance(error, KeyError) else said
        raise RegistryError(f"is not what zipline wrote: {said}", where=place, hint=RESTORE) from error


def changed_by_hand(place: str, what: str) -> RegistryError:
    """Return the refusal of a record whose content is not what its identity says."""
    return RegistryError(f"was changed after it was written: {what}", where=place, hint=RESTORE)


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")
