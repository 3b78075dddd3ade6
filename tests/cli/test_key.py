"""`zipline key`: keys are given, listed and taken away."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from tests.cli.conftest import Ran
from zipline.online.serve.api_keys import KeyFile

Run = Callable[..., Ran]


def test_a_key_is_printed_once_and_works(repo: Path, run: Run) -> None:
    ran = run("key", "add", "website", "--service", "price_model", "--push", "sales", "--metrics")
    assert (ran.code, ran.err) == (0, "Keep it: it is not shown again.\n")
    found = KeyFile(repo / ".zipline" / "keys.json").find(ran.out.strip())
    assert found is not None
    assert (found.name, found.services, found.push, found.metrics) == (
        "website",
        ("price_model",),
        ("sales",),
        True,
    )


def test_keys_are_listed_without_what_opens(repo: Path, run: Run) -> None:
    key = run("key", "add", "website", "--service", "price_model", "--service", "shop_model").out.strip()
    run("key", "add", "all", "--service", "*", "--push", "*", "--metrics")
    ran = run("key", "list")
    lines = [line.split("\t") for line in ran.out.splitlines()]
    assert lines[0] == ["name", "key", "created", "may"]
    assert [(line[0], line[3]) for line in lines[1:]] == [
        ("all", "read *; push to *; see the metrics"), ("website", "read price_model, shop_model"),
    ]  # fmt: skip
    assert key not in ran.out
    document = json.loads(run("key", "list", "--json").out)
    assert document[1].keys() == {"name", "id", "services", "push", "metrics", "created_at"}
    assert key.startswith(f"zl_{document[1]['id']}_")


def test_a_key_is_taken_away(repo: Path, run: Run) -> None:
    run("key", "add", "website", "--metrics")
    assert run("key", "revoke", "website").err == "The key 'website' is revoked.\n"
    assert json.loads(run("key", "list", "--json").out) == []
    ran = run("key", "revoke", "website")
    assert (ran.code, "there is no key 'website'\nHint: there are none" in ran.err) == (1, True)


def test_what_nobody_has_is_refused(repo: Path, run: Run) -> None:
    ran = run("key", "add", "website", "--service", "price_modle")
    assert (ran.code, ran.out) == (1, "")
    assert "there is no service 'price_modle'\nHint: did you mean 'price_model'?" in ran.err
    assert (
        "there is no source 'sale'\nHint: did you mean 'sales'?"
        in run("key", "add", "a", "--push", "sale").err
    )
    assert "the key 'website' may do nothing" in run("key", "add", "website").err
    assert not (repo / ".zipline").exists()


def test_the_file_is_the_one_of_the_configuration_or_the_one_given(repo: Path, run: Run) -> None:
    (repo / "zipline.toml").write_text('[serve]\nkeys = "secret/api.json"\n')
    run("key", "add", "website", "--metrics")
    assert (repo / "secret" / "api.json").exists()
    run("key", "add", "website", "--metrics", "--keys", str(repo / "other.json"))
    assert [key.name for key in KeyFile(repo / "other.json").listed()] == ["website"]
