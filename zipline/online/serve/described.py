"""`/openapi.json` and `/docs`: what can be asked, described by the server itself."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus
from importlib.resources import files

from zipline.online.serve.openapi import openapi
from zipline.online.serve.requests import Request
from zipline.online.serve.responses import Header, Response, json_response
from zipline.online.serve.serving import Serving
from zipline.online.serve.status import readable

_HTML = b"text/html; charset=utf-8"
_SECURITY = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_POLICY: tuple[Header, ...] = (
    (b"content-security-policy", _SECURITY.encode()),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
)


async def document(serving: Serving, request: Request) -> Response:
    """Return the OpenAPI document: the routes, and of each service that the key may read its fields and features.

    Without a key, where one is asked for, the routes only.
    """
    key = serving.guard.admit_if_named(request.headers)
    found = []
    if key is not None:
        found = await serving.lane.in_thread(partial(readable, serving, key), serving.limits.seconds)
    return json_response(openapi(found, keys=serving.guard.asks))


async def page(serving: Serving, request: Request) -> Response:
    """Return a page that shows the document and tries requests; it loads nothing from elsewhere."""
    return Response(HTTPStatus.OK, files(__package__).joinpath("page.html").read_bytes(), _HTML, _POLICY)
