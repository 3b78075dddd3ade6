"""A primary that ends, and the replica that takes its place."""

from __future__ import annotations

import pytest

from tests.online.stores.test_redis_faults import opened, refusal
from tests.online.stores.test_suite import S, created, document, write
from tests.services import redis as services
from zipline.errors import StoreUnavailable
from zipline.online.calls import ReadMeta


def test_after_a_failover_the_new_primary_is_read_and_written() -> None:
    with services.redis_sentinel() as watched, opened(watched.url, timeout=1.0) as store:
        created(store)
        write(store, [(b"UA", b"ab")])
        with watched.primary.client() as client:
            assert client.wait(1, 20_000) == 1
        watched.fail_over()
        write(store, [(b"UA", b"cd")])
        assert document(store, b"UA") == b"abcd"
        with watched.replica.client() as client:
            assert client.role()[0] == b"master"
            assert client.info("persistence")["aof_last_rewrite_time_sec"] >= 0


def test_a_service_that_the_sentinels_do_not_know(redis_sentinel: str) -> None:
    with opened(redis_sentinel.replace("/shop", "/shoe")) as store:
        told = refusal(store, ReadMeta(S))
        assert "No master found for 'shoe'" in told


def test_sentinels_that_do_not_answer() -> None:
    with services.redis_sentinel() as watched:
        url = watched.url
    with opened(url, timeout=0.2) as store:
        with pytest.raises(StoreUnavailable) as caught:
            store.do(ReadMeta(S))
        assert str(caught.value).startswith(f"{url}/0: it cannot be reached: No master found for 'shop'")
