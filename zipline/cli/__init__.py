"""The `zipline` command: `main` is what the script calls; everything else is imported when it runs."""

from __future__ import annotations

import os
import sys
import traceback
import warnings
from collections.abc import Sequence
from typing import TextIO


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code: 0, 1 after an error, 2 for a misuse, 130 after Ctrl-C.

    Args:
        arguments: in place of the process's own.
    """
    from zipline.cli.app import app
    from zipline.errors import ZiplineError
    from zipline.progress import VERBOSE

    try:
        with warnings.catch_warnings():
            warnings.showwarning = _say
            app(arguments)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 1
    except ZiplineError as error:
        if os.environ.get(VERBOSE):
            traceback.print_exception(error)
        print(f"Error: {error}", file=sys.stderr)
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        print(f"Error: {place}{error.strerror or error}", file=sys.stderr)
    return 1


def _say(
    message: Warning | str, category: type[Warning], filename: str, lineno: int,
    file: TextIO | None = None, line: str | None = None,
) -> None:  # fmt: skip
    """Say a warning of zipline's as a user reads it: without the line of ours that it came from."""
    from zipline.errors import DeprecatedWarning

    ours = issubclass(category, DeprecatedWarning)
    text = (
        f"Warning: {message}\n" if ours else warnings.formatwarning(message, category, filename, lineno, line)
    )
    sys.stderr.write(text)
