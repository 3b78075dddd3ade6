"""Servers of their own process: they start, share a port, stop in turn, and speak TLS."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tests.services.process import start, stop
from zipline.errors import ConfigError
from zipline.online.serve.app import App
from zipline.online.serve.lane import FEW
from zipline.online.serve.listening import Address, check_packages, listen

ROOT = Path(__file__).resolve().parents[3]
READ = "/v1/features/delay_model"
PATIENCE = 20.0


class Running:
    """A server and what it has said."""

    def __init__(self, server: subprocess.Popen[bytes], said: Path) -> None:
        self.server = server
        self._said = said
        until(lambda: "\n" in self.said or server.poll() is not None)
        self.url = self.said.partition("\n")[0]

    @property
    def said(self) -> str:
        """Return what it has written."""
        return self._said.read_text()


def until(holds: Callable[[], bool]) -> None:
    """Wait for something that will be so, and fail where it is not."""
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Callable[..., Running]]:
    """Return a function that starts a server."""
    servers: list[subprocess.Popen[bytes]] = []

    def running(workers: int = 1, linger: float = 0.0, *files: str | Path) -> Running:
        said = tmp_path / f"said-{len(servers)}"
        command = [sys.executable, "-m", "tests.online.serve.server", "0", str(workers), str(linger), *files]
        with said.open("wb") as log:
            servers.append(start(command, log=log, cwd=ROOT))
        return Running(servers[-1], said)

    yield running
    for server in servers:
        stop(server)


def status(url: str, **options: object) -> int:
    with contextlib.suppress(httpx.TransportError):
        return httpx.get(url, timeout=PATIENCE, **options).status_code  # type: ignore[arg-type]
    return 0


def test_it_says_no_first_and_answers_what_was_asked(run: Callable[..., Running], tmp_path: Path) -> None:
    server, pipe = run(1, 60.0), tmp_path / "pipe"
    os.mkfifo(pipe)
    until(lambda: status(f"{server.url}/readyz") == 200)
    answers: list[httpx.Response] = []

    def ask() -> None:
        keys = [{"carrier": str(pipe)}] * (FEW + 1)
        answers.append(httpx.post(server.url + READ, json={"keys": keys}, timeout=PATIENCE))

    asking = threading.Thread(target=ask)
    asking.start()
    with pipe.open("wb"):  # returns when the read has begun, and lets it end when the block does
        server.server.send_signal(signal.SIGTERM)
        until(lambda: status(f"{server.url}/readyz") == 503)
        answer = httpx.post(server.url + READ, json={"keys": {"carrier": "UA"}}, timeout=PATIENCE)
        assert (answer.status_code, answer.headers["connection"]) == (200, "close")
        server.server.send_signal(signal.SIGTERM)
        until(lambda: status(f"{server.url}/healthz") == 0)
    asking.join(PATIENCE)
    assert [answer.status_code for answer in answers] == [200]
    assert server.server.wait(PATIENCE) == 0
    assert server.said.endswith("ended\n")


def test_ctrl_c_stops_at_once(run: Callable[..., Running]) -> None:
    server = run(1, 60.0)
    until(lambda: status(f"{server.url}/healthz") == 200)
    server.server.send_signal(signal.SIGINT)
    assert server.server.wait(PATIENCE) == 0


def test_workers_share_the_port_and_their_figures(run: Callable[..., Running]) -> None:
    server = run(2)
    until(lambda: status(f"{server.url}/healthz") == 200)
    seen: set[str] = set()

    def both_asked() -> bool:
        with httpx.Client(base_url=server.url, timeout=PATIENCE) as caller:
            services = caller.get("/v1/services").json()["services"]
            assert len(services) == 3
            assert caller.post(READ, json={"keys": {"carrier": "UA"}}).status_code == 200
            hint = caller.post("/v1/features/x", json={"keys": {}}).json()["hint"]
            seen.update(each for each in hint.split("'") if each.startswith("of_"))
        return len(seen) == 2

    asked = 0
    while not both_asked():
        asked += 1
        assert asked < 1000
    text = httpx.get(f"{server.url}/metrics").text
    assert f'zipline_read_entities_total{{service="delay_model@3"}} {asked + 1}.0' in text
    assert f'zipline_read_seconds_count{{service="delay_model@3"}} {asked + 1}.0' in text
    server.server.kill()  # its workers end with it all the same
    server.server.wait(PATIENCE)
    until(lambda: status(f"{server.url}/healthz") == 0)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return a certificate of this machine, made and signed by ourselves, and its key."""
    folder = tmp_path_factory.mktemp("tls")
    command = [
        "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
        "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "key.pem", "-out", "cert.pem",
    ]  # fmt: skip
    subprocess.run(command, check=True, cwd=folder, capture_output=True)
    return folder / "cert.pem", folder / "key.pem"


def test_tls(run: Callable[..., Running], certificate: tuple[Path, Path]) -> None:
    server = run(1, 0.0, *certificate)
    assert server.url.startswith("https://127.0.0.1:")
    trusted = ssl.create_default_context(cafile=str(certificate[0]))
    until(lambda: status(f"{server.url}/healthz", verify=trusted) == 200)
    with pytest.raises(httpx.ConnectError, match="certificate verify failed"):
        httpx.get(f"{server.url}/healthz")


def test_a_certificate_that_is_none_is_refused_before_anything_starts(certificate: tuple[Path, Path]) -> None:
    def none(url: str) -> None:
        raise AssertionError(url)

    def refused(cert: Path | None, key: Path | None) -> str:
        address = Address(
            "127.0.0.1", 0, 1, str(cert) if cert is not None else None, str(key) if key is not None else None
        )
        with pytest.raises(ConfigError) as error:
            listen(App(lambda: None), address, none)  # type: ignore[arg-type, return-value]
        return str(error.value)

    cert, key = certificate
    assert "TLS needs a certificate and its key\nHint: give both" in refused(cert, None)
    assert "are not a certificate and its key" in refused(cert, cert)
    assert "No such file" in refused(cert, key.with_name("missing.pem"))


def test_a_port_that_is_taken_is_refused() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(
            ConfigError, match=rf"cannot listen on 127.0.0.1:{port}: Address already in use\nHint"
        ):
            listen(App(lambda: None), Address("127.0.0.1", port), print)  # type: ignore[arg-type, return-value]
    with pytest.raises(ConfigError, match=r"70000 is not a port\nHint: ports are 0 to 65535"):
        listen(App(lambda: None), Address("127.0.0.1", 70000), print)  # type: ignore[arg-type, return-value]


@pytest.mark.parametrize("workers", [1, 2])
def test_a_server_that_cannot_open_ends(run: Callable[..., Running], workers: int) -> None:
    server = run(workers, 0.0, "broken")
    assert server.server.wait(PATIENCE) != 0
    assert "ValueError: no parts" in server.said
    assert "ended" not in server.said


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zipline.online.serve.listening.find_spec", lambda name: None)
    with pytest.raises(
        ConfigError, match=r"needs uvicorn, which is not installed\nHint: .*features\[server\]"
    ):
        check_packages()
