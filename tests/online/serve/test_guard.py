"""Who is let in, and to what."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.online.serve.conftest import Ask
from zipline.errors import ConfigError
from zipline.online.serve.api_keys import KeyFile
from zipline.online.serve.guard import Guard, check_host
from zipline.online.serve.serving import Serving

READ = "/v1/features/delay_model"


@pytest.fixture
def file(serving: Serving, tmp_path: Path) -> KeyFile:
    """Return the keys that the server asks for."""
    file = KeyFile(tmp_path / "keys.json")
    serving.guard = Guard(file)
    return file


def bearer(key: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}"}


def test_a_key_opens_what_it_is_for(ask: Ask, file: KeyFile) -> None:
    key = file.add("website", services=["delay_model"])
    assert ask("POST", READ, json={"keys": {}}, headers=bearer(key)).status_code == 200
    assert ask("POST", READ + "@3", json={"keys": {}}, headers={"x-api-key": key}).status_code == 200
    for path in ("/v1/features/every_type", "/v1/features/no_such_service"):
        answer = ask("POST", path, json={"keys": {}}, headers=bearer(key))
        assert answer.status_code == 403
        assert answer.json()["error"].startswith("this API key may not read the service '")
        assert answer.json()["hint"] == "make one with `zipline key add --service`"


def test_without_a_key_nothing_is_told(ask: Ask, file: KeyFile) -> None:
    file.add("website", services=["*"])
    for method, path in (("POST", READ), ("POST", "/push"), ("GET", "/v1/services"), ("GET", "/metrics")):
        answer = ask(method, path, json={"keys": {}} if method == "POST" else None)
        assert answer.status_code == 401, path
        assert answer.headers["www-authenticate"] == "Bearer"
        assert answer.json()["error"] == "an API key is needed"
    for path in ("/healthz", "/readyz", "/docs", "/openapi.json"):
        assert ask("GET", path).status_code == 200, path


def test_a_wrong_or_revoked_key_is_refused(ask: Ask, file: KeyFile) -> None:
    key = file.add("website", services=["*"])
    for headers in (bearer(key + "x"), {"x-api-key": "guess"}):
        answer = ask("POST", READ, json={"keys": {}}, headers=headers)
        assert (answer.status_code, answer.json()["error"]) == (401, "the API key is not known")
    assert ask("POST", READ, json={"keys": {}}, headers={"authorization": f"Basic {key}"}).status_code == 401
    assert ask("GET", "/openapi.json", headers=bearer("guess")).status_code == 401
    file.revoke("website")
    assert ask("POST", READ, json={"keys": {}}, headers=bearer(key)).status_code == 401


def test_metrics_and_pushes_are_scopes_of_their_own(ask: Ask, file: KeyFile) -> None:
    website = file.add("website", services=["*"])
    answer = ask("GET", "/metrics", headers=bearer(website))
    assert (answer.status_code, answer.json()["error"]) == (403, "this API key may not read the metrics")
    pushed = {"source": "flights", "rows": []}
    answer = ask("POST", "/push", json=pushed, headers=bearer(website))
    assert answer.status_code == 403
    assert answer.json()["error"] == "this API key may not push to the source 'flights'"
    assert ask("GET", "/metrics", headers=bearer(file.add("prometheus", metrics=True))).status_code == 200


def test_services_are_those_that_the_key_may_read(ask: Ask, file: KeyFile) -> None:
    key = file.add("website", services=["delay_model"])
    found = ask("GET", "/v1/services", headers=bearer(key)).json()["services"]
    assert [each["name"] for each in found] == ["delay_model"]


def test_a_broken_file_lets_nobody_in(ask: Ask, file: KeyFile) -> None:
    key = file.add("website", services=["*"])
    file.path.write_text("{")
    answer = ask("POST", READ, json={"keys": {}}, headers=bearer(key))
    assert answer.status_code == 503
    assert answer.json()["error"].startswith("the file of API keys cannot be read")
    assert str(file.path) not in answer.text


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "::1", "localhost"])
def test_this_machine_needs_no_keys(host: str) -> None:
    check_host(host, keys=False, anybody=False)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.1", "features.example.com"])
def test_other_machines_do(host: str) -> None:
    with pytest.raises(
        ConfigError, match=r"other machines reach '.*', and there are no API keys\nHint: .*--open"
    ):
        check_host(host, keys=False, anybody=False)
    check_host(host, keys=True, anybody=False)
    check_host(host, keys=False, anybody=True)


@pytest.mark.parametrize("host", ["127.0.0.1:8080", "[::1]:8080", "localhost", "LOCALHOST:80", "10.0.0.1"])
def test_without_keys_this_machine_is_named_by_its_address(ask: Ask, serving: Serving, host: str) -> None:
    serving.guard = Guard(None, local=True)
    assert ask("POST", READ, json={"keys": {}}, headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8080", "localhost.evil.example", "127.0.0.1.evil:80"]
)
def test_without_keys_other_names_are_refused(ask: Ask, serving: Serving, host: str) -> None:
    """A page could have its own name resolve to this machine."""
    serving.guard = Guard(None, local=True)
    answer = ask("POST", READ, json={"keys": {}}, headers={"host": host})
    assert answer.status_code == 403
    assert answer.json()["error"] == "without API keys a request names this machine by address"
