"""What `mkdocs build` writes by itself: the help of the commands as they are, and the tree of errors."""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Iterator
from typing import Any
from unittest import mock

COMMANDS = "<!-- the commands -->"
ERRORS = "<!-- the errors -->"
WIDTH = "96"


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Put every command's help, or the tree of errors, where a page asks for it."""
    if COMMANDS in markdown:
        return markdown.replace(COMMANDS, "\n\n".join(_sections()))
    return markdown.replace(ERRORS, f"```text\n{error_tree()}\n```") if ERRORS in markdown else markdown


def error_tree() -> str:
    """Return the tree that the errors' module draws."""
    from zipline import errors

    lines = (errors.__doc__ or "").splitlines()
    return "\n".join(
        line for line in lines if line.startswith(("ZiplineError", "├", "│", "└", "    ├", "    └"))
    )


def command_names() -> list[str]:
    """Return the names of all commands, in the order of `zipline --help`."""
    return [name for name, command in _commands().commands.items() if not command.hidden]


def help_of(*arguments: str) -> str:
    """Return what a command prints about itself."""
    environment = {"COLUMNS": WIDTH, "TERMINAL_WIDTH": WIDTH, "NO_COLOR": "1"}
    with mock.patch.dict(os.environ, environment), contextlib.redirect_stdout(io.StringIO()) as printed:
        _commands().main([*arguments, "--help"], prog_name="zipline", standalone_mode=False)
    return printed.getvalue().strip("\n")


def _commands() -> Any:
    import typer

    from zipline.cli.app import app

    return typer.main.get_command(app)


def _sections() -> Iterator[str]:
    yield f"```text\n{help_of()}\n```"
    for name in command_names():
        yield f"## zipline {name}\n\n```text\n{help_of(name)}\n```"
        for each in getattr(_commands().commands[name], "commands", ()):
            yield f"### zipline {name} {each}\n\n```text\n{help_of(name, each)}\n```"
