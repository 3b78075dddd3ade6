"""`POST /v1/features/{service}`: the features of one entity or of many."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus
from time import perf_counter
from typing import TYPE_CHECKING, Any

import msgspec

from zipline.errors import RequestError
from zipline.online.serve.forms import Forms, counted
from zipline.online.serve.guard import check_read
from zipline.online.serve.json_values import instant_text
from zipline.online.serve.requests import Request
from zipline.online.serve.responses import ARROW, Refusal, Response
from zipline.online.serve.serving import Serving

if TYPE_CHECKING:
    from zipline.online.answer import Answer
    from zipline.online.features import Features
    from zipline.online.service_state import ServiceState


class Asked(msgspec.Struct, forbid_unknown_fields=True):
    """The body of a read.

    Attributes:
        keys: the fields of a request (keys, and what else the service takes), or a list of such objects.
        at: a past instant; now, unless given.
    """

    keys: dict[str, Any] | list[dict[str, Any]]
    at: str | None = None


_DECODER = msgspec.json.Decoder(Asked)


class Reads:
    """Answers reads.

    Args:
        serving: the worker's parts.
    """

    def __init__(self, serving: Serving) -> None:
        self._serving = serving
        self._forms: dict[str, Forms] = {}

    async def answer(self, request: Request, service: str) -> Response:
        """Return the features that a request asks for, as JSON, or as an Arrow IPC stream where it accepts one.

        Raises:
            Refusal: the key may not, there is no such service, or the body is not what is taken.
            RequestError: a field is unknown or of another type.
            OnlineError: there is no answer.
        """
        serving = self._serving
        check_read(serving.guard.admit(request.headers), service)
        body = await request.json(serving.limits)
        start = perf_counter()
        asked = self._asked(body)
        state = await serving.lane.run(partial(self._state, service), 1, serving.limits.seconds)
        forms = self._forms_of(state)
        if isinstance(asked.keys, dict) and not _takes_arrow(request):
            response = await self._one(forms, service, asked.keys, asked.at)
        else:
            rows = [asked.keys] if isinstance(asked.keys, dict) else asked.keys
            response = await self._many(forms, service, rows, asked.at, arrow=_takes_arrow(request))
        serving.metrics.read_seconds.labels(state.title).observe(perf_counter() - start)
        return response

    def _asked(self, body: bytes) -> Asked:
        try:
            asked = _DECODER.decode(body)
        except msgspec.MsgspecError as error:
            raise Refusal(
                HTTPStatus.BAD_REQUEST, f"the body is not a read: {error}",
                hint='such as {"keys": {"carrier": "UA"}}, or a list of such keys; "at" may be a past instant',
            ) from None  # fmt: skip
        limit = self._serving.limits.batch
        if isinstance(asked.keys, list) and len(asked.keys) > limit:
            raise Refusal(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                f"{len(asked.keys):,} entities are more than {limit:,}",
                hint="ask in several requests, or raise [serve] max_batch",
            )
        return asked

    def _state(self, service: str) -> ServiceState:
        try:
            return self._serving.client.service(service)
        except RequestError as error:
            raise Refusal(HTTPStatus.NOT_FOUND, error.message, where=error.where, hint=error.hint) from None

    def _forms_of(self, state: ServiceState) -> Forms:
        forms = self._forms.get(state.title)
        if forms is None or forms.state is not state:
            forms = self._forms[state.title] = Forms(state)
        return forms

    async def _one(self, forms: Forms, service: str, keys: dict[str, Any], at: str | None) -> Response:
        serving = self._serving
        given = forms.request(keys)
        call = partial(serving.client.get, service, given, at=at)
        features: Features = await serving.lane.run(call, 1, serving.limits.seconds)
        self._count(features.service, 1, list(features.statuses.values()))
        if serving.log is not None:
            serving.log.offer(forms.state, given, features)
        return Response(HTTPStatus.OK, forms.one(features))

    async def _many(
        self, forms: Forms, service: str, rows: list[dict[str, Any]], at: str | None, *, arrow: bool
    ) -> Response:
        serving = self._serving
        given = [forms.request(row) for row in rows]

        def call() -> tuple[Answer, bytes]:
            answer = serving.client.answer(service, given, at=at)
            return answer, _arrow(answer) if arrow else forms.many(answer)

        answer, body = await serving.lane.run(call, len(rows), serving.limits.seconds)
        title = answer.service.title
        for name in answer.service.outputs:
            self._count(title, 0, list(answer.statuses(name)))
        serving.metrics.entities.labels(title).inc(len(answer))
        if serving.log is not None:
            serving.log.offer_many(given, answer)
        return Response(HTTPStatus.OK, body, ARROW) if arrow else Response(HTTPStatus.OK, body)

    def _count(self, title: str, entities: int, statuses: list[Any]) -> None:
        metrics = self._serving.metrics
        if entities:
            metrics.entities.labels(title).inc(entities)
        for status, count in counted(statuses).items():
            metrics.values.labels(title, status.value).inc(count)


def _takes_arrow(request: Request) -> bool:
    """Return whether an Arrow stream is what the caller names in `Accept`."""
    return ARROW in request.headers.get(b"accept", b"").lower()


def _arrow(answer: Answer) -> bytes:
    """Return the fields, values and statuses as an Arrow IPC stream; its metadata name the version and the instant."""
    import pyarrow as pa

    table = answer.table(statuses=True)
    said = {
        b"zipline.service": answer.service.title.encode(),
        b"zipline.at": instant_text(answer.time).encode(),
    }
    table = table.replace_schema_metadata({**(table.schema.metadata or {}), **said})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes()  # type: ignore[no-any-return]
