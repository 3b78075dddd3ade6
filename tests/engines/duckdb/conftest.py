"""Services that tests of tables share: one of each for a worker's whole session."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import pytest

from tests.services.postgres import postgres
from tests.services.s3 import s3


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """Yield the URL of a real PostgreSQL database."""
    with postgres() as url:
        yield url


@pytest.fixture(scope="session")
def s3_address() -> Iterator[str]:
    """Yield the address of an emulator of S3."""
    with s3() as address:
        yield address


@pytest.fixture
def bucket(s3_address: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the URL of an empty bucket; the environment says where it is, as it would for any other endpoint."""
    import fsspec

    for name, value in {
        "AWS_ENDPOINT_URL": s3_address,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }.items():
        monkeypatch.setenv(name, value)
    files = fsspec.filesystem("s3", skip_instance_cache=True)
    name = f"bucket-{uuid4().hex}"
    files.mkdir(name)
    return f"s3://{name}"
