"""`zipline serve`: features over HTTP."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from zipline.cli.key import File, key_file
from zipline.cli.options import Profile, Repo
from zipline.errors import ConfigError

if TYPE_CHECKING:
    from zipline.online.serve.api_keys import KeyFile
    from zipline.online.serve.limits import Limits
    from zipline.online.serve.serving import Pushing, Serving
    from zipline.repository import Repository
    from zipline.settings import ServeSettings

EXAMPLES = """\b
Examples:
  zipline serve
  zipline key add website --service delay_model && zipline serve --host 0.0.0.0
  zipline serve --workers 4 --log reads/ --sample 0.01
  zipline serve --store redis://localhost:6379/0 --port 0

\b
  curl localhost:8080/v1/features/delay_model --json '{"keys": {"carrier": "UA"}}'
http://localhost:8080/docs shows all that it answers. What is not given here is
read from [serve] of zipline.toml.
"""


@dataclass(frozen=True)
class Opening:
    """What a worker opens when it starts; sent to each.

    Attributes:
        repo, profile: of the feature repository; outside of one nothing can be pushed.
        store: where the state lies, as a URL with its variables replaced.
        keys: the file of API keys; None asks for none.
        local: whether only this machine reaches it.
        limits: of each request.
        log, sample: where reads are logged, and the share of them that is; None logs none.
    """

    repo: Path | None
    profile: str | None
    store: str
    keys: Path | None
    local: bool
    limits: Limits
    log: str | None
    sample: float

    def __call__(self) -> Serving:
        """Open a worker's parts."""
        import os

        from zipline.online.client import OnlineClient
        from zipline.online.feature_log import FeatureLog, Keeping
        from zipline.online.serve.api_keys import KeyFile
        from zipline.online.serve.guard import Guard
        from zipline.online.serve.metrics import SHARED, Metrics
        from zipline.online.serve.serving import Serving
        from zipline.online.stores.opening import open_store
        from zipline.repository import open_repository

        repository = open_repository(self.repo, self.profile)
        store = open_store(self.store, repository.settings.online, root=repository.root)
        metrics = Metrics(shared=SHARED in os.environ)
        log = None
        if self.log is not None:
            keeping = Keeping(sample=self.sample)
            log = FeatureLog(self.log, keeping, written=metrics.logged.inc, dropped=metrics.not_logged.inc)
        guard = Guard(KeyFile(self.keys) if self.keys is not None else None, local=self.local)
        return Serving(
            store, OnlineClient(store), metrics, self._push(repository), guard, self.limits, log
        )  # fmt: skip

    def _push(self, repository: Repository) -> Pushing | None:
        if not repository.sources:
            return None
        from zipline.store import FeatureStore

        return FeatureStore(self.repo, profile=self.profile).push


def serve(
    host: Annotated[str | None, typer.Option(metavar="ADDRESS", help="Where to listen; 127.0.0.1.")] = None,
    port: Annotated[int | None, typer.Option(metavar="PORT", help="8080; 0 is any free one.")] = None,
    workers: Annotated[int | None, typer.Option(metavar="N", min=1, help="Processes; 1.")] = None,
    store: Annotated[
        str | None,
        typer.Option(metavar="URL", help="The online store, in place of [online] store.", show_default=False),
    ] = None,
    keys: File = None,
    everybody: Annotated[
        bool, typer.Option("--open", help="Listen beyond this machine also without API keys.")
    ] = False,
    tls_certificate: Annotated[
        str | None, typer.Option(metavar="FILE", help="PEM: answer https.", show_default=False)
    ] = None,
    tls_key: Annotated[
        str | None, typer.Option(metavar="FILE", help="PEM: the certificate's key.", show_default=False)
    ] = None,
    log: Annotated[
        str | None,
        typer.Option(metavar="FOLDER", help="Log what is answered, for zipline verify.", show_default=False),
    ] = None,
    sample: Annotated[
        float | None,
        typer.Option(metavar="SHARE", min=0.0, max=1.0, help="The share of reads that is logged; 1."),
    ] = None,
    linger: Annotated[
        str, typer.Option(metavar="DURATION", help="After SIGTERM, answer so long while /readyz says no.")
    ] = "2s",
    repo: Repo = None,
    profile: Profile = None,
) -> None:
    """Answer features over HTTP, and take pushed events.

    Beyond this machine it listens only with API keys, see zipline key, or with --open.
    """
    from zipline.online.serve.listening import check_packages

    check_packages()
    from zipline.online.serve.app import App
    from zipline.online.serve.guard import check_host, is_loopback
    from zipline.online.serve.limits import Limits
    from zipline.online.serve.listening import Address, listen
    from zipline.repository import open_repository
    from zipline.time import parse_duration

    repository = open_repository(repo, profile)
    settings = _settings(
        repository, host=host, port=port, workers=workers, log=log, log_sample=sample,
        tls_certificate=tls_certificate, tls_key=tls_key, allow_without_keys=everybody or None,
    )  # fmt: skip
    asked = _keys(repository, keys, everybody=settings.allow_without_keys)
    check_host(settings.host, keys=asked is not None, anybody=settings.allow_without_keys)
    seconds = settings.request_timeout_us / 1e6
    located = repository.settings.located(store or repository.settings.online.store, where="[online] store")
    opening = Opening(
        repo, profile, located, asked.path if asked else None, is_loopback(settings.host),
        Limits(settings.max_body, settings.max_batch, seconds), settings.log, settings.log_sample,
    )  # fmt: skip
    address = Address(
        settings.host, settings.port, settings.workers, settings.tls_certificate, settings.tls_key, seconds
    )
    said = f"asking for API keys of {asked.path}" if asked else "asking for no API key"
    listen(
        App(opening, parse_duration(linger, what="--linger") / 1e6), address,
        lambda url: typer.echo(f"Listening on {url}, {said}; Ctrl-C stops it.", err=True),
    )  # fmt: skip


def _settings(repository: Repository, **given: object) -> ServeSettings:
    """Return what zipline.toml says, with what the command line says in its place; its paths where they are."""
    from zipline.online.feature_log import log_place

    settings = repository.settings.serve
    located: dict[str, Any] = {
        name: _place(repository, name, value)
        for name in ("tls_certificate", "tls_key")
        if (value := getattr(settings, name)) is not None
    }
    if settings.log is not None:
        located["log"] = log_place(repository.settings, repository.root)
    told: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    return replace(settings, **(located | told))


def _place(repository: Repository, name: str, text: str) -> str:
    place = repository.settings.located(text, where=f"[serve] {name}")
    return str(repository.root / Path(place).expanduser())


def _keys(repository: Repository, given: Path | None, *, everybody: bool) -> KeyFile | None:
    """Return the keys to ask for: those that are named, or the default file's where there is one.

    Raises:
        ConfigError: what is named does not exist.
    """
    file = key_file(repository, given)
    if file.exists():
        return file
    named = given is not None or repository.settings.serve.keys is not None
    if named and not everybody:
        raise ConfigError(
            f"{file.path} does not exist", hint="make a key: zipline key add NAME --service '*'"
        )
    return None
