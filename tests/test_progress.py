"""A bar where somebody looks at it, silence elsewhere."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from zipline.progress import Silent, shown

WORK = """
from zipline.progress import shown
with shown() as progress:
    progress.begin(2)
    progress.step("first_feature")
    progress.begin(1)
    progress.step("second_feature")
    progress.step("third_feature")
print("done")
"""


def test_a_terminal_shows_a_bar() -> None:
    terminal, end = pty.openpty()
    environment = os.environ | {"TERM": "xterm", "COLUMNS": "100"}
    ran = subprocess.run(
        [sys.executable, "-c", WORK],
        stderr=end, stdout=subprocess.PIPE, env=environment, cwd=Path.cwd(), check=True, timeout=60,
    )  # fmt: skip
    os.close(end)
    shown_text = b""
    while chunk := _read(terminal):
        shown_text += chunk
    os.close(terminal)
    assert ran.stdout == b"done\n"
    assert b"third_feature" in shown_text
    assert b"3/3" in shown_text


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # how Linux says that the other end is closed
        return b""


def test_elsewhere_nothing_is_shown() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", WORK], capture_output=True, cwd=Path.cwd(), check=True, timeout=60
    )
    assert (ran.stdout, ran.stderr) == (b"done\n", b"")


def test_a_run_that_nobody_watches_is_told_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with shown() as progress:
        assert isinstance(progress, Silent)
        progress.begin(3)
        progress.step("x")
    assert capsys.readouterr() == ("", "")
