"""Services that tests of tables share: one of each for a worker's whole session."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.services.postgres import postgres


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """Yield the URL of a real PostgreSQL database."""
    with postgres() as url:
        yield url
