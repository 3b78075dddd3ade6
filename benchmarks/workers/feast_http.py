"""Serve stored values with Feast's own HTTP server; Feast's pins need an environment of their own.

Arguments: the address of the Redis, the file of the keys (a JSON list), and the port.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from benchmarks.workers.feast_online import store_in

if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        keys: list[int] = json.loads(Path(sys.argv[2]).read_text())
        store = store_in(place, sys.argv[1], keys)
        store.serve(
            "127.0.0.1", int(sys.argv[3]), max_requests=0, max_requests_jitter=0, keep_alive_timeout=75
        )
