"""`POST /push`: handed on whole, acknowledged when it is durable."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from tests.online.serve.conftest import Ask
from zipline.errors import ConfigError, RequestError, StreamError
from zipline.online.serve.limits import Limits
from zipline.online.serve.serving import Serving

ROWS = [{"carrier": "UA", "arr_delay": 12.5}, {"carrier": "AA", "arr_delay": None}]


class Taken:
    """Takes rows, or fails."""

    def __init__(self) -> None:
        self.calls: list[Any] = []
        self.error: Exception | None = None

    def __call__(
        self, source: str, rows: Sequence[Mapping[str, Any]], *, idempotency_key: str | None = None
    ) -> int:
        if self.error is not None:
            raise self.error
        self.calls.append((source, rows, idempotency_key))
        return len(rows)


@pytest.fixture
def taken(serving: Serving) -> Taken:
    """Return what stands behind the route."""
    taken = Taken()
    serving.push = taken
    return taken


def test_rows_are_handed_on(ask: Ask, taken: Taken) -> None:
    answer = ask("POST", "/push", json={"source": "flights", "rows": ROWS})
    assert (answer.status_code, answer.json()) == (200, {"source": "flights", "rows": 2})
    ask("POST", "/push", json={"source": "flights", "rows": ROWS}, headers={"Idempotency-Key": "a-1"})
    assert taken.calls == [("flights", ROWS, None), ("flights", ROWS, "a-1")]


def test_nothing_is_pushed_without_a_repository(ask: Ask) -> None:
    answer = ask("POST", "/push", json={"source": "flights", "rows": ROWS})
    assert (answer.status_code, answer.json()["error"]) == (404, "this server takes no pushes")


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        (b'{"source": "flights"}', 400, "the body is not a push: Object missing required field `rows`"),
        (b'{"source": "flights", "rows": [1]}', 400, "the body is not a push: Expected `object`, got `int`"),
        (b'{"source": "flights", "rows": [{}, {}, {}]}', 413, "3 rows are more than 2"),
    ],
)
def test_bodies_that_are_refused(
    ask: Ask, serving: Serving, taken: Taken, body: bytes, status: int, error: str
) -> None:
    serving.limits = Limits(batch=2)
    answer = ask("POST", "/push", content=body, headers={"content-type": "application/json; charset=utf-8"})
    assert answer.status_code == status
    assert answer.json()["error"].startswith(error)
    assert taken.calls == []


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (ConfigError("there is no source 'flihgts'", hint="did you mean 'flights'?"), 404),
        (RequestError("row 1: 'arr_delay' is 'x'"), 400),
        (StreamError("no space left on device"), 503),
    ],
)
def test_what_is_not_durable_is_not_acknowledged(
    ask: Ask, taken: Taken, error: Exception, status: int
) -> None:
    taken.error = error
    answer = ask("POST", "/push", json={"source": "flights", "rows": ROWS})
    assert answer.status_code == status
    assert answer.json()["error"] == str(error).partition("\n")[0]
