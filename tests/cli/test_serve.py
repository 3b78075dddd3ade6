"""`zipline serve`: what it refuses before it listens, and what it hands to the server."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Ran
from zipline.cli.serve import Opening
from zipline.errors import ConfigError
from zipline.online.serve.app import App
from zipline.online.serve.limits import Limits
from zipline.online.serve.listening import Address

Run = Callable[..., Ran]


@pytest.fixture
def listened(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Return what the server was given, which does not listen."""
    given: list[Any] = []

    def listen(app: App, address: Address, announce: Callable[[str], None]) -> None:
        given.extend([app, address])
        announce(f"http://{address.host}:{address.port}")

    monkeypatch.setattr("zipline.online.serve.listening.listen", listen)
    return given


def opening(listened: list[Any]) -> Opening:
    app, _ = listened
    assert isinstance(app._open, Opening)
    return app._open


def test_the_defaults(repo: Path, run: Run, listened: list[Any]) -> None:
    assert run("serve") == Ran(
        0, "", "Listening on http://127.0.0.1:8080, asking for no API key; Ctrl-C stops it.\n"
    )
    assert listened[1] == Address("127.0.0.1", 8080, 1, None, None, 5.0)
    assert opening(listened) == Opening(
        None, None, "embedded:.zipline/online", None, True, Limits(8 * 2**20, 10_000, 5.0), None, 1.0
    )


def test_the_configuration_and_the_command_line_in_its_place(
    repo: Path, run: Run, listened: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REDIS_PASSWORD", "secret")
    (repo / "zipline.toml").write_text(
        '[online]\nstore = "redis://:${REDIS_PASSWORD}@localhost/0"\n'
        '[serve]\nport = 8443\nworkers = 3\nlog = "reads"\nlog_sample = 0.5\nmax_batch = 7\n'
        'tls_certificate = "cert.pem"\ntls_key = "/etc/key.pem"\n'
    )
    ran = run("serve", "--port", "8444", "--sample", "0.25", "--linger", "500ms")
    assert (ran.code, "secret" in ran.err) == (0, False)
    assert listened[1] == Address("127.0.0.1", 8444, 3, str(repo / "cert.pem"), "/etc/key.pem", 5.0)
    made = opening(listened)
    assert (made.store, made.log, made.sample) == ("redis://:secret@localhost/0", str(repo / "reads"), 0.25)
    assert made.limits.batch == 7
    assert listened[0]._linger == 0.5


def test_beyond_this_machine_it_asks_for_keys(repo: Path, run: Run, listened: list[Any]) -> None:
    ran = run("serve", "--host", "0.0.0.0")
    assert (ran.code, listened) == (1, [])
    assert (
        "other machines reach '0.0.0.0', and there are no API keys\nHint: make one with `zipline key add"
        in ran.err
    )
    assert run("serve", "--host", "0.0.0.0", "--open").code == 0
    assert (opening(listened).keys, opening(listened).local) == (None, False)
    listened.clear()
    run("key", "add", "website", "--service", "*")
    ran = run("serve", "--host", "0.0.0.0")
    assert f"asking for API keys of {repo / '.zipline' / 'keys.json'}" in ran.err
    assert opening(listened).keys == repo / ".zipline" / "keys.json"


def test_keys_that_are_named_must_exist(repo: Path, run: Run, listened: list[Any]) -> None:
    ran = run("serve", "--keys", "missing.json")
    assert (ran.code, "missing.json does not exist\nHint: make a key: zipline key add" in ran.err) == (
        1,
        True,
    )
    (repo / "zipline.toml").write_text('[serve]\nkeys = "missing.json"\n')
    assert run("serve").code == 1
    assert listened == []


def test_without_the_extra_it_says_so(repo: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> None:
        raise ConfigError("the server needs uvicorn")

    monkeypatch.setattr("zipline.online.serve.listening.check_packages", missing)
    assert run("serve") == Ran(1, "", "Error: the server needs uvicorn\n")


def test_what_a_worker_opens(repo: Path) -> None:
    """Over a store that holds nothing yet."""
    made = Opening(
        repo, None, "embedded:online", repo / "keys.json", True, Limits(), str(repo / "reads"), 0.5
    )()
    assert made.guard.asks
    assert made.log is not None
    made.close()
    bare = Opening(repo, None, "embedded:online", None, True, Limits(), None, 1.0)()
    assert (bare.guard.asks, bare.log) == (False, None)
    bare.close()
