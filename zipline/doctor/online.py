"""What is read online: does its store answer, and do its settings stand for something."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from zipline.doctor.definitions import Opened
from zipline.doctor.finding import Finding, TookTooLong, fault, within
from zipline.errors import ConfigError
from zipline.settings import Settings

_HINT = "see whether it can be reached: [online] store in zipline.toml"


def check_settings(opened: Opened) -> Iterator[Finding]:
    """Say which `${name}` of the online settings stand for nothing; others than servers may do without."""
    for place, text in texts_of(opened.settings):
        try:
            opened.settings.located(text)
        except ConfigError as error:
            message = f"{place}: {error.message}, which whatever reads or writes online will ask for"
            yield Finding("online settings", "warning", message, error.hint or "")


def texts_of(settings: Settings) -> Iterator[tuple[str, str]]:
    """Return the settings of what is online that may hold `${name}`, each with its place."""
    yield "[online] store", settings.online.store
    yield "[kafka] bootstrap_servers", settings.kafka.bootstrap_servers
    yield from (
        (f"[kafka] {key}", each) for key, each in settings.kafka.options.items() if isinstance(each, str)
    )
    for key in ("url", "user", "password"):
        yield f"[schema_registry] {key}", getattr(settings.schema_registry, key) or ""
    yield "[push] folder", settings.push.folder
    for key in ("keys", "tls_certificate", "tls_key", "log"):
        yield f"[serve] {key}", getattr(settings.serve, key) or ""


def check_store(opened: Opened, seconds: float) -> Iterator[Finding]:
    """Say whether the online store answers, where some view is read online."""
    repository = opened.repository
    if repository is None or not any(view.online for view in repository.views.values()):
        return
    try:
        url = opened.settings.located(opened.settings.online.store, where="[online] store")
        yield from within(seconds, lambda: [_answer(opened.settings, url, repository.root)])
    except TookTooLong as error:
        yield fault("online store", error, _HINT)
    except Exception as error:  # whatever a client of a server raises
        yield fault("online store", error, _HINT)


def _answer(settings: Settings, url: str, root: Path) -> Finding:
    from zipline.display.secrets import without_secrets
    from zipline.online import catalog
    from zipline.online.steps import run
    from zipline.online.stores.opening import EMBEDDED, open_store

    title = without_secrets(url)
    if url.startswith(EMBEDDED) and not (root / url.removeprefix(EMBEDDED)).exists():
        return Finding("online store", "ok", f"{title}: not made yet, zipline materialize will")
    store = open_store(url, settings.online, root=root)
    try:
        services = run(catalog.services(), store)
    finally:
        store.close()
    said = ", ".join(f"{name}@{version}" for name, version in sorted(services.items()))
    return Finding("online store", "ok", f"{title}: {said or 'it answers; no service is in it yet'}")
