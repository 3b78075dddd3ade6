"""Limits: what one request may cost, so that no caller can take the server from the others."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """What a request may cost.

    Attributes:
        body: bytes of a body.
        batch: entities of a read, and rows of a push.
        seconds: until a body is there, and again until the answer is.
        requests: that are answered at the same time, by one worker.
    """

    body: int = 4 * 2**20
    batch: int = 10_000
    seconds: float = 5.0
    requests: int = 256
