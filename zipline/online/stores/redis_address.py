"""The URL of a Redis: one server, Sentinels that know one, or a cluster; with TLS where the scheme begins `rediss`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from zipline.errors import ConfigError, nearest

Kind: TypeAlias = Literal["single", "sentinel", "cluster"]

EXAMPLES: Final = (
    "redis://localhost:6379/0", "rediss://user:password@host:6380/0?ssl_ca_certs=/etc/ca.pem",
    "redis+sentinel://host1:26379,host2:26379/service/0", "redis+cluster://host1:6379,host2:6379",
    "embedded:.zipline/online",
)  # fmt: skip
_TLS: Final = (
    "ssl_ca_certs",
    "ssl_certfile",
    "ssl_keyfile",
    "ssl_password",
    "ssl_cert_reqs",
    "ssl_check_hostname",
)
_OPTIONS: Final = (*_TLS, "sentinel_username", "sentinel_password", "durable")
_YES_OR_NO: Final = {"yes": True, "true": True, "no": False, "false": False}
_PORTS: Final[Mapping[Kind, int]] = {"single": 6379, "sentinel": 26379, "cluster": 6379}
_SCHEMES: Final[Mapping[str, tuple[Kind, bool]]] = {
    "redis": ("single", False), "redis+sentinel": ("sentinel", False), "redis+cluster": ("cluster", False),
    "rediss": ("single", True), "rediss+sentinel": ("sentinel", True), "rediss+cluster": ("cluster", True),
}  # fmt: skip


@dataclass(frozen=True)
class RedisAddress:
    """Where a Redis is, and who we are there.

    Attributes:
        kind: what the hosts are.
        hosts: the server; the Sentinels; some of a cluster's servers.
        service: the name that Sentinels know the server by.
        database: its number; 0 in a cluster.
        username, password: of an ACL; None where none is given.
        tls: arguments of redis-py's TLS connections; None without TLS.
        sentinel_username, sentinel_password: of the Sentinels themselves.
        durable: whether a server is refused that keeps no append-only file (`durable=no` is for tests).
    """

    kind: Kind
    hosts: tuple[tuple[str, int], ...]
    service: str = ""
    database: int = 0
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    tls: Mapping[str, Any] | None = field(default=None, repr=False)
    sentinel_username: str | None = None
    sentinel_password: str | None = field(default=None, repr=False)
    durable: bool = True

    def __str__(self) -> str:
        """Return it for messages: who and where, and no secret."""
        scheme = ("redis" if self.tls is None else "rediss") + (
            "" if self.kind == "single" else f"+{self.kind}"
        )
        hosts = ",".join(f"[{host}]:{port}" if ":" in host else f"{host}:{port}" for host, port in self.hosts)
        who = f"{self.username}@" if self.username else ""
        path = {"single": f"/{self.database}", "sentinel": f"/{self.service}/{self.database}", "cluster": ""}
        return f"{scheme}://{who}{hosts}{path[self.kind]}"


def parse_address(url: str) -> RedisAddress:
    """Return what the URL of a Redis says.

    Raises:
        ConfigError: it is not one; the message shows none of its secrets.

    >>> str(parse_address("redis+sentinel://ann:secret@one,two:26380/shop"))
    'redis+sentinel://ann@one:26379,two:26380/shop/0'
    """
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise wrong_url(str(error)) from None
    if parts.scheme not in _SCHEMES:
        raise wrong_url(f"{parts.scheme!r} is not how one begins")
    kind, secure = _SCHEMES[parts.scheme]
    options = _options(parts)
    if not secure:
        _refuse_tls(options)
    who, _, hosts = parts.netloc.rpartition("@")
    username, _, password = who.partition(":")
    service, database = _path(parts, kind)
    return RedisAddress(
        kind=kind,
        hosts=_hosts(hosts, kind),
        service=service,
        database=database,
        username=unquote(username) or None,
        password=unquote(password) or None,
        tls=_tls(options) if secure else None,
        sentinel_username=options.get("sentinel_username"),
        sentinel_password=options.get("sentinel_password"),
        durable=_yes("durable", options.get("durable", "yes")),
    )


def wrong_url(what: str) -> ConfigError:
    """Return the error for a URL that cannot be used."""
    return ConfigError(what, where="the online store's URL", hint="write one like " + ", ".join(EXAMPLES))


def _options(parts: SplitResult) -> dict[str, str]:
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    for name in options:
        if name not in _OPTIONS:
            raise wrong_url(f"it has an option {name!r}; {nearest(name, _OPTIONS)}")
    return options


def _hosts(text: str, kind: Kind) -> tuple[tuple[str, int], ...]:
    hosts = []
    for each in text.split(","):
        try:
            one = urlsplit(f"//{each}")
            host, port = one.hostname, one.port
        except ValueError:
            raise wrong_url(f"{each!r} is not a host and a port") from None
        if not host:
            raise wrong_url("it names no host")
        hosts.append((host, port or _PORTS[kind]))
    if kind == "single" and len(hosts) > 1:
        raise wrong_url("it names several hosts, which only redis+sentinel:// and redis+cluster:// may")
    return tuple(hosts)


def _path(parts: SplitResult, kind: Kind) -> tuple[str, int]:
    """Return the service and the number of the database."""
    names = [unquote(part) for part in parts.path.split("/") if part]
    service = names.pop(0) if kind == "sentinel" and names else ""
    if kind == "sentinel" and not service:
        raise wrong_url("it names no service of the Sentinels")
    if len(names) > 1 or (names and not (names[0].isdecimal() and names[0].isascii())):
        raise wrong_url(f"{'/'.join(names)!r} is not the number of a database")
    database = int(names[0]) if names else 0
    if kind == "cluster" and database:
        raise wrong_url(f"it names database {database}, but a cluster has only 0")
    return service, database


def _tls(options: Mapping[str, str]) -> dict[str, Any]:
    given: dict[str, Any] = {name: options[name] for name in _TLS if name in options}
    if "ssl_check_hostname" in given:
        given["ssl_check_hostname"] = _yes("ssl_check_hostname", given["ssl_check_hostname"])
    if given.get("ssl_cert_reqs", "required") not in ("required", "optional", "none"):
        raise wrong_url(f"ssl_cert_reqs={given['ssl_cert_reqs']} is none of required, optional, none")
    if given.get("ssl_cert_reqs") == "none":
        given.setdefault("ssl_check_hostname", False)
    return given


def _refuse_tls(options: Mapping[str, str]) -> None:
    given = next((name for name in _TLS if name in options), None)
    if given is not None:
        raise wrong_url(f"{given} needs a scheme with TLS, such as rediss://")


def _yes(name: str, text: str) -> bool:
    if text not in _YES_OR_NO:
        raise wrong_url(f"{name}={text} is neither yes nor no")
    return _YES_OR_NO[text]
