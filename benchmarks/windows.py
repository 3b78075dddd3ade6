"""The windows that most benchmarks share, by name and length in microseconds."""

from __future__ import annotations

HOUR = 3_600_000_000
WINDOWS = {"1h": HOUR, "1d": 24 * HOUR, "7d": 168 * HOUR, "30d": 720 * HOUR}
