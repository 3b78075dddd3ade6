"""Every error of redis-py in words."""

from __future__ import annotations

from typing import Any

import pytest
from redis import exceptions
from redis._parsers.base import BaseParser

from zipline.errors import OnlineError, StoreUnavailable
from zipline.online.stores.redis_errors import unavailable

PARSER: Any = BaseParser


@pytest.mark.parametrize(
    ("reply", "hint"),
    [
        ("LOADING Redis is loading the dataset in memory", "it has just started and reads its file"),
        (
            "OOM command not allowed when used memory > 'maxmemory'.",
            "its memory is full: give it more `maxmemory`",
        ),
        ("READONLY You can't write against a read only replica.", "it is a replica: name the primary"),
        ("MASTERDOWN Link with MASTER is down", "a replica has lost its primary"),
        ("CLUSTERDOWN The cluster is down", "some of the cluster's slots have no server"),
        ("TRYAGAIN Multiple keys request during rehashing of slot", "a slot is on its way to another server"),
        ("MISCONF Redis is configured to save RDB snapshots", "it cannot write to its disk: see its log"),
        (
            "NOREPLICAS Not enough good replicas to write.",
            "it has fewer replicas than `min-replicas-to-write`",
        ),
        ("BUSY Redis is busy running a script.", "a script of somebody else holds it up"),
        ("NOPERM this user has no permissions", "let the user do: ACL SETUSER ... ~zl:* +@read +@write"),
        ("NOAUTH Authentication required.", "name user and password in the URL: redis://user:password@host"),
        ("WRONGPASS invalid username-password pair", "user or password are not those of the server"),
        ("NOSCRIPT No matching script.", "it forgot a script as soon as it had it: is it behind a proxy?"),
        ("ERR Error running script: @user_script:1: OOM command not allowed", "its memory is full"),
    ],
)
def test_a_refusal_of_the_server_has_a_way_out(reply: str, hint: str) -> None:
    error = unavailable(PARSER.parse_error(reply), "redis://h:1/0")
    assert isinstance(error, StoreUnavailable)
    assert str(error).startswith(f"redis://h:1/0: it refused: {reply.removeprefix('ERR ')}\nHint: {hint}")


def test_a_refusal_that_nobody_foresaw_is_told_as_it_is() -> None:
    assert str(unavailable(exceptions.ResponseError("what?"), "here")) == "here: it refused: what?"


def test_something_else_under_our_names_is_no_matter_of_waiting() -> None:
    error = unavailable(PARSER.parse_error("WRONGTYPE Operation against a key"), "here")
    assert type(error) is OnlineError
    assert str(error).startswith("here: it holds something else under a name of ours: WRONGTYPE Operation")


@pytest.mark.parametrize(
    ("error", "what"),
    [
        (exceptions.TimeoutError("Timeout reading from socket"), "it did not answer in time"),
        (exceptions.ConnectionError("Connection refused."), "it cannot be reached: Connection refused."),
        (ConnectionResetError("reset"), "it cannot be reached: reset"),
        (exceptions.InvalidResponse("what"), "InvalidResponse: what"),
    ],
)
def test_a_server_out_of_reach(error: Exception, what: str) -> None:
    assert str(unavailable(error, "here")) == (
        f"here: {what}\nHint: what was called may or may not have been applied; call again when it answers"
    )


def test_an_error_of_ours_stays_what_it_is() -> None:
    error = StoreUnavailable("it is a replica")
    assert unavailable(error, "here") is error
