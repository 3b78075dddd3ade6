"""The whole way: asked over HTTP, answered by the real client, logged, and verified."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import httpx
import pyarrow as pa
import pytest

from tests.online.client.world import START
from tests.online.verify.conftest import ASKED, Logged
from zipline.online.feature_log import FeatureLog
from zipline.online.serve.app import App
from zipline.online.serve.json_values import form
from zipline.online.serve.metrics import Metrics
from zipline.online.serve.serving import Serving
from zipline.time import to_micros

READ = "/v1/features/delay_model"


@pytest.fixture
def serving(served: Logged, tmp_path: Path) -> Iterator[Serving]:
    """Return the parts of a server of a world's services."""
    served.world.clock = to_micros(START + timedelta(hours=47))
    log = FeatureLog(str(tmp_path / "log"))
    yield Serving(served.world.online, served.world.client(), Metrics(), log=log)
    log.close()


def asked(serving: Serving, *requests: tuple[str, str, Any, dict[str, str]]) -> list[httpx.Response]:
    """Return the answers to requests: method, path, JSON, headers."""
    app = App(lambda: serving)
    app.start()

    async def all_of_them() -> list[httpx.Response]:
        transport = httpx.ASGITransport(cast("Any", app))
        async with httpx.AsyncClient(transport=transport, base_url="http://zipline") as caller:
            return [
                await caller.request(method, path, json=body, headers=headers)
                for method, path, body, headers in requests
            ]

    answers = asyncio.run(all_of_them())
    serving.lane.close()
    return answers


def test_json_and_arrow_say_what_the_client_says_and_it_is_verified(
    served: Logged, serving: Serving, tmp_path: Path
) -> None:
    arrow = {"accept": "application/vnd.apache.arrow.stream"}
    one, many, table = asked(
        serving,
        ("POST", READ, {"keys": ASKED[0]}, {}),
        ("POST", READ, {"keys": list(ASKED)}, {}),
        ("POST", READ, {"keys": list(ASKED)}, arrow),
    )
    with served.world.client() as client:
        state, read = client.service("delay_model"), client.get("delay_model", ASKED[0])
        expected = client.get_many("delay_model", list(ASKED), statuses=True)
    written = {name: form(state.kinds[name]) for name in state.outputs}
    values = {
        name: value if value is None or (write := written[name]) is None else write(value)
        for name, value in read.items()
    }
    assert one.json()["values"] == values
    assert one.json()["statuses"] == dict(read.statuses)
    assert many.json()["rows"][0] == {"values": values, "statuses": dict(read.statuses)}
    assert pa.ipc.open_stream(table.content).read_all().replace_schema_metadata(None) == expected
    assert serving.log is not None
    serving.log.close()
    (found,) = served.world.store.verify("delay_model", tmp_path / "log")
    assert (found.reads, found.different, found.lag) == (1 + 2 * len(ASKED), 0, 0)


def test_metrics_tell_how_far_each_view_is_applied(serving: Serving) -> None:
    services, metrics, ready = asked(
        serving,
        ("GET", "/v1/services", None, {}),
        ("GET", "/metrics", None, {}),
        ("GET", "/readyz", None, {}),
    )
    assert [each["name"] for each in services.json()["services"]] == ["delay_model"]
    assert services.json()["services"][0]["views"][0] == "carriers@1"
    assert ready.json() == {"status": "ready", "services": 1}
    lines = metrics.text.splitlines()
    assert 'zipline_view_offset{log="flights:push:0",view="carriers@1"} 300.0' in lines
    assert 'zipline_view_freshness_seconds{view="carriers@1"} 300.0' in lines
    assert not [
        line for line in lines if line.startswith('zipline_view_freshness_seconds{view="airports@1"}')
    ]
    assert len([line for line in lines if line.startswith("zipline_view_lag_seconds{")]) == 4
