"""A shop for each test that asks for one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.registry.shop import Shop


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path / "shop")
