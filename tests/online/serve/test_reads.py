"""`POST /v1/features/{service}`: what is asked, what is answered, what is refused."""

from __future__ import annotations

import pyarrow as pa
import pytest

from tests.online.serve.conftest import Ask
from tests.online.serve.stand_in import KINDS, VALUES, StandIn
from zipline.errors import DataError, OnlineError, RequestError, StoreUnavailable, StreamError
from zipline.online.serve.limits import Limits
from zipline.online.serve.serving import Serving

PATH = "/v1/features/delay_model"
ARROW = "application/vnd.apache.arrow.stream"


def test_one_entity(ask: Ask) -> None:
    answer = ask("POST", PATH, json={"keys": {"carrier": "UA"}})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    assert answer.json() == {
        "service": "delay_model@3",
        "at": "2024-06-01T12:00:00.500000Z",
        "values": {"delays__count_1d": 2, "delays__mean_1d": 0.5},
        "statuses": {"delays__count_1d": "PRESENT", "delays__mean_1d": "PRESENT"},
    }


def test_many_entities_in_their_order(ask: Ask) -> None:
    answer = ask("POST", PATH, json={"keys": [{"carrier": "UA"}, {}, {"carrier": "bad"}]}).json()
    assert answer["service"] == "delay_model@3"
    assert [row["values"]["delays__count_1d"] for row in answer["rows"]] == [2, 0, 3]
    assert [row["statuses"]["delays__mean_1d"] for row in answer["rows"]] == ["PRESENT", "NULL", "ERROR"]
    assert [row.get("errors") for row in answer["rows"]] == [None, None, {"delays__mean_1d": "overflow"}]
    assert ask("POST", PATH, json={"keys": []}).json()["rows"] == []


def test_an_error_of_one_feature_is_told_beside_the_others(ask: Ask) -> None:
    answer = ask("POST", PATH, json={"keys": {"carrier": "bad"}}).json()
    assert answer["errors"] == {"delays__mean_1d": "overflow"}
    assert answer["statuses"]["delays__mean_1d"] == "ERROR"


def test_a_past_instant_and_a_version_are_handed_on(ask: Ask, client: StandIn) -> None:
    answer = ask("POST", f"{PATH}@3", json={"keys": {"carrier": "UA"}, "at": "2024-05-01T00:00Z"})
    assert answer.json()["at"] == "2024-05-01T00:00:00.000000Z"
    assert client.calls == [("delay_model@3", [{"carrier": "UA"}], "2024-05-01T00:00Z")]


def test_arrow_where_it_is_accepted(ask: Ask) -> None:
    asked = {"keys": [{"carrier": "UA"}, {"carrier": None}]}
    answer = ask("POST", PATH, json=asked, headers={"accept": f"{ARROW}, application/json;q=0.5"})
    assert answer.headers["content-type"] == ARROW
    table = pa.ipc.open_stream(answer.content).read_all()
    assert table.schema.metadata == {
        b"zipline.service": b"delay_model@3", b"zipline.at": b"2024-06-01T12:00:00.500000Z",
    }  # fmt: skip
    assert table["carrier"].to_pylist() == ["UA", None]
    assert table["delays__count_1d"].to_pylist() == [2, 0]
    assert table["delays__mean_1d__status"].to_pylist() == ["PRESENT", "NULL"]
    one = ask("POST", PATH, json={"keys": {"carrier": "UA"}}, headers={"accept": ARROW})
    assert pa.ipc.open_stream(one.content).read_all().num_rows == 1


EXPECTED = {
    "flag": True, "number": 0.1, "infinite": "-Infinity", "price": "12.50", "bytes": "AP8=", "day": "2024-06-01",
    "moment": "2024-06-01T12:30:00.000000Z", "listed": [1.0, "NaN", None], "pair": {"a": 1, "b": None},
    "by_number": {"7": "Infinity"}, "by_flag": {"false": 2}, "by_day": {"0001-02-03": 4}, "vector": [0.0, 1.5],
    "absent": None,
}  # fmt: skip


def test_every_type_has_a_form_in_json(ask: Ask) -> None:
    assert EXPECTED.keys() == KINDS.keys() == VALUES.keys()
    assert ask("POST", "/v1/features/every_type", json={"keys": {}}).json()["values"] == EXPECTED
    rows = ask("POST", "/v1/features/every_type", json={"keys": [{}, {}]}).json()["rows"]
    assert [row["values"] for row in rows] == [EXPECTED, EXPECTED]


def test_binary_and_infinite_fields_are_given_as_text(ask: Ask, client: StandIn) -> None:
    ask("POST", PATH, json={"keys": {"token": "AAE=", "distance": "Infinity"}})
    ask("POST", PATH, json={"keys": {"token": "?", "distance": "far"}})
    (first,), (second,) = (requests for _, requests, _ in client.calls)
    assert first == {"token": b"\x00\x01", "distance": float("inf")}
    assert second == {"token": "?", "distance": "far"}  # for the client to refuse


@pytest.mark.parametrize(
    ("body", "status", "error", "hint"),
    [
        (b"{", 400, "the body is not a read: Input data was truncated", '{"keys"'),
        (b'{"keys": {"a": "\xff"}}', 400, "the body is not a read: 'utf-8' codec can't decode", '{"keys"'),

        (b'{"keys": 7}', 400, "Expected `object | array`, got `int` - at `$.keys`", '{"keys"'),
        (b'{"keys": {}, "when": "now"}', 400, "Object contains unknown field `when`", '{"keys"'),
        (b'{"keys": {"carier": "UA"}}', 400, "delay_model@3 has no field 'carier'", "did you mean 'carrier'?"),
        (b'{"keys": {}, "at": "noon"}', 400, "'noon' is not a time", "write YYYY-MM-DD"),
        (b'{"keys": [{}, {}, {}, {}]}', 413, "4 entities are more than 3", "several requests"),
        (b'{"keys": {"carrier": "' + b"x" * 1000 + b'"}}', 413, "the body is larger than 500 bytes", "[serve]"),
    ],
)  # fmt: skip
def test_bodies_that_are_refused(
    ask: Ask, serving: Serving, body: bytes, status: int, error: str, hint: str
) -> None:
    serving.limits = Limits(body=500, batch=3)
    answer = ask("POST", PATH, content=body, headers={"content-type": "application/json"})
    assert answer.status_code == status
    said = answer.json()
    assert said.keys() == {"error", "where", "hint"}
    assert error in said["error"]
    assert hint in said["hint"]


def test_a_body_without_a_length_is_bounded_too(ask: Ask, serving: Serving) -> None:
    serving.limits = Limits(body=500)

    async def parts() -> object:
        for _ in range(20):
            yield b" " * 100

    answer = ask("POST", PATH, content=parts(), headers={"content-type": "application/json"})
    assert answer.status_code == 413
    assert answer.headers["connection"] == "close"


def test_other_bodies_are_no_json(ask: Ask) -> None:
    answer = ask("POST", PATH, content=b"carrier=UA", headers={"content-type": "text/csv; charset=utf-8"})
    assert (answer.status_code, answer.json()["error"]) == (
        415, "the body is of the type 'text/csv'",
    )  # fmt: skip
    assert ask("POST", PATH, content=b"{}").status_code == 415
    answer = ask(
        "POST", PATH, content=b"x", headers={"content-encoding": "gzip", "content-type": "application/json"}
    )
    assert (answer.status_code, answer.json()["error"]) == (415, "the body is compressed with 'gzip'")
    assert answer.json()["hint"] == "send it as it is"


def test_an_unknown_service_names_the_nearest(ask: Ask) -> None:
    answer = ask("POST", "/v1/features/delay_modle", json={"keys": {}})
    assert answer.status_code == 404
    assert answer.json()["error"] == "there is no service 'delay_modle'"
    assert answer.json()["hint"].startswith("did you mean 'delay_model'?")


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (RequestError("field 'carrier' is 7"), 400),
        (DataError("a row is wrong"), 400),
        (StoreUnavailable("Redis is down", hint="start it"), 503),
        (StreamError("the log is full"), 503),
        (OnlineError("a document cannot be decoded"), 500),
        (TimeoutError(), 504),
        (ZeroDivisionError("secret"), 500),
    ],
)
def test_errors_have_a_status_each(
    ask: Ask, client: StandIn, error: Exception, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    client.error = error
    answer = ask("POST", PATH, json={"keys": {}})
    assert answer.status_code == status
    assert "secret" not in answer.text
    assert ("retry-after" in answer.headers) is (status == 503)
    if isinstance(error, ZeroDivisionError):
        assert answer.json() == {"error": "the server failed", "where": None, "hint": "its log says why"}
        assert "secret" in caplog.text
    if isinstance(error, TimeoutError):
        assert answer.json()["error"] == "the answer took longer than the server's limit"


def test_a_body_that_is_nested_too_deep_is_refused(ask: Ask) -> None:
    deep = b'{"keys": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    for path in (PATH, "/push"):
        answer = ask("POST", path, content=deep, headers={"content-type": "application/json"})
        assert answer.status_code == 400
        assert answer.json()["error"].startswith("the body is not a ")
