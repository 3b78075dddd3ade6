"""Routes, their methods, health, and what the server says of itself."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.online.serve.conftest import Ask
from tests.online.serve.stand_in import StandIn
from zipline.errors import ConfigError, StoreUnavailable
from zipline.online.serve.app import ROUTES, App
from zipline.online.serve.deadlines import Deadlines
from zipline.online.serve.limits import Limits
from zipline.online.serve.serving import Serving


def test_routes_and_methods(ask: Ask) -> None:
    answer = ask("GET", "/v1/service")
    assert (answer.status_code, answer.json()["error"]) == (404, "there is nothing at '/v1/service'")
    assert answer.json()["hint"].startswith("did you mean '/v1/services'?")
    answer = ask("GET", "/v1/features/delay_model")
    assert (answer.status_code, answer.headers["allow"], answer.json()["hint"]) == (405, "POST", "use POST")
    assert ask("DELETE", "/v1/services").headers["allow"] == "GET"


def test_services(ask: Ask) -> None:
    model, every = ask("GET", "/v1/services").json()["services"]
    assert model == {
        "name": "delay_model", "version": 3,
        "keys": {"carrier": "string", "distance": "float64", "token": "binary"},
        "features": {"delays__count_1d": "int64", "delays__mean_1d": "float64"}, "views": [],
    }  # fmt: skip
    assert every["features"]["by_day"] == "map<date, int64>"


def test_health(ask: Ask, client: StandIn, serving: Serving) -> None:
    assert (ask("GET", "/healthz").status_code, ask("GET", "/healthz").json()) == (200, {"status": "ok"})
    assert ask("GET", "/readyz").json() == {"status": "ready", "services": 2}
    client.error = StoreUnavailable("Redis is down")
    answer = ask("GET", "/readyz")
    assert answer.status_code == 503
    assert answer.json() == {"status": "not ready", "error": "Redis is down"}
    assert ask("GET", "/healthz").status_code == 200
    client.error = None
    serving.leaving = True
    assert ask("GET", "/readyz").json() == {"status": "stopping"}
    answer = ask("POST", "/v1/features/delay_model", json={"keys": {}})
    assert (answer.status_code, answer.headers["connection"]) == (200, "close")


def figures(ask: Ask) -> dict[str, float]:
    text = ask("GET", "/metrics").text
    return {
        f"{sample.name}{sorted(sample.labels.values())}": sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_metrics_count_reads_by_service_and_values_by_status(ask: Ask) -> None:
    ask("POST", "/v1/features/delay_model", json={"keys": {"carrier": "UA"}})
    ask("POST", "/v1/features/delay_model", json={"keys": [{"carrier": "UA"}, {}, {"carrier": "bad"}]})
    ask("POST", "/v1/features/no_model", json={"keys": {}})
    ask("GET", "/nothing/here")
    found = figures(ask)
    assert found["zipline_read_entities_total['delay_model@3']"] == 4
    assert found["zipline_values_total['PRESENT', 'delay_model@3']"] == 6
    assert found["zipline_values_total['NULL', 'delay_model@3']"] == 1
    assert found["zipline_values_total['ERROR', 'delay_model@3']"] == 1
    assert found["zipline_read_seconds_count['delay_model@3']"] == 2
    assert found["zipline_read_seconds_bucket['+Inf', 'delay_model@3']"] == 2
    assert found["zipline_requests_total['/v1/features/', '200']"] == 2
    assert found["zipline_requests_total['/v1/features/', '404']"] == 1
    assert found["zipline_requests_total['404', 'other']"] == 1


def test_a_store_that_is_down_leaves_the_other_metrics(ask: Ask, client: StandIn) -> None:
    client.error = StoreUnavailable("Redis is down")
    ask("POST", "/v1/features/delay_model", json={"keys": {}})
    assert figures(ask)["zipline_requests_total['/v1/features/', '503']"] == 1


def test_the_document_describes_every_route_and_service(ask: Ask) -> None:
    document = ask("GET", "/openapi.json").json()
    assert document["openapi"] == "3.1.0"
    assert set(document["paths"]) == {
        "/v1/features/delay_model", "/v1/features/every_type", *ROUTES,
    } - {"/docs", "/openapi.json"}  # fmt: skip
    read = document["paths"]["/v1/features/delay_model"]["post"]
    one, many = read["requestBody"]["content"]["application/json"]["schema"]["properties"]["keys"]["anyOf"]
    assert one == many["items"]
    assert one["properties"]["token"] == {
        "anyOf": [{"type": "string", "contentEncoding": "base64"}, {"type": "null"}]
    }
    assert "security" not in document
    references = re.findall(r"#/components/schemas/(\w+)", ask("GET", "/openapi.json").text)
    assert set(references) <= document["components"]["schemas"].keys()


def test_the_page_loads_nothing_from_elsewhere(ask: Ask) -> None:
    answer = ask("GET", "/docs")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert re.findall(r"(?:https?:)?//[a-z]", answer.text) == []
    assert "innerHTML" not in answer.text


def test_too_many_requests_at_once_are_turned_away(ask: Ask, serving: Serving) -> None:
    serving.limits = Limits(requests=2)
    serving.active = 2
    answer = ask("POST", "/v1/features/delay_model", json={"keys": {}})
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert answer.json()["error"] == "2 requests are being answered"
    assert ask("GET", "/healthz").status_code == 200
    assert serving.active == 2


def scope(**parts: Any) -> dict[str, Any]:
    common = {
        "type": "http",
        "method": "POST",
        "path": "/v1/features/delay_model",
        "headers": [(b"content-type", b"application/json")],
    }
    return common | parts


def test_a_body_that_does_not_come_ends_the_request(serving: Serving) -> None:
    serving.limits = Limits(seconds=0.01)
    serving.bodies = Deadlines(0.01)
    app, sent = App(lambda: serving), []
    app.start()

    async def never() -> Any:
        await asyncio.Event().wait()

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(app(scope(), never, send))
    assert sent[0]["status"] == 408
    assert (b"connection", b"close") in sent[0]["headers"]
    assert b"the body did not come within 0.01 s" in sent[1]["body"]


def test_nobody_is_answered_who_has_hung_up(serving: Serving) -> None:
    app, sent = App(lambda: serving), []
    app.start()

    async def gone() -> Any:
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(app(scope(), gone, send))
    assert sent == []
    assert serving.active == 0


def lived(app: App) -> list[dict[str, Any]]:
    """Return what an application says as a server starts and stops."""
    said: list[dict[str, Any]] = []
    received = iter(({"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}))

    async def receive() -> Any:
        return next(received)

    async def send(message: Any) -> None:
        said.append(message)

    asyncio.run(app({"type": "lifespan"}, receive, send))
    return said


def test_it_opens_when_the_server_starts_and_closes_when_it_stops(client: StandIn, serving: Serving) -> None:
    said = lived(App(lambda: serving))
    assert [each["type"] for each in said] == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    assert client.closed


def test_it_starts_before_the_store_answers(
    client: StandIn, serving: Serving, caplog: pytest.LogCaptureFixture
) -> None:
    client.error = StoreUnavailable("Redis is down")
    assert lived(App(lambda: serving))[0]["type"] == "lifespan.startup.complete"
    assert "not ready yet: Redis is down" in caplog.text


def test_what_cannot_be_opened_says_so() -> None:
    def broken() -> Serving:
        raise ConfigError("no such store")

    assert lived(App(broken)) == [{"type": "lifespan.startup.failed", "message": "no such store"}]


def test_a_web_socket_is_closed(serving: Serving) -> None:
    app, sent = App(lambda: serving), []

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(app({"type": "websocket"}, None, send))  # type: ignore[arg-type]
    assert sent == [{"type": "websocket.close"}]
