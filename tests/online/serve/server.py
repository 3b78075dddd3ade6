"""A server of its own process, with a stand-in behind it: `python -m tests.online.serve.server PORT WORKERS ...`."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from tests.online.serve.stand_in import NoStore, StandIn
from zipline.online.answer import Answer
from zipline.online.serve.app import App
from zipline.online.serve.limits import Limits
from zipline.online.serve.listening import Address, listen
from zipline.online.serve.metrics import SHARED, Metrics
from zipline.online.serve.serving import Serving


class Waiting(StandIn):
    """Answers a read of a carrier that is the name of a pipe when somebody writes into it."""

    def answer(self, service: str, requests: Sequence[Mapping[str, Any]], **options: Any) -> Answer:
        """Return the features of many requests."""
        if Path(str(requests[0].get("carrier"))).is_fifo():
            Path(str(requests[0]["carrier"])).read_bytes()
        return super().answer(service, requests, **options)


def serving() -> Serving:
    """Open the parts of a worker; its process is told as the place of the service's version."""
    client = Waiting()
    client.states = {f"of_{os.getpid()}": client.states["delay_model"], **client.states}
    return Serving(
        NoStore(), cast("Any", client), Metrics(shared=SHARED in os.environ), limits=Limits(seconds=20)
    )


def broken() -> Serving:
    """Fail to open."""
    raise ValueError("no parts")


if __name__ == "__main__":
    port, workers, linger, *files = sys.argv[1:]
    opening = broken if files == ["broken"] else serving
    certificate, key = files if len(files) == 2 else (None, None)
    listen(
        App(opening, float(linger)),
        Address("127.0.0.1", int(port), int(workers), certificate, key),
        lambda url: print(url, flush=True),
    )
    print("ended", flush=True)
