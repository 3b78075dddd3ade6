"""The memory of the machine, or of the container on it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from zipline.machine import _limits, machine_memory


def test_a_process_has_at_most_the_machines_memory() -> None:
    assert 0 < machine_memory() <= os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


@pytest.mark.parametrize(
    ("memberships", "files", "limits"),
    [
        ("0::/a/b\n", {"a/b/memory.max": "max", "a/memory.max": "1000", "memory.max": "5000"}, [1000, 5000]),
        ("0::/../../host/path\n", {"memory.max": "2000"}, [2000]),
        ("0::/\n", {"memory.max": "3000\n"}, [3000]),
        ("0::/\n", {}, []),
        ("5:cpu,memory:/x\n1:name=systemd:/\n", {"memory/x/memory.limit_in_bytes": "7"}, [7]),
        ("5:cpu:/\n", {"memory/memory.limit_in_bytes": "7"}, []),
    ],
)
def test_limits_of_control_groups(
    tmp_path: Path, memberships: str, files: dict[str, str], limits: list[int]
) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "memberships").write_text(memberships)
    assert _limits(tmp_path, tmp_path / "memberships") == limits


def test_a_machine_without_control_groups(tmp_path: Path) -> None:
    assert _limits(tmp_path, tmp_path / "absent") == []
