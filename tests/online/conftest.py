"""Real servers, each started once in a process of the run, when a test first asks for it."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import pytest

from tests.services import redis as services
from tests.services.kafka import Broker, named_or_own

_shared: list[str] = []


@pytest.fixture(scope="session")
def redis_server() -> Iterator[str]:
    """Return the URL of a Redis; it is shared: keep to `redis_prefix`."""
    with services.redis_url() as url:
        _shared.append(url)
        yield url


@pytest.fixture(scope="session")
def redis_cluster() -> Iterator[str]:
    """Return the URL of a Redis Cluster of three servers."""
    with services.redis_cluster() as servers:
        yield services.cluster_url(servers)


@pytest.fixture(scope="session")
def redis_sentinel() -> Iterator[str]:
    """Return the URL of a Redis behind a Sentinel."""
    with services.redis_sentinel() as watched:
        yield watched.url


@pytest.fixture
def redis_prefix() -> Iterator[str]:
    """Return how the keys of one test begin; they are deleted after it, as others look through all keys."""
    prefix = f"t{secrets.token_hex(4)}:"
    yield prefix
    for url in _shared:
        services.clear(url, prefix)


@pytest.fixture(scope="session")
def kafka_broker() -> Iterator[Broker]:
    """Return a Kafka broker; it is shared: each test makes topics of its own."""
    with named_or_own() as found:
        yield found
