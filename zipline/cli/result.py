"""What the commands that compute leave behind: a file, and a word about it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from zipline.errors import ConfigError

if TYPE_CHECKING:
    from zipline.training_set import TrainingSet


def check_out(out: str) -> str:
    """Return where to write, or refuse an ending that promises another format.

    Raises:
        ConfigError: it is neither `.parquet` nor a folder.

    >>> check_out("train/")
    'train/'
    """
    path = Path(out)
    if out.endswith("/") or path.is_dir() or path.suffix in ("", ".parquet", ".pq"):
        return out
    raise ConfigError(
        f"--out {out!r}: only Parquet is written", hint=f"such as --out {path.with_suffix('.parquet')}"
    )


def write(result: TrainingSet, service: str, out: str) -> None:
    """Compute a result into a file, and say on standard error where it is and what limits it."""
    result.write_parquet(out)
    typer.echo(f"{service}: written to {out}", err=True)
    for note in result.notes:
        typer.echo(f"Note: {note}", err=True)
