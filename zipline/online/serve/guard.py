"""The guard: who is asking, and what they may do."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from functools import lru_cache
from http import HTTPStatus
from typing import Final

from zipline.errors import ConfigError
from zipline.online.serve.api_keys import EVERY, ApiKey, KeyFile
from zipline.online.serve.responses import Refusal

ANYBODY: Final = ApiKey("", "", "", (EVERY,), (EVERY,), metrics=True)
"""Where no keys are asked for."""
_CHALLENGE: Final = ((b"www-authenticate", b"Bearer"),)


class Guard:
    """Lets requests in.

    Args:
        file: the keys; None lets everybody do everything.
        local: without keys, whether only this machine is meant: a request must then name it by address or `localhost`.
            A page in a browser could otherwise have its own name resolved to this machine, and ask in its user's place.
    """

    def __init__(self, file: KeyFile | None, *, local: bool = False) -> None:
        self._file = file
        self._local = local

    @property
    def asks(self) -> bool:
        """Whether keys are asked for."""
        return self._file is not None

    def admit(self, headers: Mapping[bytes, bytes]) -> ApiKey:
        """Return what the sender of a request may do.

        Raises:
            Refusal: 401, there is no key or not one of ours; 403, it names another machine; 503, the keys cannot be
                read.
        """
        if self._file is None:
            if self._local and not _names_this_machine(headers.get(b"host", b"")):
                raise Refusal(
                    HTTPStatus.FORBIDDEN, "without API keys a request names this machine by address",
                    hint="ask http://127.0.0.1 or http://localhost, or make a key with `zipline key add`",
                )  # fmt: skip
            return ANYBODY
        try:
            found = self._file.find(_key(headers))
        except ConfigError as error:
            raise Refusal(HTTPStatus.SERVICE_UNAVAILABLE, error.message, hint=error.hint) from None
        if found is None:
            raise Refusal(
                HTTPStatus.UNAUTHORIZED, "the API key is not known", headers=_CHALLENGE,
                hint="it may have been revoked; `zipline key add` makes one",
            )  # fmt: skip
        return found

    def admit_if_named(self, headers: Mapping[bytes, bytes]) -> ApiKey | None:
        """Do the same for what anybody may see: a request without a key is nobody's, None.

        Raises: as `admit` does, of a key that is not known.
        """
        named = b"authorization" in headers or b"x-api-key" in headers
        return self.admit(headers) if named or self._file is None else None


def _key(headers: Mapping[bytes, bytes]) -> str:
    scheme, _, token = headers.get(b"authorization", b"").partition(b" ")
    given = token.strip() if scheme.lower() == b"bearer" else headers.get(b"x-api-key", b"")
    if not given:
        raise Refusal(
            HTTPStatus.UNAUTHORIZED, "an API key is needed", headers=_CHALLENGE,
            hint="send Authorization: Bearer KEY, or X-API-Key: KEY",
        )  # fmt: skip
    return given.decode("latin-1")


def check_read(key: ApiKey, service: str) -> None:
    """Refuse a key that may not read a service; whether there is such a service is not told.

    Raises:
        Refusal: 403.
    """
    if not key.reads(service):
        raise _forbidden(f"may not read the service {service!r}", "--service")


def check_push(key: ApiKey, source: str) -> None:
    """Refuse a key that may not push to a source.

    Raises:
        Refusal: 403.
    """
    if not key.pushes(source):
        raise _forbidden(f"may not push to the source {source!r}", "--push")


def check_metrics(key: ApiKey) -> None:
    """Refuse a key that may not read the metrics.

    Raises:
        Refusal: 403.
    """
    if not key.metrics:
        raise _forbidden("may not read the metrics", "--metrics")


def _forbidden(what: str, option: str) -> Refusal:
    return Refusal(
        HTTPStatus.FORBIDDEN, f"this API key {what}", hint=f"make one with `zipline key add {option}`"
    )


def check_host(host: str, *, keys: bool, anybody: bool) -> None:
    """Refuse to listen where other machines may call and nobody is asked for a key.

    Args:
        host: an address or a name.
        keys: whether keys are asked for.
        anybody: whether it was said that none are wanted.

    Raises:
        ConfigError: that is so.

    >>> check_host("127.0.0.1", keys=False, anybody=False)
    >>> check_host("0.0.0.0", keys=True, anybody=False)
    """
    if keys or anybody or is_loopback(host):
        return
    raise ConfigError(
        f"other machines reach {host!r}, and there are no API keys",
        hint="make one with `zipline key add NAME --service '*'`, or say --open to answer anybody",
    )


def is_loopback(host: str) -> bool:
    """Return whether only this machine reaches an address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@lru_cache(256)
def _names_this_machine(host: bytes) -> bool:
    name = (
        host.decode("latin-1").rpartition(":")[0]
        if host.rpartition(b":")[2].isdigit()
        else host.decode("latin-1")
    )
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return name.lower() == "localhost"
    return True
