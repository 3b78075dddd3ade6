"""The command on a terminal of its own, as a person sees it."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

COMMAND = (sys.executable, "-c", "import sys; from zipline.cli import main; sys.exit(main())")
STYLE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Seen(NamedTuple):
    """What a command left on the terminal.

    Attributes:
        raw: with the codes of colours and of the cursor.
        err: what went to standard error, which is no terminal here: progress is not shown.
    """

    code: int
    raw: str
    err: str

    @property
    def text(self) -> str:
        """The lines as they are read, without spaces at their ends."""
        return "\n".join(line.rstrip() for line in STYLE.sub("", self.raw).replace("\r\n", "\n").split("\n"))


def on_terminal(
    folder: Path, *arguments: str, typed: str = "", columns: int = 100, command: Sequence[str] = COMMAND
) -> Seen:
    """Run the command in a folder, on a terminal so many characters wide, with keys typed ahead."""
    ours, theirs = pty.openpty()
    try:
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
        environment = {
            name: value for name, value in os.environ.items() if name not in ("COLUMNS", "NO_COLOR")
        }
        with subprocess.Popen(
            [*command, *arguments], cwd=folder, env=environment | {"TERM": "xterm"},
            stdin=theirs, stdout=theirs, stderr=subprocess.PIPE, text=True,
        ) as process:  # fmt: skip
            os.close(theirs)
            os.write(ours, typed.encode())
            raw = _read(ours)
            assert process.stderr is not None
            err = process.stderr.read()
        return Seen(process.returncode, raw, err)
    finally:
        os.close(ours)


def _read(terminal: int) -> str:
    """Read until the last writer is gone, which Linux tells as an error."""
    parts = []
    while True:
        try:
            part = os.read(terminal, 65_536)
        except OSError:
            break
        if not part:
            break
        parts.append(part)
    return b"".join(parts).decode()
