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
    schema = result.schema
    target, rows = _written(result, out)
    left_out = {source: dict(counts) for source, counts in result.left_out().items()}
    if as_json:
        columns = [{"name": field.name, "type": _type(field.type)} for field in schema]
        print_json(
            {"name": service, "written": str(target), "rows": rows, "columns": columns}
            | {"notes": list(result.notes), "left_out": left_out}
        )
        return
    typer.echo(f"{service}: {rows:,} rows written to {target}", err=True)
    for note in result.notes:
        typer.echo(f"Note: {note}", err=True)
    for source, column, count in _lost(left_out):
        typer.echo(f"Left out: {count:,} rows of source {source!r}, {column}", err=True)


def _written(result: TrainingSet, out: str) -> tuple[Path | str, int]:
    """Compute a result into a file, or into a folder of Spark's; return where it is, and how many rows it has."""
    if result.computed_by_spark:
        return out, result.write_parquet(out)
    from zipline.output import Counted, write_parquet

    counted = Counted(result.batches())
    return write_parquet(out, result.schema, counted), counted.rows


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
