"""How tests read the message of a refusal."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from zipline.errors import ZiplineError


def refusal(build: Callable[[], object], kind: type[ZiplineError] = ZiplineError) -> str:
    """Return the whole message, its place and its hint included, with which building something is refused."""
    with pytest.raises(kind) as caught:
        build()
    return str(caught.value)
