"""The schema registry's client, against a small HTTP server that speaks the two endpoints which are used.

It is no registry: it gives what a test put there, and fails when a test says so.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from zipline.errors import ConfigError
from zipline.online.streams.base import TryAgain
from zipline.online.streams.schema_registry import SchemaRegistry


class Server:
    """What is answered to which path, and what was asked."""

    def __init__(self) -> None:
        self.answers: dict[str, tuple[int, bytes]] = {}
        self.asked: list[tuple[str, str | None]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.asked.append((self.path, self.headers.get("Authorization")))
                status, body = outer.answers.get(self.path, (404, b'{"error_code": 40403}'))
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}"

    def has(self, path: str, schema: Any, **more: Any) -> None:
        self.answers[path] = (200, json.dumps({"schema": json.dumps(schema), **more}).encode())


@pytest.fixture
def server() -> Iterator[Server]:
    found = Server()
    thread = threading.Thread(target=found.http.serve_forever)
    thread.start()
    yield found
    found.http.shutdown()
    thread.join()
    found.http.server_close()


ROW = {"type": "record", "name": "Row", "fields": [{"name": "x", "type": "int"}]}


def test_a_schema_by_its_number(server: Server) -> None:
    server.has("/schemas/ids/7", ROW)
    registry = SchemaRegistry(server.url + "/", "me", "secret")
    found = registry.schema(7)
    assert found is not None
    assert found["fields"] == ROW["fields"]
    assert server.asked == [("/schemas/ids/7", "Basic bWU6c2VjcmV0")]
    assert registry.schema(8) is None


def test_schemas_that_refer_to_others(server: Server) -> None:
    inner = {"type": "record", "name": "shop.In", "fields": [{"name": "a", "type": "shop.Kind"}]}
    kind = {"type": "enum", "name": "shop.Kind", "symbols": ["A"]}
    outer = {"type": "record", "name": "shop.Row", "fields": [{"name": "x", "type": "shop.In"}]}
    refers = [{"name": "shop.In", "subject": "shop/in", "version": 3}]
    server.has("/schemas/ids/7", outer, references=refers)
    server.has(
        "/subjects/shop%2Fin/versions/3",
        inner,
        references=[{"name": "shop.Kind", "subject": "kind", "version": 1}],
    )
    server.has("/subjects/kind/versions/1", kind)
    found = SchemaRegistry(server.url).schema(7)
    assert found is not None
    assert set(found["__named_schemas"]) >= {"shop.In", "shop.Kind", "shop.Row"}
    del server.answers["/subjects/kind/versions/1"]
    with pytest.raises(TryAgain, match="has no version 1 of 'kind', which a schema refers to"):
        SchemaRegistry(server.url).schema(7)


def test_a_schema_of_another_kind_is_not_avro(server: Server) -> None:
    server.has("/schemas/ids/7", "message Row {}", schemaType="PROTOBUF")
    assert SchemaRegistry(server.url).schema(7) == {"type": "PROTOBUF schema"}


@pytest.mark.parametrize(
    ("status", "body", "why"),
    [
        (500, b"", "it answers 500 Internal Server Error"),
        (401, b"", "it answers 401 Unauthorized"),
        (200, b"<html>", "Expecting value"),
        (200, b'{"other": 1}', "its answer is no schema"),
    ],
)
def test_whatever_else_it_answers_is_tried_again(server: Server, status: int, body: bytes, why: str) -> None:
    server.answers["/schemas/ids/7"] = (status, body)
    with pytest.raises(TryAgain, match="the schema registry does not tell a schema") as caught:
        SchemaRegistry(server.url, "me", "secret").schema(7)
    assert why in caught.value.message
    assert caught.value.where == server.url
    assert caught.value.hint == "is [schema_registry] url right, and user and password?"


def test_a_registry_that_is_not_there() -> None:
    with pytest.raises(TryAgain, match="Connection refused"):
        SchemaRegistry("http://127.0.0.1:9", timeout=1).schema(7)


def test_an_address_that_is_none() -> None:
    with pytest.raises(ConfigError, match="url = 'file:///etc/passwd' is no address") as caught:
        SchemaRegistry("file:///etc/passwd")
    assert caught.value.hint == "write http://... or https://..."
