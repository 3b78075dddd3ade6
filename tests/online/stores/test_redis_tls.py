"""TLS: the server's certificate is asked for, and so is ours where the server wants one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.online.stores.test_async import with_store
from tests.online.stores.test_redis_faults import opened, refusal
from tests.online.stores.test_suite import S, created, document, write
from tests.services.certificate import make_certificate
from tests.services.redis import Server, redis_server
from zipline.online.calls import Read, ReadMeta


@dataclass
class Secured:
    server: Server
    certificate: Path
    key: Path

    def url(self, **options: object) -> str:
        said = "&".join(f"{name}={value}" for name, value in options.items())
        return f"rediss://127.0.0.1:{self.server.options['tls-port']}/0?{said}"


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    certificate, key = make_certificate(tmp_path_factory.mktemp("tls"))
    with ExitStack() as stack:
        files = {"tls_cert_file": certificate, "tls_key_file": key, "tls_ca_cert_file": certificate}
        server = stack.enter_context(redis_server(tls_port="free", **{k: str(v) for k, v in files.items()}))
        yield Secured(server, certificate, key)


def test_a_server_whose_certificate_we_trust(secured: Secured) -> None:
    ours = {
        "ssl_ca_certs": secured.certificate,
        "ssl_certfile": secured.certificate,
        "ssl_keyfile": secured.key,
    }
    with opened(secured.url(**ours)) as store:
        created(store)
        write(store, [(b"UA", b"ab")])
        assert document(store, b"UA") == b"ab"
    fetched = with_store(secured.url(**ours), lambda found: found.do(Read(S, (b"UA",))))
    assert fetched.documents == (b"ab",)


def test_a_server_whose_certificate_nobody_vouches_for(secured: Secured) -> None:
    with opened(secured.url()) as store:
        told = refusal(store, ReadMeta(S))
        assert "it cannot be reached: " in told
        assert "certificate verify failed" in told


def test_a_server_that_wants_a_certificate_of_ours(secured: Secured) -> None:
    with opened(secured.url(ssl_cert_reqs="none")) as store:
        assert "it cannot be reached: " in refusal(store, ReadMeta(S))
