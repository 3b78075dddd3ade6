"""What README.md and docs/ show is so: their Python runs, their commands run, and both print what stands below.

A page is run from top to bottom in a folder of its own. What a fenced block is follows from its first line:

- `python`: runs; a `text` block right after it is what it prints.
- `python title="features.py"`, or any language with the name of a file as its title: becomes that file.
- `python title="Feast"`, any title that is no file's name: somebody else's code, left alone.
- `console`: each line that begins with `$ ` runs in a shell; what stands below is what it prints, errors first. A line
  `...` stands for any lines, `...` within a line for any text.
"""

from __future__ import annotations

import contextlib
import io
import os
import pty
import re
import shlex
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl
import pytest

from zipline.cli import main

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
FENCE = re.compile(
    r"^```(\w+)(?: title=\"([^\"]+)\")?\n(.*?)^```\n(?:^```text\n(.*?)^```\n)?", re.DOTALL | re.MULTILINE
)
LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")
STYLE = re.compile(r"\x1b\[[0-9;]*m")
ZIPLINE = re.compile(
    r"(?:cd (?P<folder>[\w/]+) && )?zipline (?P<arguments>[^|&;<>$`]*?)(?P<tell> \|\| echo \"exit code \$\?\")?"
)
SHELL_TIMEOUT = 120


class Block(NamedTuple):
    """A fenced block: the line of its first line of code, what it is, and what is shown to come of it."""

    line: int
    language: str
    title: str | None
    code: str
    shown: str | None


def blocks(page: Path) -> Iterator[Block]:
    """Yield the blocks of a page."""
    text = page.read_text(encoding="utf-8")
    for match in FENCE.finditer(text):
        yield Block(text.count("\n", 0, match.start()) + 2, match[1], match[2], match[3], match[4])


@pytest.fixture(autouse=True)
def _display() -> Iterator[None]:
    """Give frames back the look that a page may change."""
    with pl.Config():
        yield


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make the folder that a page runs in, with `zipline` on its PATH."""
    place = tmp_path / "page"
    place.mkdir()
    command = tmp_path / "bin" / "zipline"
    command.parent.mkdir()
    command.write_text(f"#!{sys.executable}\nimport sys\nfrom zipline.cli import main\nsys.exit(main())\n")
    command.chmod(0o755)
    monkeypatch.setenv(
        "PATH", os.pathsep.join([str(command.parent), str(Path(sys.executable).parent), os.environ["PATH"]])
    )
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    for name, value in {"TERM": "dumb", "NO_COLOR": "1", "COLUMNS": "100", "LINES": "40"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("ZIPLINE_PROFILE", raising=False)
    monkeypatch.chdir(place)
    return place


@pytest.fixture(autouse=True)
def _started(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """End the processes that a page has started and left running, as it does where it fails half-way."""
    started: list[subprocess.Popen[Any]] = []

    class Started(subprocess.Popen[Any]):
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            started.append(self)

    monkeypatch.setattr(subprocess, "Popen", Started)
    yield
    for process in started:
        if process.poll() is None:
            process.kill()
        with process:
            process.wait()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_page_shows_what_happens(page: Path, folder: Path) -> None:
    names: dict[str, Any] = {"__name__": "page"}
    for block in blocks(page):
        place = f"{page.relative_to(ROOT)}:{block.line}"
        if block.title is not None:
            if Path(block.title).suffix:
                write(folder / block.title, block.code)
        elif block.language == "python":
            printed = run_python(page, block, names)
            if block.shown is not None or printed:
                assert printed == block.shown, place
        elif block.language == "console":
            for command, shown in commands(block.code):
                printed = run_shell(command)
                assert fits(shown, printed), f"{place}: $ {command}\n{printed}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_links_of_a_page_lead_somewhere(page: Path) -> None:
    for target in LINK.findall(page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target


def write(path: Path, text: str) -> None:
    """Write a file of a page."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def run_python(page: Path, block: Block, names: dict[str, Any]) -> str:
    """Run a block with the names of those before it and return what it prints."""
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(compile("\n" * (block.line - 1) + block.code, str(page), "exec"), names)  # noqa: S102  it is our own page
    return printed.getvalue()


def commands(code: str) -> Iterator[tuple[str, str]]:
    """Yield each command of a console block, and what is shown below it."""
    for part in re.split(r"^\$ ", code, flags=re.MULTILINE)[1:]:
        command, _, shown = part.partition("\n")
        while command.endswith("\\"):
            more, _, shown = shown.partition("\n")
            command = f"{command[:-1]} {more}"
        yield command, shown


def run_shell(command: str) -> str:
    """Run a command as on a terminal without colours and return what it prints, errors first.

    A plain `zipline ...` runs in this process, which has all that it imports: a tenth of the time.
    """
    plain = ZIPLINE.fullmatch(command)
    code, printed, errors = run_zipline(plain) if plain else run_bash(command)
    if plain and plain["tell"] and code:
        code, printed = 0, f"{printed}exit code {code}\n"
    assert code == 0, f"$ {command}\n{errors}{printed}exit code {code}"
    lines = STYLE.sub("", errors + printed).replace("\r\n", "\n").splitlines()
    return "".join(line.rstrip() + "\n" for line in lines)


class Terminal(io.StringIO):
    """A standard output that a person reads."""

    def isatty(self) -> bool:
        """Say so."""
        return True


def run_zipline(command: re.Match[str]) -> tuple[int, str, str]:
    """Return exit code, output and errors of `zipline ...`, perhaps in another folder."""
    printed, errors = Terminal(), io.StringIO()
    place = Path.cwd() / (command["folder"] or "")
    with (
        contextlib.chdir(place),
        contextlib.redirect_stdout(printed),
        contextlib.redirect_stderr(errors),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("default")
        code = main(shlex.split(command["arguments"]))
    return code, printed.getvalue(), errors.getvalue()


def run_bash(command: str) -> tuple[int, str, str]:
    """Return exit code, output and errors of a shell."""
    leader, follower = pty.openpty()
    done = subprocess.Popen(
        ["bash", "-c", command], stdin=subprocess.DEVNULL, stdout=follower, stderr=subprocess.PIPE
    )
    os.close(follower)
    printed = b""
    with contextlib.suppress(OSError):  # Linux raises where the other end is closed
        while part := os.read(leader, 65536):
            printed += part
    os.close(leader)
    _, errors = done.communicate(timeout=SHELL_TIMEOUT)
    return done.returncode, printed.decode(), errors.decode()


def fits(shown: str, printed: str) -> bool:
    """Say whether an output is the shown one, where `...` leaves something open."""
    pattern = "".join(
        r"(?:.*\n)*?" if line == "..." else re.escape(line.rstrip()).replace(r"\.\.\.", ".*") + r"\n"
        for line in shown.strip("\n").splitlines()
    )
    return re.fullmatch(pattern, printed.strip("\n") + "\n" if printed.strip("\n") else "") is not None


@pytest.mark.parametrize(
    ("shown", "printed", "same"),
    [
        ("a\n", "a\n", True),
        ("a\n...\nc\n", "a\nb\nb\nc\n", True),
        ("a\n...\nc\n", "a\nc\n", True),
        ("took ... s\n", "took 12 s\n", True),
        ("a\n", "b\n", False),
        ("", "a\n", False),
        ("", "", True),
    ],
)
def test_dots_leave_something_open(shown: str, printed: str, same: bool) -> None:
    assert fits(shown, printed) is same
