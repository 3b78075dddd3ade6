"""Ranges of versions, as package metadata writes them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest

_REQUIREMENT = re.compile(r"\s*([A-Za-z0-9._-]+)\s*(?:\[[^\]]*\])?\s*\(?([^;()]*)\)?\s*(?:;(.*))?")
_EXTRA = re.compile(r"""extra\s*==\s*['"]([^'"]+)['"]""")
_BOUND = re.compile(r"(>=|<=|>|<)\s*([0-9][^,\s]*)")


@dataclass(frozen=True)
class Requirement:
    """A distribution that is needed.

    Attributes:
        name: of the distribution.
        range: the versions that will do, such as `>=2.0,<3`.
        extra: which extra needs it; none: all of zipline.
    """

    name: str
    range: str
    extra: str | None = None


def requirements(lines: list[str]) -> Iterator[Requirement]:
    """Read the `Requires-Dist` lines of a package's metadata.

    >>> list(requirements(['deltalake<2,>=1.6; extra == "delta"']))
    [Requirement(name='deltalake', range='>=1.6,<2', extra='delta')]
    """
    for line in lines:
        match = _REQUIREMENT.fullmatch(line)
        if match is not None:
            extra = _EXTRA.search(match[3] or "")
            bounds = sorted(match[2].replace(" ", "").split(","), reverse=True)
            yield Requirement(match[1], ",".join(bounds), extra[1] if extra else None)


def beyond(version: str, bounds: str) -> str | None:
    """Return the bound that a version breaks; None where it keeps all.

    >>> beyond("3.1.0", ">=2.0,<3")
    '<3'
    """
    for sign, bound in _BOUND.findall(bounds):
        order = _order(version, bound)
        if not {">=": order >= 0, "<=": order <= 0, ">": order > 0, "<": order < 0}[sign]:
            return f"{sign}{bound}"
    return None


def _order(one: str, other: str) -> int:
    for left, right in zip_longest(_release(one), _release(other), fillvalue=0):
        if left != right:
            return -1 if left < right else 1
    return 0


def _release(version: str) -> list[int]:
    """Return the numbers that a version begins with; what makes it a candidate or a local build does not count."""
    match = re.match(r"[0-9]+(?:\.[0-9]+)*", version)
    return [int(part) for part in match[0].split(".")] if match else []
