"""What the commands that compute leave behind: a file, and a word about it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from zipline.cli.answer import print_json
from zipline.cli.values import type_name
from zipline.errors import ConfigError, DefinitionError

if TYPE_CHECKING:
    import pyarrow as pa

    from zipline.training_set import TrainingSet

WRITTEN = """\b
--json is an object: name, written (the file), rows, columns (name, type), notes
(what limits the values) and left_out (source: column: rows that have a null
there, or "(unreadable)").
"""


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


def write(result: TrainingSet, service: str, out: str, *, as_json: bool) -> None:
    """Compute a result into a file, and say where it is, what limits it and what was left out.

    As JSON on standard output, or in words on standard error.
    """
    from zipline.output import write_parquet

    schema, counted = result.schema, _Counted(result.batches())
    target = write_parquet(out, schema, counted)
    left_out = {source: dict(counts) for source, counts in result.left_out().items()}
    if as_json:
        columns = [{"name": field.name, "type": _type(field.type)} for field in schema]
        print_json(
            {"name": service, "written": str(target), "rows": counted.rows, "columns": columns}
            | {"notes": list(result.notes), "left_out": left_out}
        )
        return
    typer.echo(f"{service}: {counted.rows:,} rows written to {target}", err=True)
    for note in result.notes:
        typer.echo(f"Note: {note}", err=True)
    for source, column, count in _lost(left_out):
        typer.echo(f"Left out: {count:,} rows of source {source!r}, {column}", err=True)


class _Counted:
    """Batches that are counted as they go by."""

    def __init__(self, batches: Iterator[pa.RecordBatch]) -> None:
        self._batches = batches
        self.rows = 0

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        for batch in self._batches:
            self.rows += batch.num_rows
            yield batch


def _lost(left_out: Mapping[str, Mapping[str, int]]) -> Iterator[tuple[str, str, int]]:
    """Give the source, the reason, and the number of rows, where there are any."""
    for source, counts in left_out.items():
        for column, count in counts.items():
            if count:
                unread = column.startswith("(")
                yield source, "which cannot be read" if unread else f"where {column!r} is null", count


def _type(kind: pa.DataType) -> str:
    """Return the name of a column's type; the observations may have some that zipline does not take."""
    try:
        return type_name(kind)
    except DefinitionError:
        return str(kind)
