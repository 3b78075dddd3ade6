"""Sizes as people write them."""

from __future__ import annotations

import pytest

from tests.refusals import refusal
from zipline.errors import ConfigError
from zipline.machine import machine_memory
from zipline.settings import DuckDBSettings, parse_size


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("1B", 1),
        ("2KB", 2000),
        ("2KiB", 2048),
        ("3 MB", 3 * 10**6),
        ("512MiB", 2**29),
        (" 1.5GB ", 1_500_000_000),
        ("1GiB", 2**30),
        ("2TB", 2 * 10**12),
        ("1TiB", 2**40),
        ("50%", machine_memory() // 2),
    ],
)
def test_sizes(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "4", "4 gb", "-1GB", "0GB", "GB", "1e3MB", "half", "0%", "4GBs"])
def test_what_is_no_size(text: str) -> None:
    message = f"{text!r} is not a size\nHint: write a number and a unit, such as '4GB', '512MiB' or '60%'"
    assert refusal(lambda: parse_size(text), ConfigError) == message


def test_defaults() -> None:
    settings = DuckDBSettings()
    assert settings.memory_limit == int(machine_memory() * 0.6)
    assert settings.threads >= 1
    assert settings.temp_directory is None
