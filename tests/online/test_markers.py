"""A shard's marker, written and read."""

from __future__ import annotations

import pytest

from tests.refusals import refusal
from zipline.errors import OnlineError
from zipline.online.calls import Applied, Marker
from zipline.online.markers import marker_bytes, parse_marker

LOGS = {"b:t:1": Applied(5, -9), "a=1,2:t:0": Applied(-1, 2**63 - 1)}


@pytest.mark.parametrize("logs", [{}, LOGS])
@pytest.mark.parametrize("cut", [None, -(2**63)])
@pytest.mark.parametrize("ready", [True, False])
def test_what_is_written_is_read(ready: bool, cut: int | None, logs: dict[str, Applied]) -> None:
    stored = marker_bytes(ready=ready, cut=cut, floor=-7, logs=logs)
    assert parse_marker(stored) == Marker(ready, cut, -7, logs)


def test_the_watermark_is_the_lowest_of_all_logs() -> None:
    assert Marker(True, None, 0, LOGS).watermark == -9
    assert Marker(True, None, 0, {}).watermark is None


@pytest.mark.parametrize("stored", [b"", b"1|2", b"1||x", b"1||0|a", b"1||0|a=1", b"1||0|a=1,x", b"\xff"])
def test_what_is_no_marker_is_told(stored: bytes) -> None:
    told = refusal(lambda: parse_marker(stored), OnlineError)
    assert told == (
        f"the online store holds {stored!r} where a shard's marker should be\n"
        "Hint: another program writes keys that begin with zipline's prefix: give zipline a database of its own"
    )
