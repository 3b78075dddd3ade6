"""The OpenAPI document of a server: its routes, and the fields and features of each service."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from zipline.online.statuses import Status
from zipline.types import DataType

if TYPE_CHECKING:
    from zipline.online.service_state import ServiceState

VERSION: Final = "3.1.0"
_JSON: Final = "application/json"
_ARROW: Final = "application/vnd.apache.arrow.stream"
_ERROR: Final = {
    "type": "object",
    "properties": {
        "error": {"type": "string"},
        "where": {"type": ["string", "null"]},
        "hint": {"type": ["string", "null"]},
    },
}
_REFUSALS: Final = {
    "400": "The request cannot be answered as it was asked.",
    "401": "No API key, or an unknown one.",
    "403": "The API key may not do this.",
    "404": "There is no such service, source or route.",
    "408": "The body did not come in time.",
    "413": "The body, or the number of entities or rows, is over the limit.",
    "415": "The body is not JSON, or compressed.",
    "500": "The server failed.",
    "503": "The online store is down or slow, or the server is busy.",
    "504": "The answer took too long.",
}


def openapi(services: Sequence[ServiceState], *, keys: bool) -> dict[str, Any]:
    """Return the document.

    Args:
        services: that are described one by one.
        keys: whether API keys are asked for.
    """
    document: dict[str, Any] = {
        "openapi": VERSION,
        "info": {"title": "zipline", "version": "1", "description": "Features at request time."},
        "paths": _paths(services),
        "components": {"schemas": {"Error": _ERROR}},
    }
    if keys:
        document["components"]["securitySchemes"] = {
            "bearer": {"type": "http", "scheme": "bearer"},
            "header": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
        }
        document["security"] = [{"bearer": []}, {"header": []}]
    return document


def _paths(services: Sequence[ServiceState]) -> dict[str, Any]:
    reads = {f"/v1/features/{each.title.partition('@')[0]}": {"post": _read(each)} for each in services}
    return {
        **(reads or {"/v1/features/{service}": {"post": _any_read()}}),
        "/push": {"post": _push()},
        "/v1/services": {"get": _told("The services that the key may read.", _JSON)},
        "/healthz": {"get": _told("Whether the process answers.", _JSON, open=True)},
        "/readyz": {
            "get": _told("Whether the store answers and the services are understood.", _JSON, open=True)
        },
        "/metrics": {"get": _told("Figures for Prometheus.", "text/plain")},
    }


def _read(state: ServiceState) -> dict[str, Any]:
    fields = {field: _nullable(json_schema(kind)) for field, kind in state.fields.items()}
    values = {name: _nullable(json_schema(state.kinds[name])) for name in state.outputs}
    request = {"type": "object", "properties": fields, "additionalProperties": False}
    return _read_of(f"Features of {state.title}.", request, {"type": "object", "properties": values})


def _any_read() -> dict[str, Any]:
    anything = {"type": "object"}
    described = _read_of("Features of a service.", anything, anything)
    named = {"name": "service", "in": "path", "required": True, "schema": {"type": "string"}}
    return {**described, "parameters": [named]}


def _read_of(summary: str, request: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
    asked = {
        "type": "object",
        "required": ["keys"],
        "properties": {
            "keys": {"anyOf": [request, {"type": "array", "items": request}]},
            "at": {"type": "string", "format": "date-time", "description": "A past instant; now, unless given."},
        },
        "additionalProperties": False,
    }  # fmt: skip
    status = {"type": "string", "enum": [each.value for each in Status]}
    row = {
        "values": values,
        "statuses": {"type": "object", "additionalProperties": status},
        "errors": {"type": "object", "additionalProperties": {"type": "string"}},
    }
    head = {"service": {"type": "string"}, "at": {"type": "string", "format": "date-time"}}
    rows = {"rows": {"type": "array", "items": {"type": "object", "properties": row}}}
    one = {"type": "object", "properties": {**head, **row}}
    many = {"type": "object", "properties": {**head, **rows}}
    answers = {_JSON: {"schema": {"anyOf": [one, many]}}, _ARROW: {"schema": {"type": "string"}}}
    return {"summary": summary, "requestBody": _body(asked), "responses": _responses(answers)}


def _push() -> dict[str, Any]:
    rows = {"type": "array", "items": {"type": "object"}}
    pushed = {"type": "object", "required": ["source", "rows"]}
    properties = {"source": {"type": "string"}, "rows": rows}
    acknowledged = {
        "type": "object",
        "properties": {"source": {"type": "string"}, "rows": {"type": "integer"}},
    }
    key = {
        "name": "Idempotency-Key", "in": "header", "required": False, "schema": {"type": "string"},
        "description": "The same key again: the rows are not taken twice.",
    }  # fmt: skip
    return {
        "summary": "Push rows of a source; acknowledged when they are durable.",
        "parameters": [key],
        "requestBody": _body({**pushed, "properties": properties, "additionalProperties": False}),
        "responses": _responses({_JSON: {"schema": acknowledged}}),
    }


def _told(summary: str, media: str, *, open: bool = False) -> dict[str, Any]:
    described: dict[str, Any] = {"summary": summary, "responses": _responses({media: {}})}
    return {**described, "security": []} if open else described


def _body(schema: dict[str, Any]) -> dict[str, Any]:
    return {"required": True, "content": {_JSON: {"schema": schema}}}


def _responses(answers: dict[str, Any]) -> dict[str, Any]:
    error = {_JSON: {"schema": {"$ref": "#/components/schemas/Error"}}}
    refused = {code: {"description": text, "content": error} for code, text in _REFUSALS.items()}
    return {"200": {"description": "The answer.", "content": answers}, **refused}


def _nullable(schema: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [schema, {"type": "null"}]}


def json_schema(kind: DataType) -> dict[str, Any]:
    """Return the schema of a type's form in JSON, as `json_values` tells.

    >>> json_schema(DataType("date"))
    {'type': 'string', 'format': 'date'}
    """
    simple: dict[str, dict[str, Any]] = {
        "bool": {"type": "boolean"},
        "int64": {"type": "integer", "format": "int64"},
        "string": {"type": "string"},
        "float64": {"anyOf": [{"type": "number"}, {"enum": ["NaN", "Infinity", "-Infinity"]}]},
        "decimal": {"type": "string", "format": "decimal"},
        "binary": {"type": "string", "contentEncoding": "base64"},
        "date": {"type": "string", "format": "date"},
        "timestamp": {"type": "string", "format": "date-time"},
    }
    match kind.kind:
        case "float32":
            return simple["float64"]
        case "list" | "vector":
            assert kind.element is not None
            size = {"minItems": kind.size, "maxItems": kind.size} if kind.kind == "vector" else {}
            return {"type": "array", "items": _nullable(json_schema(kind.element)), **size}
        case "struct":
            fields = {name: _nullable(json_schema(each)) for name, each in kind.fields}
            return {"type": "object", "properties": fields}
        case "map":
            assert kind.element is not None
            return {"type": "object", "additionalProperties": _nullable(json_schema(kind.element))}
        case _:
            return dict(simple.get(kind.kind, {}))
