"""A schema registry over HTTP: schemas by number, and those that they refer to, each asked for once.

Only what the registry says for certain is an answer: that a number is unknown. Anything else is tried again.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlsplit
from urllib.request import Request, urlopen

import fastavro

from zipline.errors import ConfigError
from zipline.online.streams.base import TryAgain


class SchemaRegistry:
    """Asks a registry.

    Args:
        url: of it, `http` or `https`.
        user, password: of basic authentication.
        timeout: seconds of one request.
    """

    def __init__(
        self, url: str, user: str | None = None, password: str | None = None, timeout: float = 10.0
    ) -> None:
        if urlsplit(url).scheme not in ("http", "https"):
            raise ConfigError(
                f"url = {url!r} is no address",
                where="[schema_registry]",
                hint="write http://... or https://...",
            )
        self._url, self._timeout = url.rstrip("/"), timeout
        self._headers = {"Accept": "application/vnd.schemaregistry.v1+json, application/json"}
        if user is not None:
            secret = base64.b64encode(f"{user}:{password or ''}".encode()).decode()
            self._headers["Authorization"] = f"Basic {secret}"

    def schema(self, number: int) -> Mapping[str, Any] | None:
        """Return the schema of a number, as fastavro parses it; None: there is none.

        Raises:
            TryAgain: the registry does not answer, or refuses us.
        """
        found = self._get(f"/schemas/ids/{number}")
        if found is None:
            return None
        if found.get("schemaType", "AVRO") != "AVRO":
            return {"type": f"{found['schemaType']} schema"}
        named: dict[str, Any] = {}
        self._refer(found, named)
        return _schema(found, named)

    def _refer(self, found: Mapping[str, Any], named: dict[str, Any]) -> None:
        """Learn the types that a schema refers to, which may refer to others."""
        for each in found.get("references") or ():
            subject, version = quote(each["subject"], safe=""), each["version"]
            other = self._get(f"/subjects/{subject}/versions/{version}")
            if other is None:
                raise TryAgain(
                    f"the schema registry has no version {version} of {each['subject']!r}, which a schema refers to",
                    where=self._url,
                )
            self._refer(other, named)
            _schema(other, named)

    def _get(self, path: str) -> Mapping[str, Any] | None:
        request = Request(self._url + path, headers=self._headers)
        try:
            with urlopen(request, timeout=self._timeout) as answer:
                found = json.load(answer)
        except HTTPError as error:
            with error:
                if error.code == HTTPStatus.NOT_FOUND:
                    return None
                raise self._later(f"it answers {error.code} {error.reason}") from error
        except (URLError, OSError, ValueError) as error:
            raise self._later(str(getattr(error, "reason", error))) from error
        if not isinstance(found, dict) or not isinstance(found.get("schema"), str):
            raise self._later("its answer is no schema")
        return found

    def _later(self, why: str) -> TryAgain:
        return TryAgain(
            f"the schema registry does not tell a schema: {why}", where=self._url,
            hint="is [schema_registry] url right, and user and password?",
        )  # fmt: skip


def _schema(found: Mapping[str, Any], named: dict[str, Any]) -> Mapping[str, Any]:
    schema = json.loads(found["schema"])
    parsed: Any = fastavro.parse_schema(schema if isinstance(schema, dict) else {"type": schema}, named)
    return parsed  # type: ignore[no-any-return]
