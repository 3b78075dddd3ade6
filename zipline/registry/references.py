"""References: `name`, `name@version`, `view:feature` and `view@version:feature`, as requests and commands take them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from zipline.errors import RequestError

_REFERENCE: Final = re.compile(r"(?P<name>[^@:]+)(?:@(?P<version>[1-9][0-9]*))?(?::(?P<feature>[^@:]+))?")


@dataclass(frozen=True)
class Reference:
    """What a text names.

    Attributes:
        name: a service or a view.
        version: one that is registered; the definition in the code unless given.
        feature: one of the view's.
    """

    name: str
    version: int | None = None
    feature: str | None = None


def parse_reference(text: str) -> Reference:
    """Return what a text names.

    Raises:
        RequestError: it is no reference.

    >>> parse_reference("carrier_delays@2:late_7d")
    Reference(name='carrier_delays', version=2, feature='late_7d')
    """
    match = _REFERENCE.fullmatch(text.strip())
    if match is None:
        raise RequestError(
            f"{text!r} names no service, view or feature",
            hint="write name, name@version, view:feature or view@version:feature, such as 'carrier_delays@2:late_7d'",
        )
    version = match["version"]
    return Reference(match["name"], int(version) if version else None, match["feature"])
