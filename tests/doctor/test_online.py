"""The online store and its settings, as the doctor finds them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.doctor.conftest import FEATURES, Examined
from zipline.doctor.finding import Finding
from zipline.online import catalog
from zipline.online.calls import PutEntry
from zipline.online.steps import run
from zipline.online.stores.embedded import EmbeddedStore

STORE = "online store"


@pytest.fixture
def live(repo: Path) -> Path:
    """Return the repository with its view read online."""
    (repo / "doctored.py").write_text(FEATURES.replace("entity=shop", "entity=shop, online=True"))
    return repo


def test_where_nothing_is_read_online_no_store_is_asked(repo: Path, examined: Examined) -> None:
    assert STORE not in examined()


def test_a_folder_that_will_be_made(live: Path, examined: Examined) -> None:
    assert examined()[STORE] == Finding(
        STORE, "ok", "embedded:.zipline/online: not made yet, zipline materialize will"
    )
    assert not (live / ".zipline").exists()


def test_what_the_store_serves(live: Path, examined: Examined) -> None:
    store = EmbeddedStore(live / ".zipline" / "online")
    assert run(catalog.services(), store) == {}
    assert examined()[STORE].message == "embedded:.zipline/online: it answers; no service is in it yet"
    store.do(PutEntry("service/model@2", None, b"{}"))
    run(catalog.switch("model", 2), store)
    store.close()
    assert examined()[STORE] == Finding(STORE, "ok", "embedded:.zipline/online: model@2")


def test_a_store_that_does_not_answer(
    live: Path, examined: Examined, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZL_SECRET", "hunter2hunter2")
    (live / "zipline.toml").write_text('[online]\nstore = "redis://:${ZL_SECRET}@127.0.0.1:1/0"\n')
    found = examined()
    assert found[STORE].status == "fault"
    assert "hunter2" not in repr(found)


def test_a_store_of_another_sort(live: Path, examined: Examined) -> None:
    (live / "zipline.toml").write_text('[online]\nstore = "memcached://127.0.0.1"\n')
    assert (examined()[STORE].status, examined()[STORE].hint != "") == ("fault", True)


def test_settings_that_stand_for_nothing_are_asked_for_later(live: Path, examined: Examined) -> None:
    (live / "zipline.toml").write_text('[kafka]\nsasl_plain_password = "${ZL_NO_SUCH}"\nretries = 3\n')
    found = examined()["online settings"]
    assert (found.status, found.message) == (
        "warning",
        (
            "[kafka] sasl_plain_password: there is no variable 'ZL_NO_SUCH', which whatever reads or writes online "
            "will ask for"
        ),
    )
    assert found.hint.startswith("set it in [variables] of zipline.toml")
    (live / "zipline.toml").write_text('[online]\nstore = "redis://${ZL_NO_SUCH}"\n')
    assert examined()[STORE].message.startswith("[online] store: there is no variable 'ZL_NO_SUCH'")
