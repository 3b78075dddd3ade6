"""`POST /v1/features/{service}`: the features of one entity or of many."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from http import HTTPStatus
from time import perf_counter
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from zipline.errors import RequestError, ZiplineError
from zipline.online.serve.forms import Forms, counted
from zipline.online.serve.guard import check_read
from zipline.online.serve.json_values import instant_text
from zipline.online.serve.requests import Request, understood
from zipline.online.serve.responses import ARROW, JSON, Refusal, Response
from zipline.online.serve.serving import Serving
from zipline.online.serve.together import Together

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


class _Read(NamedTuple):
    """What was read, and the answer made of it."""

    service: str
    statuses: Mapping[str, int]
    response: Response


_DECODER = msgspec.json.Decoder(Asked)


class Reads:
    """Answers reads.

    Args:
        serving: the worker's parts.
    """

    def __init__(self, serving: Serving) -> None:
        self._serving = serving
        self._forms: dict[str, Forms] = {}
        self._together = Together(serving.lane, self._each, serving.limits.seconds)

    async def answer(self, request: Request, service: str) -> Response:
        """Return the features that a request asks for, as JSON, or as an Arrow IPC stream where it accepts one.

        Raises:
            Refusal: the key may not, there is no such service, or the body is not what is taken.
            RequestError: a field is unknown or of another type.
            OnlineError: there is no answer.
        """
        serving = self._serving
        check_read(serving.guard.admit(request.headers), service)
        body = await request.json(serving.limits, serving.bodies)
        start = perf_counter()
        asked, arrow = self._asked(body), _takes_arrow(request)
        if isinstance(asked.keys, dict) and not arrow:
            read, entities = await self._together.read(service, asked.at, asked.keys), 1
        else:
            rows = [asked.keys] if isinstance(asked.keys, dict) else asked.keys
            entities = len(rows)
            call = partial(self._many, service, rows, asked.at, arrow=arrow)
            read = await serving.lane.run(call, entities, serving.limits.seconds)
        serving.metrics.read(read.service, perf_counter() - start, entities, read.statuses)
        return read.response

    def _asked(self, body: bytes) -> Asked:
        asked = understood(
            _DECODER, body, "a read", '{"keys": {"carrier": "UA"}, "at": null}, or a list of keys'
        )
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

    def _each(self, service: str, at: str | None, asked: Sequence[dict[str, Any]]) -> list[_Read | Exception]:
        """Return what is read of one entity, or why it is not, for each of several requests."""
        forms = self._forms_of(self._state(service))
        given = [forms.request(keys) for keys in asked]
        found = self._serving.client.get_each(service, given, at=at)
        return [self._written(forms, *each) for each in zip(given, found, strict=True)]

    def _written(
        self, forms: Forms, given: Mapping[str, Any], features: Features | ZiplineError
    ) -> _Read | Exception:
        if isinstance(features, ZiplineError):
            return features
        log = self._serving.log
        if log is not None:
            log.offer(forms.state, given, features)
        statuses = counted(list(features.statuses.values()))
        return _Read(features.service, statuses, Response(HTTPStatus.OK, forms.one(features)))

    def _many(self, service: str, rows: list[dict[str, Any]], at: str | None, *, arrow: bool) -> _Read:
        serving, forms = self._serving, self._forms_of(self._state(service))
        given = [forms.request(row) for row in rows]
        answer = serving.client.answer(service, given, at=at)
        if serving.log is not None:
            serving.log.offer_many(given, answer)
        statuses = counted([each for name in answer.service.outputs for each in answer.statuses(name)])
        body, media = (_arrow(answer), ARROW) if arrow else (forms.many(answer), JSON)
        return _Read(answer.service.title, statuses, Response(HTTPStatus.OK, body, media))


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
