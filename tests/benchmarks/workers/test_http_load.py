from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from benchmarks.workers.http_load import run


class Answers(BaseHTTPRequestHandler):
    """Answer with the body, twice, in two parts; refuse a bad one."""

    protocol_version = "HTTP/1.1"
    asked: list[bytes]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.asked.append(body)
        self.send_response(400 if body == b"bad" else 200)
        self.send_header("Content-Length", str(2 * len(body)))
        self.end_headers()
        self.close_connection = body == b"bad"
        self.wfile.write(body)
        self.wfile.flush()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[ThreadingHTTPServer]:
    Answers.asked = []
    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as made:
        thread = threading.Thread(target=made.serve_forever)
        thread.start()
        yield made
        made.shutdown()
        thread.join()


@pytest.mark.parametrize("connections", [1, 3])
def test_every_body_is_asked_once(server: ThreadingHTTPServer, connections: int) -> None:
    bodies = [json.dumps({"keys": number, "filler": "x" * 3000 * number}) for number in range(20)]
    found = run("127.0.0.1", server.server_port, "/read", bodies, connections)
    assert sorted(Answers.asked) == sorted(body.encode() for body in bodies)
    assert 0 < found["p50"] <= found["p99"] <= found["seconds"]


def test_an_answer_that_is_none_ends_the_run(server: ThreadingHTTPServer) -> None:
    with pytest.raises(ValueError, match="400 Bad Request"):
        run("127.0.0.1", server.server_port, "/read", ["bad"], 1)
