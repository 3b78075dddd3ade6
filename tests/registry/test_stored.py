"""Files of the registry that are not what zipline wrote: each is refused by name, with what to do."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import zipline as zl
from tests.refusals import refusal
from tests.registry.shop import MODULE, Shop
from zipline.errors import RegistryError

RESTORE = "\nHint: restore the file as it was written, from git or a backup"
NEWER = "\nHint: a newer zipline wrote it: upgrade this one (pip install --upgrade zipline-features)"
OTHER = "is not what zipline wrote: "
VIEW, SERVICE = "views/spending/1.json", "services/model/1.json"


@pytest.fixture
def applied(shop: Shop) -> Shop:
    shop.store.apply()
    return shop


def edited(shop: Shop, path: str, change: Callable[[Any], None]) -> Path:
    """Change the JSON of a file."""
    place = shop.root / "registry" / path
    data = json.loads(place.read_text())
    change(data)
    place.write_text(json.dumps(data, indent=2, sort_keys=True) + "\n")
    return place


def said(shop: Shop, place: Path, name: str = "spending") -> str:
    """Return what is said of a file, by all that reads it alike."""
    messages = {
        refusal(lambda: shop.store.versions(name), RegistryError),
        refusal(lambda: shop.store.find(f"{name}@1"), RegistryError),
        refusal(shop.store.plan, RegistryError),
        refusal(shop.store.apply, RegistryError),
    }
    (message,) = messages
    assert message.startswith(f"{place}: ")
    return message.removeprefix(f"{place}: ")


@pytest.mark.parametrize(
    "content", ["", "{", '{"format": 1', "<<<<<<< HEAD\n{}", '{"format": NaN}', "\x00", "[" * 100_000]
)
def test_torn_files(applied: Shop, content: str) -> None:
    place = applied.root / "registry" / VIEW
    place.write_text(content)
    message = said(applied, place)
    assert message.startswith("is torn or no JSON: ")
    assert message.endswith(RESTORE)


@pytest.mark.parametrize("content", ["[]", "{}", '{"format": "1"}', '{"format": true}'])
def test_files_of_others(applied: Shop, content: str) -> None:
    place = applied.root / "registry" / VIEW
    place.write_text(content)
    assert said(applied, place) == "is no file of a registry: it has no format number" + RESTORE


@pytest.mark.parametrize(("number", "hint"), [(2, NEWER), (0, RESTORE)])
def test_unknown_formats(applied: Shop, number: int, hint: str) -> None:
    place = edited(applied, VIEW, lambda data: data.update(format=number))
    assert said(applied, place) == f"has format {number}; this zipline knows format 1" + hint


def where(data: Any) -> Any:
    """Return the aggregation with `where` of a record's definition."""
    return data["definition"]["features"][2]["aggregation"]


TAMPERED: dict[str, Callable[[Any], Any]] = {
    "a definition": lambda data: where(data).update(where="amount > 1"),
    "a window": lambda data: data["definition"]["features"][0]["window"].update(length_us=1),
    "a meaning": lambda data: data["meaning"]["features"]["large_30d"].update(where="amount > 1"),
    "an identity": lambda data: data.update(identity="0" * 64),
    "a type": lambda data: data["schemas"]["orders"].update(amount="int64"),
    "an added feature": lambda data: data["definition"]["features"].append(
        {"type": "Derived", "name": "n", "expression": "1"}
    ),
}


@pytest.mark.parametrize("what", TAMPERED)
def test_content_that_has_another_identity(applied: Shop, what: str) -> None:
    place = edited(applied, VIEW, TAMPERED[what])
    message = said(applied, place)
    assert message.startswith("was changed after it was written: its content has the identity ")
    assert message.endswith(RESTORE)


def test_both_changed_alike(applied: Shop) -> None:
    """A meaning that fits its hash but not its definition."""
    from zipline.registry.json import digest

    def change(data: Any) -> None:
        data["meaning"]["features"]["large_30d"]["where"] = "amount > 1"
        data["identity"] = digest(data["meaning"])

    message = said(applied, edited(applied, VIEW, change))
    assert message.startswith("was changed after it was written: its content has the identity ")


def test_a_file_in_the_place_of_another(applied: Shop) -> None:
    place = edited(applied, VIEW, lambda data: data.update(version=7))
    message = said(applied, place)
    assert message == (
        "was changed after it was written: it says that it is view spending@7, not spending@1" + RESTORE
    )


ENTITY = {"type": "Entity", "name": "a", "keys": ["a"]}
COLUMNS = "its schemas have other columns than its definition reads"
STRANGE: dict[str, tuple[Callable[[Any], Any], str]] = {
    "no meaning": (lambda data: data.pop("meaning"), "there is no 'meaning'"),
    "no definition": (lambda data: data.update(definition=3), "3 is not a definition"),
    "another definition": (lambda data: data.update(definition=ENTITY), "Entity is not a view"),
    "an unknown class": (lambda data: where(data).update(type="Median"), "this zipline knows no 'Median'"),
    "an unknown field": (
        lambda data: where(data).update(power=3),
        "power=3 does not fit: extra inputs are not",
    ),
    "a field of another type": (
        lambda data: data["definition"].update(name=3),
        "name=3 does not fit: input should",
    ),
    "another name": (lambda data: data["definition"].update(name="other"), "its definition is of 'other'"),
    "an unread column": (lambda data: data["schemas"]["orders"].update(item="string"), COLUMNS),
    "a missing column": (lambda data: data["schemas"]["orders"].pop("amount"), COLUMNS),
    "an unknown type": (
        lambda data: data["schemas"]["orders"].update(amount="money"),
        "'money' is not a type",
    ),
    "a broken expression": (lambda data: where(data).update(where="amount >"), "did not expect the end"),
    "a strange value": (
        lambda data: where(data).update(default={"$price": 3}),
        "{'$price': 3} is not a tagged value",
    ),
}


@pytest.mark.parametrize("what", STRANGE)
def test_content_that_zipline_does_not_write(applied: Shop, what: str) -> None:
    change, expected = STRANGE[what]
    message = said(applied, edited(applied, VIEW, change))
    assert message.startswith(f"is not what zipline wrote: {expected}"), message
    assert message.endswith(RESTORE)


def test_services_are_checked_as_views_are(applied: Shop) -> None:
    place = edited(
        applied, SERVICE, lambda data: data["definition"]["features"][0].update(names=["count_7d"])
    )
    assert "its content has the identity" in said(applied, place, "model")


def test_a_service_whose_view_is_gone(applied: Shop) -> None:
    (applied.root / "registry" / VIEW).unlink()
    message = refusal(lambda: applied.store.find("model@1"), zl.RegistryError)
    assert (
        "services/model/1.json: is not what zipline wrote: no version of view 'spending' is registered"
        in message
    )


@pytest.mark.parametrize("path", [VIEW, SERVICE])
def test_an_applied_version_whose_record_is_gone_does_not_free_its_number(applied: Shop, path: str) -> None:
    applied.change(('where="amount > 15"', 'where="amount > 25"'))
    place = applied.root / "registry" / path
    place.unlink()
    for action in (applied.store.plan, applied.store.apply):
        assert refusal(action, zl.RegistryError) == f"{place}: is gone, and was applied{RESTORE}"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda data: data.update(format=3), "has format 3; this zipline knows format 1" + NEWER),
        (lambda data: data.pop("views"), OTHER + "there is no 'views'" + RESTORE),
        (lambda data: data["views"]["spending"].update(version="1"), OTHER + "'1' is not a version" + RESTORE),
        (lambda data: data["views"]["spending"].update(owner=3), OTHER + "3 is not a text" + RESTORE),
        (
            lambda data: data["sources"].update(orders=ENTITY),
            OTHER + "Entity is not a table" + RESTORE,
        ),
    ],
)  # fmt: skip
def test_applied_states_are_checked(applied: Shop, change: Callable[[Any], None], expected: str) -> None:
    (path,) = applied.files("applied")
    place = edited(applied, path, change)
    for action in (applied.store.plan, applied.store.applied, lambda: applied.store.find("spending@1")):
        assert refusal(action, zl.RegistryError) == f"{place}: {expected}"


def test_files_of_others_beside_are_left_alone(applied: Shop) -> None:
    for path in (
        "views/spending/.1.json.5f",
        "views/spending/1.json.orig",
        "views/spending/notes.txt",
        "applied/.keep",
    ):
        (applied.root / "registry" / path).write_text("?")
    assert applied.store.plan().is_empty
    applied.module(MODULE.replace("amount > 15", "amount > 25"))
    assert applied.store.apply().changes[0].version == 2
