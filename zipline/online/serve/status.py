"""The routes that tell of the server itself: services, health, metrics."""

from __future__ import annotations

import time as clock
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from zipline.errors import ZiplineError
from zipline.online.freshness import markers
from zipline.online.serve.api_keys import ApiKey
from zipline.online.serve.guard import check_metrics
from zipline.online.serve.metrics import ViewFreshness
from zipline.online.serve.requests import Request
from zipline.online.serve.responses import Response, json_response
from zipline.online.serve.serving import Serving
from zipline.online.steps import run

if TYPE_CHECKING:
    from zipline.online.service_state import Part, ServiceState

_TEXT = b"text/plain; version=0.0.4; charset=utf-8"


async def services(serving: Serving, request: Request) -> Response:
    """Return the services that the key may read: version, request fields, features, with their types."""
    key = serving.guard.admit(request.headers)
    described = await serving.lane.in_thread(partial(readable, serving, key), serving.limits.seconds)
    return json_response({"services": [_described(each) for each in described]})


def readable(serving: Serving, key: ApiKey) -> list[ServiceState]:
    """Return the services that a key may read."""
    return [serving.client.service(title) for title in serving.client.services() if key.reads(title)]


def _described(state: ServiceState) -> dict[str, Any]:
    name, _, version = state.title.partition("@")
    return {
        "name": name,
        "version": int(version),
        "keys": {field: str(kind) for field, kind in state.fields.items()},
        "features": {column: str(state.kinds[column]) for column in state.outputs},
        "views": [part.state.title for part in state.parts],
    }


async def healthy(serving: Serving, request: Request) -> Response:
    """Return that this process answers; whether it has anything to answer with is what `ready` tells."""
    return json_response({"status": "ok"})


async def ready(serving: Serving, request: Request) -> Response:
    """Return whether the store answers and every service is understood; 503 where not, or when about to stop."""
    if serving.leaving:
        return json_response({"status": "stopping"}, HTTPStatus.SERVICE_UNAVAILABLE)
    try:
        found = await serving.lane.in_thread(partial(warm, serving), serving.limits.seconds)
    except (ZiplineError, TimeoutError) as error:
        why = error.message if isinstance(error, ZiplineError) else "the store takes too long"
        return json_response({"status": "not ready", "error": why}, HTTPStatus.SERVICE_UNAVAILABLE)
    return json_response({"status": "ready", "services": found})


def warm(serving: Serving) -> int:
    """Resolve every service, so that no request has to, and return how many there are."""
    return len([serving.client.service(title) for title in serving.client.services()])


async def metrics(serving: Serving, request: Request) -> Response:
    """Return the figures of all workers in Prometheus' text format; those of views only where the store answers."""
    check_metrics(serving.guard.admit(request.headers))
    text = await serving.lane.in_thread(partial(_exposition, serving), serving.limits.seconds)
    return Response(HTTPStatus.OK, text, _TEXT)


def _exposition(serving: Serving) -> bytes:
    try:
        views = [_freshness(serving, part) for part in _parts(serving)]
    except ZiplineError:  # the store is down: what was counted is told all the same
        views = []
    return serving.metrics.exposition(views)


def _parts(serving: Serving) -> list[Part]:
    """Return the views that services read, each version once."""
    states = [serving.client.service(title) for title in serving.client.services()]
    return list({part.state.title: part for state in states for part in state.parts}.values())


def _freshness(serving: Serving, part: Part) -> ViewFreshness:
    name, _, version = part.state.title.rpartition("@")
    found = run(markers(name, int(version)), serving.store)
    behind = None
    watermarks = [part.watermark(marker) for marker in found]
    if watermarks and None not in watermarks:
        least = min(each for each in watermarks if each is not None)
        behind = max(0, clock.time_ns() // 1000 - least) / 1e6
    offsets: dict[str, int] = {}
    for marker in found:
        for log, at in marker.logs.items():
            offsets[log] = min(at.offset, offsets.get(log, at.offset))
    limit = None if part.freshness is None else part.freshness / 1e6
    return ViewFreshness(part.state.title, behind, limit, offsets)
