"""`POST /push`: rows of a source, acknowledged when they are durable."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus
from time import perf_counter
from typing import Any

import msgspec

from zipline.errors import ConfigError
from zipline.online.serve.guard import check_push
from zipline.online.serve.requests import Request, understood
from zipline.online.serve.responses import Refusal, Response, json_response
from zipline.online.serve.serving import Serving


class Pushed(msgspec.Struct, forbid_unknown_fields=True):
    """The body of a push.

    Attributes:
        source: whose rows they are.
        rows: column -> value, as JSON.
    """

    source: str
    rows: list[dict[str, Any]]


_DECODER = msgspec.json.Decoder(Pushed)


async def push(serving: Serving, request: Request) -> Response:
    """Put the rows of a request into their source's log; with the same `Idempotency-Key` again, not twice.

    Raises:
        Refusal: the key may not, nothing is pushed to here, or the body is not what is taken.
        RequestError: the source is not pushed to, or a row does not fit.
        StreamError: the log cannot be written.
    """
    key = serving.guard.admit(request.headers)
    body = await request.json(serving.limits, serving.bodies)
    start = perf_counter()
    pushed = _pushed(serving, body)
    check_push(key, pushed.source)
    if serving.push is None:
        raise Refusal(
            HTTPStatus.NOT_FOUND, "this server takes no pushes",
            hint="start it in the feature repository that defines the source",
        )  # fmt: skip
    named = request.headers.get(b"idempotency-key")
    call = partial(
        serving.push, pushed.source, pushed.rows,
        idempotency_key=named.decode("latin-1") if named is not None else None,
    )  # fmt: skip
    try:
        rows = await serving.lane.in_thread(call, serving.limits.seconds)
    except ConfigError as error:
        raise Refusal(HTTPStatus.NOT_FOUND, error.message, where=error.where, hint=error.hint) from None
    serving.metrics.pushed.labels(pushed.source).inc(rows)
    serving.metrics.push_seconds.labels(pushed.source).observe(perf_counter() - start)
    return json_response({"source": pushed.source, "rows": rows})


def _pushed(serving: Serving, body: bytes) -> Pushed:
    example = '{"source": "flights", "rows": [{"carrier": "UA", "arr_delay": 12.0}]}'
    pushed = understood(_DECODER, body, "a push", example)
    if len(pushed.rows) > serving.limits.batch:
        raise Refusal(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            f"{len(pushed.rows):,} rows are more than {serving.limits.batch:,}",
            hint="push in several requests, or raise [serve] max_batch",
        )
    return pushed
