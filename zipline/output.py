"""Files that appear whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq

from zipline.errors import RequestError


class Counted:
    """Batches that are counted as they go by."""

    def __init__(self, batches: Iterable[pa.RecordBatch]) -> None:
        self._batches = batches
        self.rows = 0

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        for batch in self._batches:
            self.rows += batch.num_rows
            yield batch


def write_parquet(path: str | Path, schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> Path | str:
    """Write batches to a Parquet file and return where it is.

    Args:
        path: a file or any fsspec URL; or a folder (existing, or with a `/` at its end), which gets `part-0.parquet`.
        schema: of the batches.
        batches: the rows; written to a hidden file beside the target that takes its name when all are there.
    """
    if "://" in str(path):
        return _write_url(str(path), schema, batches)
    target = Path(path).expanduser()
    if target.is_dir() or str(path).endswith(("/", os.sep)):
        target = target / "part-0.parquet"
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{target.name}.{uuid4().hex}.partial")  # with the rights of any new file
    try:
        partial.touch()
    except OSError as error:  # in the name that the caller knows
        raise OSError(error.errno, error.strerror, str(target)) from None
    try:
        with pq.ParquetWriter(partial, schema) as writer:
            for batch in batches:
                writer.write_batch(batch)
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
    return target


def _write_url(url: str, schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> str:
    import fsspec

    try:
        files, target = fsspec.core.url_to_fs(url)
    except (ValueError, ImportError) as error:  # a protocol unknown, or its package not installed
        raise RequestError(f"cannot write to {url!r}", hint=str(error)) from None
    if url.endswith("/") or files.isdir(target):
        target = f"{target.rstrip('/')}/part-0.parquet"
    folder, _, name = target.rpartition("/")
    partial = f"{folder}/.{name}.{uuid4().hex}.partial"
    files.makedirs(folder, exist_ok=True)
    try:
        with files.open(partial, "wb") as sink, pq.ParquetWriter(sink, schema) as writer:
            for batch in batches:
                writer.write_batch(batch)
        files.mv(partial, target)
    finally:
        if files.exists(partial):
            files.rm(partial)
    return str(files.unstrip_protocol(target))
